//! What holds the payouts of a booking. No behaviour.

use sea_orm::entity::prelude::*;

use super::payout::HeldFor;
use crate::kernel::{BookingId, DisputeId, clock::Instant};

/// What holds the payouts of a booking, whether they are scheduled yet or not.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_hold")]
pub struct Model {
    /// Which dispute or chargeback; each holds once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: DisputeId,
    /// Of which booking.
    pub booking_id: BookingId,
    /// Which of the two.
    pub reason: HeldFor,
    /// Since when.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
