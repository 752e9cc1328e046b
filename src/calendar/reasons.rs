//! Reasons come and go here, and nights with them: a night is off sale as long as it has a reason. Nobody else writes
//! the two tables, but for the first taking of a stay's nights, which must fail where a row is. The caller has locked
//! the listing's row. No judgement of who may.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{
    night,
    night_reason::{self, Kind},
};
use crate::{
    db::Tx,
    kernel::{ListingId, NightReasonId},
};

/// Gives nights a reason, whatever other reasons they have; those that have this very one keep it. Three statements.
pub async fn add(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    kind: Kind,
    source: Uuid,
) -> Result<(), DbErr> {
    let wanted: BTreeSet<NaiveDate> = nights.iter().copied().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let have = of(tx, listing, kind, source).await?;
    let fresh: Vec<_> = wanted.difference(&have).map(|night| (*night, kind, source)).collect();
    add_all(tx, listing, &fresh).await
}

/// Takes this reason from nights; those that have no other are for sale again. Three statements.
pub async fn remove(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    kind: Kind,
    source: Uuid,
) -> Result<(), DbErr> {
    if nights.is_empty() {
        return Ok(());
    }
    let which = these(listing, kind, source)
        .and(night_reason::Column::Night.is_in(nights.iter().copied().collect::<BTreeSet<_>>()));
    delete(tx, listing, which).await
}

/// Takes every reason of a source away, whatever kind it is: of a booking, of a feed. Three statements.
pub async fn remove_source(tx: &Tx, listing: ListingId, source: Uuid) -> Result<(), DbErr> {
    let which = night_reason::Column::SourceId.eq(source).and(night_reason::Column::ListingId.eq(listing));
    delete(tx, listing, which).await
}

/// The nights that have this reason.
pub async fn of(tx: &Tx, listing: ListingId, kind: Kind, source: Uuid) -> Result<BTreeSet<NaiveDate>, DbErr> {
    let nights: Vec<NaiveDate> = night_reason::Entity::find()
        .select_only()
        .column(night_reason::Column::Night)
        .filter(these(listing, kind, source))
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(nights.into_iter().collect())
}

/// Stores reasons of which none is there yet, and counts them on their nights.
pub(super) async fn add_all(
    tx: &Tx,
    listing: ListingId,
    reasons: &[(NaiveDate, Kind, Uuid)],
) -> Result<(), DbErr> {
    if reasons.is_empty() {
        return Ok(());
    }
    // In the order of the dates: two writers can't wait for each other in a circle.
    let rows = tally(reasons.iter().map(|(night, ..)| *night)).into_iter().map(|(date, count)| {
        night::ActiveModel { listing_id: Set(listing), night: Set(date), reasons: Set(count) }
    });
    let more = Expr::col((night::Entity, night::Column::Reasons))
        .add(Expr::col(("excluded", night::Column::Reasons)));
    let more = OnConflict::columns([night::Column::ListingId, night::Column::Night])
        .value(night::Column::Reasons, more)
        .to_owned();
    night::Entity::insert_many(rows).on_conflict(more).exec_without_returning(&**tx).await?;
    insert(tx, listing, reasons).await?;
    let nights: Vec<NaiveDate> = reasons.iter().map(|(night, ..)| *night).collect();
    tx.touch_nights(listing, &nights, true);
    Ok(())
}

/// Stores reasons that their nights count already.
pub(super) async fn insert(
    tx: &Tx,
    listing: ListingId,
    reasons: &[(NaiveDate, Kind, Uuid)],
) -> Result<(), DbErr> {
    let rows = reasons.iter().map(|(night, kind, source)| night_reason::ActiveModel {
        id: Set(NightReasonId::new()),
        listing_id: Set(listing),
        night: Set(*night),
        kind: Set(*kind),
        source_id: Set(*source),
    });
    night_reason::Entity::insert_many(rows).exec_without_returning(&**tx).await.map(|_| ())
}

/// Deletes reasons, counts them off, and lets go of the nights that have none left. A count never falls below nothing,
/// and the database keeps a night that a reason still points at.
pub(super) async fn delete(tx: &Tx, listing: ListingId, which: Expr) -> Result<(), DbErr> {
    let gone = night_reason::Entity::delete_many().filter(which).exec_with_returning(&**tx).await?;
    let gone = tally(gone.iter().map(|row| row.night));
    if gone.is_empty() {
        return Ok(());
    }
    let counts: BTreeSet<i32> = gone.values().copied().collect();
    for count in counts {
        let nights = gone.iter().filter(|(_, n)| **n == count).map(|(night, _)| *night);
        night::Entity::update_many()
            .col_expr(night::Column::Reasons, Expr::col(night::Column::Reasons).sub(count))
            .filter(night::Column::ListingId.eq(listing).and(night::Column::Night.is_in(nights)))
            .filter(night::Column::Reasons.gte(count))
            .exec(&**tx)
            .await?;
    }
    let freed = night::Entity::delete_many()
        .filter(night::Column::ListingId.eq(listing).and(night::Column::Night.is_in(gone.into_keys())))
        .filter(night::Column::Reasons.lte(0))
        .exec_with_returning(&**tx)
        .await?;
    let freed: Vec<NaiveDate> = freed.into_iter().map(|row| row.night).collect();
    tx.touch_nights(listing, &freed, false);
    Ok(())
}

fn these(listing: ListingId, kind: Kind, source: Uuid) -> Expr {
    night_reason::Column::SourceId
        .eq(source)
        .and(night_reason::Column::Kind.eq(kind))
        .and(night_reason::Column::ListingId.eq(listing))
}

/// How often each night is named.
fn tally(nights: impl Iterator<Item = NaiveDate>) -> BTreeMap<NaiveDate, i32> {
    let mut counts = BTreeMap::new();
    for night in nights {
        *counts.entry(night).or_default() += 1;
    }
    counts
}
