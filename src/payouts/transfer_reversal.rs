//! Money that is taken back of what was sent to a host. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, Currency, PayoutId, PayoutLegId, TransferReversalId, UserId, clock::Instant};

/// Where a reversal is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// To be asked for.
    Pending,
    /// Stripe was asked and did not answer.
    Unknown,
    /// The money is ours again.
    Done,
    /// The host has spent it: what is owed is netted from the next payouts.
    Failed,
}

/// Money that is taken back of a part of a payout.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfer_reversal")]
pub struct Model {
    /// Which reversal; its text is the idempotency key at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferReversalId,
    /// Of which payout.
    pub payout_id: PayoutId,
    /// Of which part of it.
    pub leg_id: PayoutLegId,
    /// What is owed is owed for this booking.
    pub booking_id: BookingId,
    /// By whom.
    pub host_id: UserId,
    /// Where it is.
    pub status: Status,
    /// The currency that was sent.
    pub currency: Currency,
    /// Minor units that are taken back.
    pub amount: i64,
    /// The listing's currency, in which it is owed.
    pub listing_currency: Currency,
    /// What is taken back is worth so much in it.
    pub worth: i64,
    /// Stripe's reversal.
    pub provider_id: Option<String>,
    /// Why nothing was taken back.
    pub problem: Option<String>,
    /// How often Stripe was asked.
    pub attempts: i32,
    /// When Stripe was asked first: it forgets our key a day later.
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
