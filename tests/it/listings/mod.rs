//! Listings from their host's side. Search has its own tests.

mod archived;
mod fields;
mod moderate;
mod publish;
