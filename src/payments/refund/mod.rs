//! Money that goes back to a guest: asked for, sent, settled. Whether and how much is decided by who asks.

pub mod ask;
mod entity;
mod find;
pub mod send;
pub(super) mod settle;

pub use ask::{Refusal, ask};
pub use entity::*;
pub(super) use find::with_payment;
pub use find::{by_id, of_payments};
pub use send::send;
pub use settle::refund_succeeded;
