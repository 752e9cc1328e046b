//! Which nights of a listing are for sale: its rules, its taken nights and their reasons. No price, no booking.

pub mod availability;
pub mod calendar_rules;
pub mod find;
pub mod hold;
pub mod night;
pub mod night_reason;
pub mod reasons;
pub mod rules;
pub mod update;

pub use hold::{hand_to_host, hold, release};
pub use update::update;

use crate::kernel::ListingId;

/// The rules of a listing whose host has set none: any length up to a month and a half, same day, a year ahead.
pub fn default_rules(listing: ListingId) -> calendar_rules::Model {
    calendar_rules::Model {
        listing_id: listing,
        min_nights: 1,
        max_nights: 45,
        notice_days: 0,
        window_days: 365,
    }
}
