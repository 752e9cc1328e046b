//! Domain accounts.

pub mod session;
pub mod sign_up;
pub mod user;
