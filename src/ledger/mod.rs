//! Domain ledger.

pub mod entry;
pub mod transaction;
