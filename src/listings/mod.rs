//! Places: their fields, photos and states. No price, no calendar, no search.

pub mod amenity;
pub mod create;
pub mod darkroom;
pub mod draft;
pub mod ended_holds;
pub mod find;
pub mod forget_uploads;
pub mod listing;
pub mod moderate;
pub mod photo;
pub mod photos;
pub mod picture;
pub mod point;
pub mod publish;
pub mod rules;
pub mod store_upload;
pub mod take_upload;
pub mod update;
pub mod upload;

pub use create::create;
pub use ended_holds::ended_holds;
pub use update::update;

/// The topic of the bus on which whoever shows a listing hears that what can be booked of it has changed.
pub fn availability_topic(listing: crate::kernel::ListingId) -> String {
    format!("availability:{listing}")
}
