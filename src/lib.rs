//! Sojourn: the backend of a vacation-rental marketplace.

pub mod graphql;
pub mod kernel;
