//! What the tests share.
//! No assertion about the product: those belong to the tests.

pub mod browser;
