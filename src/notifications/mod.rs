//! Telling people: notices that are stored, mailed and heard at once. No GraphQL.

pub mod compose;
pub mod compose_changes;
pub mod deliver;
pub mod find;
mod mail;
pub mod mark_read;
pub mod notification;
pub mod react;
pub mod react_to_changes;

pub use mail::mail;
pub use mark_read::mark_read;
