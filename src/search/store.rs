//! Writing entries: the only statements that make search rows or take them away. What is in them is `entry`'s part.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable, QueryFilter,
    sea_query::OnConflict,
};

use super::{card_row, entry::Entry, place, range_row, row, span};
use crate::kernel::ListingId;

/// Rows per statement: a row has some 60 values, and SQLite takes 32,766 in all.
const BATCH: usize = 400;

/// The same for ranges, of five values each.
const RANGES: usize = 5_000;

/// Spans per statement, of four values.
const SPANS: usize = 8_000;

/// Stores entries in place of those that were there, and the names of their places. Some statements per 400 entries.
pub async fn put(conn: &impl ConnectionTrait, entries: Vec<Entry>) -> Result<(), DbErr> {
    for batch in entries.chunks(BATCH) {
        // In the order of names: two writers of the same new names can't wait for each other in a circle.
        let places: BTreeSet<_> = batch.iter().flat_map(Entry::places).map(|p| (p.name, p.kind)).collect();
        let places = places.into_iter().map(|(name, kind)| place::Model { name, kind }.into_active_model());

        let rows = batch.iter().map(|entry| entry.row.clone().into_active_model());
        let changed = row::Column::iter().filter(|column| !matches!(column, row::Column::ListingId));
        let replace = OnConflict::column(row::Column::ListingId).update_columns(changed).to_owned();
        row::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(conn).await?;

        let ids = batch.iter().map(|entry| entry.row.listing_id);
        span::Entity::delete_many().filter(span::Column::ListingId.is_in(ids)).exec(conn).await?;
        let spans: Vec<_> = batch.iter().flat_map(|entry| entry.spans.iter().cloned()).collect();
        for some in spans.chunks(SPANS) {
            let spans = some.iter().cloned().map(IntoActiveModel::into_active_model);
            span::Entity::insert_many(spans).exec_without_returning(conn).await?;
        }

        let cards = batch.iter().map(|entry| entry.card.clone().into_active_model());
        let replace =
            OnConflict::column(card_row::Column::ListingId).update_column(card_row::Column::Card).to_owned();
        card_row::Entity::insert_many(cards).on_conflict(replace).exec_without_returning(conn).await?;

        let ids = batch.iter().map(|entry| entry.row.listing_id);
        range_row::Entity::delete_many().filter(range_row::Column::ListingId.is_in(ids)).exec(conn).await?;
        let ranges: Vec<_> = batch.iter().flat_map(|entry| entry.ranges.iter().cloned()).collect();
        for ranges in ranges.chunks(RANGES) {
            let rows = ranges.iter().map(|range| range.clone().into_active_model());
            range_row::Entity::insert_many(rows).exec_without_returning(conn).await?;
        }

        let known = OnConflict::columns([place::Column::Name, place::Column::Kind]).do_nothing().to_owned();
        place::Entity::insert_many(places).on_conflict(known).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Takes listings out of search. Names of places stay: a name that finds nothing harms nobody, and `rebuild` tidies.
pub async fn remove(conn: &impl ConnectionTrait, listings: &[ListingId]) -> Result<u64, DbErr> {
    if listings.is_empty() {
        return Ok(0);
    }
    let ids = || listings.iter().copied();
    range_row::Entity::delete_many().filter(range_row::Column::ListingId.is_in(ids())).exec(conn).await?;
    span::Entity::delete_many().filter(span::Column::ListingId.is_in(ids())).exec(conn).await?;
    card_row::Entity::delete_many().filter(card_row::Column::ListingId.is_in(ids())).exec(conn).await?;
    let gone = row::Entity::delete_many().filter(row::Column::ListingId.is_in(ids())).exec(conn).await?;
    Ok(gone.rows_affected)
}
