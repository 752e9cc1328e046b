//! Bookings: who gets the nights. Payments and cancellations have their own places.

mod client_gone;
mod create;
mod instructions;
mod request;
mod request_money;
mod request_races;
mod torture;
