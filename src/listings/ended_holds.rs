//! Which holds on a listing's nights have ended, whether or not somebody has got round to settling them. The tables
//! belong to `bookings`, above this floor: here and in the calendar it only matters who is in nobody's way any more.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};

use crate::kernel::{ListingId, clock::Instant};

/// The bookings of these listings that hold nights no longer: not paid in time, or not answered by the host in time; and
/// the changes of bookings whose difference was not paid in time. What a host has accepted holds on until the card is
/// charged or has failed.
pub fn ended_holds(listings: &[ListingId], now: Instant) -> SelectStatement {
    let of_listings = || Expr::col("listing_id").is_in(listings.iter().map(|id| id.0));
    let changes = Query::select()
        .column("id")
        .from("booking_change")
        .and_where(of_listings())
        .and_where(Expr::col("status").eq("ACCEPTED"))
        .and_where(Expr::col("ends_at").lte(now))
        .to_owned();
    Query::select()
        .column("id")
        .from("booking")
        .and_where(of_listings())
        .and_where(Expr::col("status").is_in(["PENDING_PAYMENT", "PENDING_APPROVAL"]))
        .and_where(Expr::col("hold_ends_at").lte(now))
        .and_where(Expr::col("accepted_at").is_null())
        .union(UnionType::All, changes)
        .to_owned()
}
