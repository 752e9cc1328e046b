//! `sojourn search verify`: compares every entry with what the tables say. It changes nothing.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::{
    card_row,
    entry::Entry,
    facts,
    nights::{self, Nights},
    range_row,
    rebuild::next_ids,
    row, span,
};
use crate::{
    db::Db,
    kernel::{ListingId, clock::Instant},
};

/// What of an entry isn't as the tables say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of which listing.
    pub listing: ListingId,
    /// What differs.
    pub what: What,
}

/// The ways to differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is on sale and has no entry.
    Missing,
    /// It isn't on sale and has one.
    TooMany,
    /// A value of the row or card: its name, what it should be, what it is.
    Value {
        /// Which.
        name: String,
        /// By the tables.
        expected: String,
        /// In search.
        found: String,
    },
}

/// Every difference between search and the tables, in the order of the listings. Where the server runs meanwhile, a
/// change between two of our statements may look like a difference: each is looked at twice before it counts.
pub async fn verify(db: &Db, secret: &[u8; 32], now: Instant) -> Result<Vec<Difference>, DbErr> {
    let mut differences = Vec::new();
    let mut after = None;
    loop {
        let ids = next_ids(db.read(), after).await?;
        let Some(last) = ids.last().copied() else { return Ok(differences) };
        let first_look = compare(db.read(), &ids, secret, now).await?;
        let mut suspects: Vec<ListingId> = first_look.iter().map(|difference| difference.listing).collect();
        suspects.dedup();
        if !suspects.is_empty() {
            differences.extend(compare(db.read(), &suspects, secret, now).await?);
        }
        after = Some(last);
    }
}

async fn compare(
    conn: &impl ConnectionTrait,
    ids: &[ListingId],
    secret: &[u8; 32],
    now: Instant,
) -> Result<Vec<Difference>, DbErr> {
    let facts = facts::load(conn, ids, now).await?;
    let rows =
        row::Entity::find().filter(row::Column::ListingId.is_in(ids.iter().copied())).all(conn).await?;
    let cards = card_row::Entity::find()
        .filter(card_row::Column::ListingId.is_in(ids.iter().copied()))
        .all(conn)
        .await?;
    let ranges = range_row::Entity::find()
        .filter(range_row::Column::ListingId.is_in(ids.iter().copied()))
        .order_by_asc(range_row::Column::FirstDay)
        .all(conn)
        .await?;
    let mut ranges_of: HashMap<ListingId, Vec<range_row::Model>> = HashMap::new();
    for range in ranges {
        ranges_of.entry(range.listing_id).or_default().push(range);
    }
    let spans = span::Entity::find()
        .filter(span::Column::ListingId.is_in(ids.iter().copied()))
        .order_by_asc(span::Column::FirstDay)
        .all(conn)
        .await?;
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.listing_id, row)).collect();
    let mut cards: HashMap<_, _> = cards.into_iter().map(|card| (card.listing_id, card)).collect();
    let mut spans_of: HashMap<ListingId, Vec<span::Model>> = HashMap::new();
    for span in spans {
        spans_of.entry(span.listing_id).or_default().push(span);
    }
    let kept = nights::kept_set(now);

    let compared = ids.iter().flat_map(|id| {
        let expected = facts.get(id).map(|facts| Entry::of(facts, secret));
        let spans = spans_of.remove(id).unwrap_or_default();
        let what = match (expected, rows.remove(id), cards.remove(id)) {
            (None, None, None) if spans.is_empty() => Vec::new(),
            (None, ..) => vec![What::TooMany],
            (Some(expected), Some(row), Some(card)) => {
                let ranges = ranges_of.remove(id).unwrap_or_default();
                differences(expected, Entry { row, card, spans, ranges }, kept)
            }
            (Some(_), ..) => vec![What::Missing],
        };
        what.into_iter().map(|what| Difference { listing: *id, what })
    });
    Ok(compared.collect())
}

/// The values that differ. Of the nights only those count that rows keep today.
fn differences(expected: Entry, found: Entry, kept: Nights) -> Vec<What> {
    let found_nights = found.row.nights().and(kept);
    let found = Entry { row: found.row.with_nights(found_nights), ..found };
    if expected == found {
        return Vec::new();
    }
    let (expected, found) = (values(&expected), values(&found));
    let differing = expected.iter().filter(|(name, value)| found.get(*name) != Some(value));
    differing
        .map(|(name, value)| What::Value {
            name: name.clone(),
            expected: value.clone(),
            found: found.get(name).cloned().unwrap_or_default(),
        })
        .collect()
}

/// An entry's values by name.
fn values(entry: &Entry) -> std::collections::BTreeMap<String, String> {
    use sea_orm::{Iterable, ModelTrait};
    let columns = row::Column::iter().map(|column| {
        let value = entry.row.get(column);
        (sea_orm::IdenStatic::as_str(&column).to_owned(), format!("{value:?}"))
    });
    let card: Value = serde_json::from_str(&entry.card.card).unwrap_or(Value::Null);
    let card = card.as_object().cloned().unwrap_or_default();
    let card = card.into_iter().map(|(name, value)| (format!("card.{name}"), value.to_string()));
    let ranges = ("ranges".to_owned(), format!("{:?}", entry.ranges));
    let spans = ("spans".to_owned(), format!("{:?}", entry.spans));
    columns.chain(card).chain([ranges, spans]).collect()
}
