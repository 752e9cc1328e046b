//! The one integration binary: everything is tested from outside, over real HTTP and WebSocket.
//! No test of a single function: those stand beside it in `src/`.

#![allow(clippy::unwrap_used, reason = "all of this crate is test: a panic is how it says no")]

mod accounts;
mod bad_input;
mod bookings;
mod calendar;
mod cancellations;
mod crash;
mod disputes;
mod feeds;
mod jobs;
mod listings;
mod notifications;
mod payments;
mod payouts;
mod pricing;
mod proof;
mod readme;
mod road;
mod sandbox;
mod search;
mod server;
mod shape;
mod support;
mod upkeep;
mod wishlists;
