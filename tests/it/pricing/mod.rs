//! What a stay costs, line by line, as a guest sees it before and after booking.

pub mod currency;
mod quote;
mod rate_plan;
mod rates;
mod taxes;
mod update;
