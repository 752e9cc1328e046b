//! GraphQL over HTTP, WebSocket and server-sent events: the road, not what travels on it. No type of our schema.
//!
//! The road of an operation is the same on every transport: [`document`] guards what was sent, [`cost`] weighs it,
//! [`run`] executes it with fresh data from the [`door`], and [`code`] sees that no error leaves without its code.

pub mod code;
pub mod cost;
pub mod crowd;
pub mod document;
pub mod door;
pub mod form;
pub mod haste;
pub mod http;
pub mod inputs;
pub mod limits;
mod media;
pub mod nulls;
pub mod rule;
pub mod run;
mod shape;
pub mod socket;
mod sse;
mod tokens;

pub use code::Code;
pub use door::Caller;
pub use haste::set_up;
pub use rule::{Denied, Rule, Standing, ruled};

#[cfg(test)]
mod tests;
