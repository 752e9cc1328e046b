//! Which nights of a listing are for sale: its rules, its taken nights and their reasons. No price, no booking.

mod amend;
pub mod calendar_export;
pub mod calendar_rules;
pub mod export;
pub mod feeds;
pub mod find;
pub mod hold;
pub mod ical;
pub mod limits;
pub mod night;
pub mod night_reason;
pub mod preparation;
pub mod reasons;
pub mod rotate_export;
pub mod rules;
mod shorten;
pub mod update;

pub use amend::{hold_more, move_stay};
pub use export::export;
pub use hold::{hand_to_host, hold, hold_apart, release};
pub use rotate_export::rotate_export;
pub use shorten::shorten;
pub use update::update;

use crate::kernel::ListingId;

/// The rules of a listing whose host has set none: any length up to a month and a half, same day, a year ahead.
pub fn default_rules(listing: ListingId) -> calendar_rules::Model {
    calendar_rules::Model {
        listing_id: listing,
        min_nights: 1,
        max_nights: 45,
        notice_days: 0,
        cut_off_hour: None,
        window_months: 12,
        preparation_before: 0,
        preparation_after: 0,
        closed_to_arrival: 0,
        closed_to_departure: 0,
        limits: limits::Limits::default(),
    }
}
