//! A believable market for trying out. Nothing here is needed by a server that has customers.

pub mod chance;
pub mod cities;
