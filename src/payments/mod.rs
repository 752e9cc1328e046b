//! Payments: begin them at Stripe, hear what became of them, give money back. What a payment means for a booking is
//! not decided here: that is what the events are for.

pub mod abandon;
pub mod find;
pub mod open;
pub mod payment;
pub mod receive;
pub mod refund;
pub mod rules;
pub mod sandbox_pay;
pub mod settle;
pub mod start;
pub mod stripe_event;

#[cfg(test)]
mod stripe_tests;
#[cfg(test)]
pub(crate) mod testing;

pub use abandon::abandon;
pub use find::{by_id, of_booking, of_bookings};
pub use open::open;
pub use receive::{Received, receive};
pub use sandbox_pay::sandbox_pay;
pub use settle::settle;
pub use start::start;
