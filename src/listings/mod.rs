//! Domain listings.

pub mod listing;
pub mod photo;
pub mod upload;
