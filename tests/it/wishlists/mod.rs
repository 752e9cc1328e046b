//! Wish lists: one's own, and those that others share.

mod bounds;
mod share;
