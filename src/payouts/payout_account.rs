//! Where a host is paid. No behaviour.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::kernel::{PayoutAccountId, UserId, clock::Instant};

/// What Stripe still wants to know, in its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Missing(pub Vec<String>);

/// Where a host is paid: an account at Stripe. The latest of a host is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_account")]
pub struct Model {
    /// Which account; its text is the idempotency key at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutAccountId,
    /// Whose.
    pub host_id: UserId,
    /// 1 for the first of a host; each later one takes the place of the one before.
    pub number: i32,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Stripe's account (`acct_…`), once it is there.
    pub provider_id: Option<String>,
    /// Whether money can be sent to it now.
    pub can_receive: bool,
    /// Whether the host has been through Stripe's form.
    pub submitted: bool,
    /// What Stripe still wants to know.
    #[sea_orm(column_type = "JsonBinary")]
    pub missing: Missing,
    /// Why Stripe closed or paused it, in its own word.
    pub disabled_reason: Option<String>,
    /// Until when nothing is sent to it, since it took the place of another one.
    pub held_until: Option<Instant>,
    /// When Stripe was asked for it first.
    pub asked_at: Option<Instant>,
    /// When the host chose it.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
