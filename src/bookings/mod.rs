//! Domain bookings.

pub mod booking;
pub mod booking_event;
pub mod idempotent_answer;
