//! What only a sandbox does.

mod clock;
