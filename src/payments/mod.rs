//! Domain payments.

pub mod payment;
pub mod refund;
pub mod stripe_event;
