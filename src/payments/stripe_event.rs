//! What Stripe told us, stored once before it is worked on. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::clock::Instant;

/// What Stripe told us, stored once before it is worked on.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_event")]
pub struct Model {
    /// Stripe's id of the event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Stripe's type, or `unparseable`.
    pub kind: String,
    /// What it is about (`pi_…`, `ch_…`, `re_…`).
    pub object_id: Option<String>,
    /// As it came.
    #[sea_orm(column_type = "Text")]
    pub payload: String,
    /// When (machine time).
    pub received_at: Instant,
    /// When worked on.
    pub handled_at: Option<Instant>,
    /// Why an admin must look.
    pub problem: Option<String>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
