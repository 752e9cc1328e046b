//! Sojourn: the backend of a vacation-rental marketplace.

pub mod kernel;
pub mod ports;
