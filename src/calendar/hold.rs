//! Taking nights for a booking, and giving them back. The primary key of `night` is what prevents double booking; the
//! caller has locked the listing's row.

use chrono::NaiveDate;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{night, night_reason};
use crate::{
    db::Tx,
    kernel::{ListingId, NightReasonId, Stay},
};

/// Takes all nights of a stay, or tells which of them somebody else has; then the transaction must not commit.
pub async fn hold(
    tx: &Tx,
    listing: ListingId,
    stay: Stay,
    booking: Uuid,
) -> Result<Result<(), Vec<NaiveDate>>, DbErr> {
    let nights: Vec<NaiveDate> = stay.nights().collect();
    let rows = nights.iter().map(|date| night::ActiveModel {
        listing_id: Set(listing),
        night: Set(*date),
        reasons: Set(1),
    });
    // One statement, in the order of the dates: two stays that overlap can't wait for each other in a circle.
    let key = OnConflict::columns([night::Column::ListingId, night::Column::Night]).do_nothing().to_owned();
    let taken = night::Entity::insert_many(rows).on_conflict(key).exec_without_returning(&**tx).await?;
    if taken != nights.len() as u64 {
        return Ok(Err(others(tx, listing, stay).await?));
    }
    let reasons = nights.iter().map(|date| reason(listing, *date, night_reason::Kind::Stay, booking));
    night_reason::Entity::insert_many(reasons).exec_without_returning(&**tx).await?;
    tx.touch_nights(listing, &nights, true);
    Ok(Ok(()))
}

/// Gives back all nights of which this booking is a reason. Those with another reason stay taken.
pub async fn release(tx: &Tx, listing: ListingId, booking: Uuid) -> Result<(), DbErr> {
    let mine = night_reason::Column::SourceId.eq(booking).and(night_reason::Column::ListingId.eq(listing));
    let nights: Vec<NaiveDate> = night_reason::Entity::find()
        .select_only()
        .column(night_reason::Column::Night)
        .filter(mine.clone())
        .into_tuple()
        .all(&**tx)
        .await?;
    night_reason::Entity::delete_many().filter(mine).exec(&**tx).await?;
    forget(tx, listing, &nights).await
}

/// The host has called a stay off: its nights stay off sale, as a block of the host's.
pub async fn hand_to_host(tx: &Tx, listing: ListingId, booking: Uuid) -> Result<(), DbErr> {
    night_reason::Entity::update_many()
        .col_expr(night_reason::Column::Kind, Expr::value(night_reason::Kind::Block))
        .col_expr(night_reason::Column::SourceId, Expr::value(listing.0))
        .filter(night_reason::Column::SourceId.eq(booking))
        .filter(night_reason::Column::ListingId.eq(listing))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Counts one reason less on each night, and lets go of those that have none left.
pub(super) async fn forget(tx: &Tx, listing: ListingId, nights: &[NaiveDate]) -> Result<(), DbErr> {
    if nights.is_empty() {
        return Ok(());
    }
    let these = night::Column::ListingId.eq(listing).and(night::Column::Night.is_in(nights.iter().copied()));
    night::Entity::update_many()
        .col_expr(night::Column::Reasons, Expr::col(night::Column::Reasons).sub(1))
        .filter(these.clone())
        .exec(&**tx)
        .await?;
    let freed = night::Entity::delete_many()
        .filter(these.and(night::Column::Reasons.lte(0)))
        .exec_with_returning(&**tx)
        .await?;
    let freed: Vec<NaiveDate> = freed.into_iter().map(|row| row.night).collect();
    tx.touch_nights(listing, &freed, false);
    Ok(())
}

pub(super) fn reason(
    listing: ListingId,
    night: NaiveDate,
    kind: night_reason::Kind,
    source: Uuid,
) -> night_reason::ActiveModel {
    night_reason::ActiveModel {
        id: Set(NightReasonId::new()),
        listing_id: Set(listing),
        night: Set(night),
        kind: Set(kind),
        source_id: Set(source),
    }
}

/// The nights of a stay that have a reason: those of this very attempt have none yet.
async fn others(tx: &Tx, listing: ListingId, stay: Stay) -> Result<Vec<NaiveDate>, DbErr> {
    let mut nights: Vec<NaiveDate> = night_reason::Entity::find()
        .select_only()
        .column(night_reason::Column::Night)
        .filter(night_reason::Column::ListingId.eq(listing))
        .filter(night_reason::Column::Night.gte(stay.check_in()))
        .filter(night_reason::Column::Night.lt(stay.check_out()))
        .distinct()
        .into_tuple()
        .all(&**tx)
        .await?;
    nights.sort_unstable();
    Ok(nights)
}
