//! Places that can be booked, and their pictures.

pub mod darkroom;
pub mod picture;
