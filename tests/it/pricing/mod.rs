//! What a stay costs, line by line, as a guest sees it before and after booking.

mod quote;
mod rate_plan;
mod taxes;
mod update;
