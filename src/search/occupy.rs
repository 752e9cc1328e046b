//! Follows a listing's nights as they are taken and come free: one update of the bits. No judgement of who may.

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, FromQueryResult,
    sea_query::{BinOper, Expr, ExprTrait, Query},
};

use super::{
    area::{self, Whereabouts},
    nights::{self, Nights},
    row,
};
use crate::{
    db::Tx,
    kernel::{ListingId, clock::Instant},
};

/// Marks nights as taken. The caller has locked the listing's row, and has changed `night` in the same transaction.
/// Nights that rows don't keep at `now` are passed over; those of the far future come in as days turn. Says where the
/// listing is, if its row has changed.
pub async fn occupy(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    now: Instant,
) -> Result<Option<Whereabouts>, DbErr> {
    mark(tx, listing, nights, now, true).await
}

/// Marks nights as free, likewise.
pub async fn release(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    now: Instant,
) -> Result<Option<Whereabouts>, DbErr> {
    mark(tx, listing, nights, now, false).await
}

async fn mark(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    now: Instant,
    taken: bool,
) -> Result<Option<Whereabouts>, DbErr> {
    let kept = nights::kept(now);
    let changed: Nights = nights.iter().copied().filter(|night| kept.contains(night)).collect();
    if changed == Nights::default() {
        return Ok(None);
    }
    let mut update = Query::update();
    update.table(row::Entity).and_where(row::Column::ListingId.eq(listing));
    for (chunk, bits) in changed.touched() {
        let column = row::NIGHTS[chunk];
        let (operator, mask) = if taken { (BinOper::BitOr, bits) } else { (BinOper::BitAnd, !bits) };
        update.value(column, Expr::col(column).binary(operator, mask));
    }
    update.returning(Query::returning().columns(area::COLUMNS));
    let found = tx.query_one(&update).await?;
    found.map(|found| Whereabouts::from_query_result(&found, "")).transpose()
}
