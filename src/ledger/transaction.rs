//! A balanced transaction: a draft first, then posted for good. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, LedgerTransactionId, clock::Instant};

/// A balanced transaction: a draft first, then posted for good.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_transaction")]
pub struct Model {
    /// Which transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerTransactionId,
    /// What moved.
    pub kind: String,
    /// What it follows from; unique, so nothing is posted twice.
    pub source: String,
    /// For which booking.
    pub booking_id: Option<BookingId>,
    /// Sealed: the database refuses any change.
    pub posted: bool,
    /// When.
    pub at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
