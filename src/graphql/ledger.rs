//! The ledger on the roof, for those who run the market. Nothing is posted here.

use async_graphql::SimpleObject;

use super::{
    money::Money,
    scalars::DateTime,
    transport::{Rule, ruled},
};
use crate::ledger::movements::Posted;

/// A posting of the ledger.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Admin))]
pub struct LedgerPosting {
    /// When.
    at: DateTime,
    /// What moved, in the journal's word.
    kind: String,
    /// On which account.
    account: String,
    /// Debit positive, credit negative.
    amount: Money,
}

impl LedgerPosting {
    /// A posting as it is shown.
    pub fn of(row: &Posted) -> Self {
        Self {
            at: DateTime(row.at),
            kind: row.kind.clone(),
            account: row.account.clone(),
            amount: Money(row.amount),
        }
    }
}
