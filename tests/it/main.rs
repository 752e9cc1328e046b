//! The one integration binary: everything is tested from outside, over real HTTP and WebSocket.
//! No test of a single function: those stand beside it in `src/`.

#![allow(clippy::unwrap_used, reason = "all of this crate is test: a panic is how it says no")]

mod accounts;
mod bad_input;
mod bookings;
mod crash;
mod jobs;
mod listings;
mod notifications;
mod payments;
mod pricing;
mod readme;
mod road;
mod search;
mod server;
mod shape;
mod support;
