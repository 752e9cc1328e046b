//! Calendars as text (iCalendar, RFC 5545): what other sites write is read leniently, what we write is plain. Pure: no
//! network, no database, no clock.

pub mod lines;
pub mod nights;
pub mod read;
pub mod recur;
pub mod when;
pub mod write;
pub mod zones;

#[cfg(test)]
mod tests;

pub use read::{NotRead, Reading, read};
