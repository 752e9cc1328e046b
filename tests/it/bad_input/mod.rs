//! What is wrong, missing, huge or hostile gets a typed error, and leaves nothing behind.

mod documents;
mod meaning;
mod mutations;
mod queries;
mod uploads;
