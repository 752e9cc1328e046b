//! Taking nights for a booking, and giving them back. The primary key of `night` is what prevents double booking; the
//! caller has locked the listing's row.

use chrono::NaiveDate;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, prelude::Uuid,
    sea_query::OnConflict,
};

use super::{
    feeds, night,
    night_reason::{self, Kind},
    preparation, reasons, rules,
};
use crate::{
    db::Tx,
    kernel::{ListingId, Stay},
    listings::availability_topic,
};

/// [`hold_apart`] from other stays as far as the listing's rules say.
pub async fn hold(
    tx: &Tx,
    listing: ListingId,
    stay: Stay,
    booking: Uuid,
) -> Result<Result<(), Vec<NaiveDate>>, DbErr> {
    let gap = preparation::gap(&**tx, listing).await?;
    hold_apart(tx, listing, stay, booking, gap).await
}

/// Takes all nights of a stay, and those around it, `gap` on each side, that the host needs for preparation, or tells which
/// of them somebody else has; then the transaction must not commit.
pub async fn hold_apart(
    tx: &Tx,
    listing: ListingId,
    stay: Stay,
    booking: Uuid,
    gap: u64,
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
    let mine: Vec<_> = nights.iter().map(|date| (*date, Kind::Stay, booking)).collect();
    reasons::insert(tx, listing, &mine).await?;
    tx.touch_nights(listing, &nights, true);
    tx.announce(availability_topic(listing));
    // Nobody's stay is among these: its own preparation would have taken our nights.
    let around: Vec<_> =
        rules::preparation(stay, gap).map(|date| (date, Kind::Preparation, booking)).collect();
    reasons::add_all(tx, listing, &around).await?;
    Ok(Ok(()))
}

/// Gives back all nights of which this booking is a reason. Those with another reason stay taken, and so do those that
/// another site has taken too, a conflict until now.
pub async fn release(tx: &Tx, listing: ListingId, booking: Uuid) -> Result<(), DbErr> {
    let nights = reasons::of(tx, listing, Kind::Stay, booking).await?;
    reasons::remove_source(tx, listing, booking).await?;
    feeds::take_over(tx, listing, &nights).await
}

/// The host has called a stay off: its nights stay off sale, as blocks of the host's; what was kept free around it for
/// preparation is for sale again.
pub async fn hand_to_host(tx: &Tx, listing: ListingId, booking: Uuid) -> Result<(), DbErr> {
    let nights: Vec<NaiveDate> = reasons::of(tx, listing, Kind::Stay, booking).await?.into_iter().collect();
    reasons::add(tx, listing, &nights, Kind::Block, listing.0).await?;
    release(tx, listing, booking).await
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
