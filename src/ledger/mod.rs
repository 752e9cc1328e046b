//! The double-entry ledger: accounts, drafts, posting, and the proof that it is right. What a booking or a payment may
//! do is not decided here.

mod account;
mod draft;
pub mod entry;
mod post;
pub mod postings;
pub mod transaction;
mod verify;

#[cfg(test)]
pub(crate) mod testing;

pub use account::{Account, NotAnAccount};
pub use draft::{Draft, DraftError, Kind};
pub use post::{Outcome, post};
pub use verify::{Problem, verify};
