//! What a host is paid for a booking. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, Currency, PayoutId, UserId, clock::Instant};

/// Where a payout is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Its time has not come.
    Scheduled,
    /// Its time has come, and the host has no account that can receive it.
    WaitingForAccount,
    /// Something holds it: see what it is held for.
    Held,
    /// On its way.
    Sending,
    /// Stripe was asked and did not answer.
    Unknown,
    /// Done.
    Paid,
    /// Stripe refused: it is tried again when the host's account has changed, and an admin must look.
    Failed,
}

/// What a payout is held for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HeldFor {
    /// The host is paid elsewhere since not long ago.
    AccountChanged,
    /// One side of the stay argues with the other.
    Dispute,
    /// The guest's bank argues with us.
    Chargeback,
}

/// What a host is paid for a booking: once for the stay, and once for each dispute that awards the host something.
/// Amounts are in the listing's currency.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout")]
pub struct Model {
    /// Which payout.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutId,
    /// For which booking; unique with the number.
    pub booking_id: BookingId,
    /// 0 for what the stay has earned; each later one was awarded by a dispute.
    pub number: i32,
    /// To whom.
    pub host_id: UserId,
    /// Where it is.
    pub status: Status,
    /// The listing's.
    pub currency: Currency,
    /// Minor units that the host keeps of what the guest paid.
    pub gross: i64,
    /// Minor units of that which the host pays to the platform.
    pub host_fee: i64,
    /// Minor units that the host has earned: the one less the other.
    pub amount: i64,
    /// Minor units of that which went to what the host owed.
    pub netted: i64,
    /// Minor units that were sent and have been taken back since.
    pub taken_back: i64,
    /// What it is held for, while it is.
    pub held_for: Option<HeldFor>,
    /// When its time comes.
    pub due_at: Instant,
    /// When it was done.
    pub paid_at: Option<Instant>,
    /// Why it failed, for an admin.
    pub problem: Option<String>,
    /// When it was earned.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
