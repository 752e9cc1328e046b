//! Domain search.

pub mod place;
pub mod row;
