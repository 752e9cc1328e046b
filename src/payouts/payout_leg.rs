//! The part of a payout that comes out of one payment. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{Currency, PaymentId, PayoutId, PayoutLegId, clock::Instant};

/// Where a part of a payout is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// To be sent.
    Pending,
    /// Stripe was asked and did not answer.
    Unknown,
    /// Done.
    Paid,
    /// Stripe refused.
    Failed,
}

/// The part of a payout that comes out of one payment; one per payout and payment.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_leg")]
pub struct Model {
    /// Which part; with its round, the idempotency key at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutLegId,
    /// Of which payout.
    pub payout_id: PayoutId,
    /// Out of which payment.
    pub payment_id: PaymentId,
    /// Where it is.
    pub status: Status,
    /// Stripe's account that it goes to.
    pub destination: String,
    /// Stripe's charge that it is taken out of; none when it comes out of our balance.
    pub source_charge: Option<String>,
    /// The currency that the guest paid in, and that is sent.
    pub currency: Currency,
    /// Minor units that are sent.
    pub amount: i64,
    /// What that is worth to the listing, in minor units of its currency.
    pub worth: i64,
    /// How often Stripe has refused it for certain: each time it is another intent, with another key.
    pub round: i32,
    /// Stripe's transfer.
    pub provider_id: Option<String>,
    /// Why Stripe refused.
    pub problem: Option<String>,
    /// How often Stripe was asked in this round.
    pub attempts: i32,
    /// When Stripe was asked first in this round: it forgets our key a day later.
    pub asked_at: Option<Instant>,
    /// When.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
