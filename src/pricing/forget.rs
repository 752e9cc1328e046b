//! Quotes that have ended and became no booking.

use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, Condition, DbErr,
    sea_query::{Expr, ExprTrait, Query},
};

use super::quote;
use crate::{
    db::{Db, delete_in_batches},
    kernel::clock::Instant,
};

/// For how many days a quote is kept after its end: who comes back to it is given a new one.
pub const QUOTES_DAYS: i64 = 1;

/// Forgets them (by the domain's time); returns how many.
pub async fn forget(db: &Db, now: Instant) -> Result<u64, DbErr> {
    // The table belongs to `bookings`, above this floor: here it only matters which quotes it points at.
    let booking = Query::select()
        .expr(Expr::value(1))
        .from("booking")
        .and_where(Expr::col(("booking", "quote_id")).eq(Expr::col((quote::Entity, quote::Column::Id))))
        .to_owned();
    let old = Condition::all()
        .add(quote::Column::ExpiresAt.lt(now - TimeDelta::days(QUOTES_DAYS)))
        .add(Expr::exists(booking).not());
    delete_in_batches::<quote::Entity>(db, old).await
}
