//! Stays of guests at listings: made, confirmed, changed, expired, cancelled, completed. No Stripe, no mail.

pub mod accept;
pub mod booking;
pub mod booking_change;
pub mod booking_event;
pub mod cancel;
pub mod cancellation;
pub mod changes;
pub mod complete;
pub mod confirm;
pub mod create;
pub mod decline;
pub mod expire;
pub mod find;
pub mod giving_back;
pub mod outcome;
pub mod penalty;
pub mod prolong;
mod recognise;
pub mod refund;
pub mod request;
pub mod rules;
pub mod schedule;
mod state;
pub mod timeline;
pub mod unpaid;

pub use accept::accept;
pub use cancel::cancel;
pub use complete::complete;
pub use confirm::confirm;
pub use create::create;
pub use decline::decline;
pub use expire::expire;
pub use prolong::prolong;
pub use refund::refund;
pub use request::request;
pub use unpaid::unpaid;

/// Where changes of a booking are published.
pub fn topic(booking: crate::kernel::BookingId) -> String {
    format!("bookings.{booking}")
}
