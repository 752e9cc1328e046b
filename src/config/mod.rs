//! Domain config.

pub mod setting;
