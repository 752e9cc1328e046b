//! Listings from their host's side. Search has its own tests.

mod publish;
