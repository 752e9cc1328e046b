//! Payments: begin them at Stripe, hear what became of them, give money back. What a payment means for a booking is
//! not decided here: that is what the events are for.

pub mod abandon;
pub mod ask_refund;
pub mod asking;
mod bear;
pub mod capture;
pub mod charged_back;
pub mod find;
pub mod forget;
mod lock;
pub mod open;
mod patience;
pub mod payment;
pub mod problems;
pub mod receive;
pub mod refund;
pub mod replace_refund;
pub mod rules;
pub mod sandbox_pay;
pub mod send_refund;
pub mod settle;
pub mod settle_refund;
pub mod start;
pub mod stripe_event;

pub use lock::lock;

#[cfg(test)]
mod stripe_tests;
#[cfg(test)]
pub(crate) mod testing;
