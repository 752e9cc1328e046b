//! Domain notifications.

pub mod notification;
