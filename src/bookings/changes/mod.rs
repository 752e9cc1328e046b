//! Changes of dates or guests of a confirmed booking: one side proposes, the other accepts; the difference is charged or
//! goes back. What a booking is in its own life stands beside this folder.

pub mod answer;
mod apply;
mod expire;
pub mod find;
mod prolong;
pub mod propose;
pub mod rules;
mod state;
pub mod withdraw;

pub use answer::answer;
pub use expire::expire;
pub use prolong::prolong;
pub use propose::propose;
pub use withdraw::withdraw;

pub(super) use apply::paid;
pub(super) use expire::{end, lapsed, lapsed_changes};
