//! Accounts over the public API, a file per use case.

mod profile;
mod sessions;
mod sign_up;
