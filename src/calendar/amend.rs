//! A booking's stay becomes another one: the nights that it adds are taken as those of a booking are, those that it gives
//! up are for sale again. Until the difference is paid, what is added is held in the name of the change. The caller has
//! locked the listing's row.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{feeds, find, night, night_reason::Kind, preparation, reasons, rules};
use crate::{
    db::Tx,
    kernel::{ListingId, Stay, clock::Instant},
    listings::availability_topic,
};

/// Takes the nights of a stay that neither the booking nor its change has, in the name of the change, with those for
/// preparation around it; or tells which of them somebody else has: then the transaction must not commit.
pub async fn hold_more(
    tx: &Tx,
    listing: ListingId,
    stay: Stay,
    booking: Uuid,
    change: Uuid,
    now: Instant,
) -> Result<Result<(), Vec<NaiveDate>>, DbErr> {
    let mut have = reasons::of(tx, listing, Kind::Stay, booking).await?;
    have.extend(reasons::of(tx, listing, Kind::Stay, change).await?);
    let added: Vec<NaiveDate> = stay.nights().filter(|night| !have.contains(night)).collect();
    if added.is_empty() {
        return Ok(Ok(()));
    }
    let prepared = reasons::of(tx, listing, Kind::Preparation, booking).await?;
    let (own, free): (Vec<NaiveDate>, Vec<NaiveDate>) =
        added.iter().copied().partition(|night| prepared.contains(night));
    if take_free(tx, listing, &free).await? + take_own(tx, listing, &own).await? != added.len() as u64 {
        return Ok(Err(of_others(tx, listing, &added, [booking, change], now).await?));
    }
    let mine: Vec<_> = added.iter().map(|night| (*night, Kind::Stay, change)).collect();
    reasons::insert(tx, listing, &mine).await?;
    tx.touch_nights(listing, &added, true);
    tx.announce(availability_topic(listing));

    // As in `hold`: nobody's stay is among these.
    let gap = preparation::gap(&**tx, listing).await?;
    let around: Vec<_> = rules::preparation(stay, gap)
        .filter(|night| !have.contains(night) && !prepared.contains(night))
        .map(|night| (night, Kind::Preparation, change))
        .collect();
    reasons::add_all(tx, listing, &around).await?;
    Ok(Ok(()))
}

/// Makes a stay the booking's: what it adds was held by [`hold_more`], or is taken now; what it gives up goes to whoever
/// else has it taken, or is free. As there, an answer of nights means that the transaction must not commit.
pub async fn move_stay(
    tx: &Tx,
    listing: ListingId,
    stay: Stay,
    booking: Uuid,
    change: Uuid,
    now: Instant,
) -> Result<Result<(), Vec<NaiveDate>>, DbErr> {
    if let Err(nights) = hold_more(tx, listing, stay, booking, change, now).await? {
        return Ok(Err(nights));
    }
    let nights: BTreeSet<NaiveDate> = stay.nights().collect();
    let booked = reasons::of(tx, listing, Kind::Stay, booking).await?;
    let prepared = reasons::of(tx, listing, Kind::Preparation, booking).await?;
    let gap = preparation::gap(&**tx, listing).await?;
    let wanted: BTreeSet<NaiveDate> = rules::preparation(stay, gap).collect();
    let list = |some: &BTreeSet<NaiveDate>| some.iter().copied().collect::<Vec<_>>();

    // What comes is there before what goes: a night that is in both is never without a reason.
    reasons::add(tx, listing, &list(&nights), Kind::Stay, booking).await?;
    reasons::add(tx, listing, &list(&wanted), Kind::Preparation, booking).await?;
    reasons::remove_source(tx, listing, change).await?;
    let freed: BTreeSet<NaiveDate> = booked.difference(&nights).copied().collect();
    reasons::remove(tx, listing, &list(&freed), Kind::Stay, booking).await?;
    let spare: BTreeSet<NaiveDate> = prepared.difference(&wanted).copied().collect();
    reasons::remove(tx, listing, &list(&spare), Kind::Preparation, booking).await?;
    feeds::take_over(tx, listing, &freed).await?;
    Ok(Ok(()))
}

/// Takes nights that nobody has; says how many it got. The key of `night` decides.
async fn take_free(tx: &Tx, listing: ListingId, nights: &[NaiveDate]) -> Result<u64, DbErr> {
    if nights.is_empty() {
        return Ok(0);
    }
    let rows = nights.iter().map(|date| night::ActiveModel {
        listing_id: Set(listing),
        night: Set(*date),
        reasons: Set(1),
    });
    let key = OnConflict::columns([night::Column::ListingId, night::Column::Night]).do_nothing().to_owned();
    night::Entity::insert_many(rows).on_conflict(key).exec_without_returning(&**tx).await
}

/// Takes nights that are off sale for the booking's own preparation; says how many are for nothing else.
async fn take_own(tx: &Tx, listing: ListingId, nights: &[NaiveDate]) -> Result<u64, DbErr> {
    if nights.is_empty() {
        return Ok(0);
    }
    let taken = night::Entity::update_many()
        .col_expr(night::Column::Reasons, Expr::col(night::Column::Reasons).add(1))
        .filter(night::Column::ListingId.eq(listing))
        .filter(night::Column::Night.is_in(nights.iter().copied()))
        .filter(night::Column::Reasons.eq(1))
        .exec(&**tx)
        .await?;
    Ok(taken.rows_affected)
}

/// Which of these nights others have.
async fn of_others(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    own: [Uuid; 2],
    now: Instant,
) -> Result<Vec<NaiveDate>, DbErr> {
    let (Some(first), Some(last)) = (nights.first(), nights.last()) else { return Ok(Vec::new()) };
    let others = find::taken_by_others(&**tx, listing, *first, *last, &own, now).await?;
    Ok(nights.iter().copied().filter(|night| others.contains_key(night)).collect())
}
