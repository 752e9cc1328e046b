//! The double-entry ledger: accounts, drafts, posting, and the proof that it is right. What a booking or a payment may
//! do is not decided here.

mod account;
mod balance;
mod draft;
pub mod entry;
mod post;
pub mod postings;
pub mod postings_of_payouts;
pub mod reconcile;
pub mod transaction;
mod verify;
mod verify_payouts;

#[cfg(test)]
pub(crate) mod testing;

pub use account::{Account, NotAnAccount};
pub use balance::balance;
pub use draft::{Draft, DraftError, Kind};
pub use post::{Outcome, post};
pub use reconcile::{Difference, reconcile};
pub use verify::{Problem, verify};
