//! The double-entry ledger: accounts, drafts, posting, and the proof that it is right. What a booking or a payment may
//! do is not decided here.

mod account;
mod balance;
mod balance_of_booking;
mod bearing;
mod draft;
pub mod entry;
pub mod movements;
mod post;
pub mod postings;
pub mod postings_of_disputes;
pub mod postings_of_payouts;
pub mod reconcile;
mod reverse;
mod shares_of_booking;
pub mod transaction;
mod verify;
mod verify_bookings;
mod verify_payouts;

#[cfg(test)]
pub(crate) mod testing;

pub use account::{Account, NotAnAccount};
pub use balance::balance;
pub use balance_of_booking::balance_of_booking;
pub use bearing::Borne;
pub use draft::{Draft, DraftError, Kind};
pub use post::{Outcome, post, post_all};
pub use reconcile::{Difference, reconcile};
pub use reverse::reversal;
pub use shares_of_booking::{owed_for_booking, shares_of_booking};
pub use verify::{Problem, verify};
