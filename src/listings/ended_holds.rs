//! Which holds on a listing's nights have ended, whether or not somebody has got round to settling them. The table
//! belongs to `bookings`, above this floor: here and in the calendar it only matters who is in nobody's way any more.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use crate::kernel::{ListingId, clock::Instant};

/// The bookings of these listings that hold nights no longer: not paid in time, or not answered by the host in time. What
/// a host has accepted holds on until the card is charged or has failed.
pub fn ended_holds(listings: &[ListingId], now: Instant) -> SelectStatement {
    Query::select()
        .column("id")
        .from("booking")
        .and_where(Expr::col("listing_id").is_in(listings.iter().map(|id| id.0)))
        .and_where(Expr::col("status").is_in(["PENDING_PAYMENT", "PENDING_APPROVAL"]))
        .and_where(Expr::col("hold_ends_at").lte(now))
        .and_where(Expr::col("accepted_at").is_null())
        .to_owned()
}
