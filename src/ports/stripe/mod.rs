//! The door to Stripe: a typed client, the check of its webhooks, and an emulator that speaks its wire format.
//! No bookings and no ledger here: callers bring amounts, metadata and their own idempotency keys.

mod client;
pub mod emulator;
mod types;
mod webhook;
mod wire;

#[cfg(test)]
mod contract_tests;

pub use client::{Stripe, StripeSettings};
pub use types::{
    Charge, Decline, Intent, IntentAsk, IntentStatus, Refund, RefundStatus, Settlement, StripeError,
};
pub use webhook::{BadNotice, Notice, Subject, UNPARSEABLE, verify};
