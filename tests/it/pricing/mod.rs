//! What a stay costs, line by line, as a guest sees it before and after booking.

mod rate_plan;
