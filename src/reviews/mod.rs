//! What the two sides of a stay say of each other. Writing them comes with its own step.

pub mod find;
pub mod review;
