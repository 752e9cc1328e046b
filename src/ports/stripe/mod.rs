//! The door to Stripe: a typed client, the check of its webhooks, and an emulator that speaks its wire format.
//! No bookings and no ledger here: callers bring amounts, metadata and their own idempotency keys.

mod client;
mod connect;
mod disputes;
pub mod emulator;
mod payees;
mod types;
mod webhook;
mod wire;
mod wire_connect;

#[cfg(test)]
mod contract_tests;

pub use client::{Stripe, StripeSettings};
pub use connect::AccountAsk;
pub use disputes::{Dispute, DisputeStatus};
pub use payees::{Account, AccountLink, BalanceLine, Reversal, Transfer, TransferAsk};
pub use types::{
    Charge, Decline, Intent, IntentAsk, IntentStatus, Refund, RefundStatus, Settlement, StripeError,
};
pub use webhook::{BadNotice, Notice, Subject, UNPARSEABLE, verify};
