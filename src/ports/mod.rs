//! The doors to the outside world: one folder for each. No rule of the domain here, and no way around a door.

pub mod stripe;
