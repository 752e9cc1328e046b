//! Bookings: who gets the nights. Payments and cancellations have their own places.

mod changes;
mod changes_money;
mod changes_races;
mod client_gone;
mod create;
mod everything;
mod instructions;
mod request;
mod request_money;
mod request_races;
mod statements;
mod torture;
