//! Domain reviews.

pub mod review;
