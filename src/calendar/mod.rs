//! Domain calendar.

pub mod night;
pub mod night_reason;
pub mod rules_entity;
