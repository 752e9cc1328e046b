//! Once a day, quotes that nobody booked are let go. Those of bookings stay.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use super::quote;
use crate::{
    app::App,
    db::Tx,
    event::Event,
    kernel::{Fault, Never, QuoteId, clock::Instant},
};

/// How long an expired quote is kept: booking it is answered with a new one.
const KEPT_EXPIRED: TimeDelta = TimeDelta::days(7);

/// Rows per transaction.
const BATCH: u64 = 5_000;

/// Lets quotes go that expired a week ago, and comes back next midnight (UTC).
pub async fn forget_quotes(app: &App) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let batch =
        || app.db.write(|tx| async move { Ok::<_, Fault<Never>>(forget(&tx, now - KEPT_EXPIRED).await?) });
    while batch().await? == BATCH {}
    app.db.write(|tx| async move { Ok(arm(&tx, next_midnight(now.date_naive())).await?) }).await
}

/// Asks for it at `at`, once. The server calls it at its start, for now.
pub async fn arm(tx: &Tx, at: Instant) -> Result<(), DbErr> {
    Event::QuotesToForget.emit_once(tx, at, at.date_naive().to_string()).await
}

/// Deletes a batch of what expired before `then`, and says how many there were.
async fn forget(tx: &Tx, then: Instant) -> Result<u64, DbErr> {
    // The table belongs to `bookings`, above this floor: here it only matters which quotes it points at.
    let booked = Query::select()
        .expr(Expr::value(1))
        .from("booking")
        .and_where(Expr::col(("booking", "quote_id")).eq(Expr::col((quote::Entity, quote::Column::Id))))
        .to_owned();
    let old: Vec<QuoteId> = quote::Entity::find()
        .select_only()
        .column(quote::Column::Id)
        .filter(quote::Column::ExpiresAt.lt(then))
        .filter(Expr::exists(booked).not())
        .limit(BATCH)
        .into_tuple()
        .all(&**tx)
        .await?;
    quote::Entity::delete_many().filter(quote::Column::Id.is_in(old.iter().copied())).exec(&**tx).await?;
    Ok(old.len() as u64)
}

fn next_midnight(today: NaiveDate) -> Instant {
    today.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN).and_utc()
}
