//! Once a day the ring of nights turns: what has passed is forgotten, what came into reach is looked up. No booking rule.

use chrono::{Days, NaiveDate};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, Statement, sea_query::OnConflict};

use super::{
    nights::{self, IDLE_DAYS, Nights},
    rebuild, row,
};
use crate::{
    config::setting,
    db::{Db, Tx},
    event::Event,
    kernel::{Fault, Never, clock::Instant},
};

/// The setting that says on which UTC day the ring turned last.
const LAST_DAY: &str = "search.day";

/// Rows per transaction when a chunk is emptied: nobody waits long for a row.
const BATCH: u64 = 5_000;

/// Days that are looked at a second time: a block far ahead may have been committed while its night came into reach.
const AGAIN: u64 = 2;

/// Turns the ring to the day of `now` and comes back next midnight (UTC). Running it twice, or some days late, changes
/// nothing; after [`IDLE_DAYS`] without a turn, or on the first day of all, all entries are made anew.
pub async fn turn_day(db: &Db, secret: &[u8; 32], now: Instant) -> Result<(), Fault<Never>> {
    let today = now.date_naive();
    // First of all: whatever becomes of this turn, the next one comes.
    db.write(|tx| async move { Ok::<_, Fault<Never>>(Event::SearchDayTurns.emit_tomorrow(&tx, now).await?) })
        .await?;
    let last = last_day(db).await?;
    let late = |last: NaiveDate| (today - last).num_days() >= IDLE_DAYS;
    match last {
        None => drop(rebuild(db, secret, now).await?),
        Some(last) if late(last) => {
            tracing::warn!(%last, "search has not turned its days for long: all entries are made anew");
            rebuild(db, secret, now).await?;
        }
        Some(last) => {
            for chunk in nights::idle(now) {
                empty(db, chunk).await?;
            }
            let from = last.checked_sub_days(Days::new(AGAIN)).unwrap_or(last);
            for day in from.iter_days().take_while(|day| *day <= today) {
                let night = nights::newest(day);
                db.write(|tx| async move { Ok::<_, Fault<Never>>(take_in(&tx, night).await?) }).await?;
            }
        }
    }
    db.write(|tx| async move { Ok(remember(&tx, today).await?) }).await
}

/// Empties an idle chunk, some rows at a time.
async fn empty(db: &Db, chunk: usize) -> Result<(), Fault<Never>> {
    let column = sea_orm::IdenStatic::as_str(&row::NIGHTS[chunk]);
    let sql = format!(
        "UPDATE search_row SET {column} = 0 WHERE listing_id IN \
         (SELECT listing_id FROM search_row WHERE {column} <> 0 LIMIT {BATCH})"
    );
    loop {
        let statement = Statement::from_string(db.backend(), sql.clone());
        let emptied = db
            .write(|tx| {
                let statement = statement.clone();
                async move { Ok::<_, Fault<Never>>(tx.execute_raw(statement).await?.rows_affected()) }
            })
            .await?;
        if emptied == 0 {
            return Ok(());
        }
    }
}

/// Marks a night that came into reach for the listings that have it taken already.
async fn take_in(tx: &Tx, night: NaiveDate) -> Result<(), DbErr> {
    tx.take_time().await?;
    for (chunk, bits) in Nights::from_iter([night]).touched() {
        let column = sea_orm::IdenStatic::as_str(&row::NIGHTS[chunk]);
        let sql = format!(
            "UPDATE search_row SET {column} = {column} | $1 \
             WHERE listing_id IN (SELECT listing_id FROM night WHERE night = $2)"
        );
        let values = [bits.into(), night.into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

async fn last_day(db: &Db) -> Result<Option<NaiveDate>, DbErr> {
    let row = setting::Entity::find_by_id(LAST_DAY).one(db.read()).await?;
    Ok(row.and_then(|row| row.value.parse().ok()))
}

/// Notes that rows are right for this day.
pub async fn remember(tx: &Tx, day: NaiveDate) -> Result<(), DbErr> {
    let row = setting::ActiveModel { key: Set(LAST_DAY.to_owned()), value: Set(day.to_string()) };
    let newer = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
    setting::Entity::insert(row).on_conflict(newer).exec_without_returning(&**tx).await.map(|_| ())
}
