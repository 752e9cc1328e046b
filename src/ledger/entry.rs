//! One posting: debit positive, credit negative. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{Currency, LedgerEntryId, LedgerTransactionId};

/// One posting: debit positive, credit negative.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    /// Which posting.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerEntryId,
    /// Of which transaction.
    pub transaction_id: LedgerTransactionId,
    /// The account, as in `ledger::Account`.
    pub account: String,
    /// Of the amount.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
