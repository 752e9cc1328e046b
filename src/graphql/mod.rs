//! The roof: GraphQL over HTTP, WebSocket and server-sent events. No domain rule and no SQL.
//!
//! The road of an operation is the same on every transport: [`document`] guards what was sent, [`cost`] weighs it,
//! [`run`] executes it with fresh data from the [`door`], and [`code`] sees that no error leaves without its code.

pub mod code;
pub mod cost;
pub mod crowd;
pub mod document;
pub mod door;
pub mod http;
pub mod limits;
mod media;
pub mod nulls;
pub mod rule;
pub mod run;
mod shape;
pub mod socket;
mod sse;
mod tokens;

#[cfg(test)]
mod tests;
