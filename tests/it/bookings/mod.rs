//! Bookings: who gets the nights. Payments and cancellations have their own places.

mod client_gone;
mod create;
mod instructions;
mod torture;
