//! A listing's calendar for other sites: its secret address, and what stands in it. Nights that came from other sites
//! are not among them, or two sites would keep each other's nights for ever; nor are names.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Days, NaiveDate};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, prelude::Uuid};
use sha2::{Digest, Sha256};

use super::{
    calendar_export, find,
    ical::{
        nights::runs,
        write::{Entry, write},
    },
    night_reason::{self, Kind},
};
use crate::{
    accounts::Keys,
    app::App,
    kernel::{ListingId, clock::Instant, stay::BOOKABLE_DAYS, zone},
    listings::{self, listing},
};

/// What the key that makes addresses is derived for.
const PURPOSE: &str = "calendar-export";

/// How much of what was derived stands in an address, in bytes.
const TAG: usize = 16;

/// Nights that have passed stay in the calendar so long, so that a stay which goes on is told whole.
const DAYS_BACK: u64 = 31;

/// A calendar as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The calendar.
    pub text: String,
    /// The same as long as the calendar is.
    pub etag: String,
}

/// What the address of a listing's calendar says after it was changed `number` times: nobody makes it without our keys,
/// and nothing of it is stored.
pub fn secret(keys: &Keys, listing: ListingId, number: i32) -> String {
    let tag = keys.derive(PURPOSE, &input(listing, number));
    BASE64_URL_SAFE_NO_PAD.encode([listing.0.as_bytes().as_slice(), &tag[..TAG]].concat())
}

/// The calendar at a secret address; `None` if there is none, whatever the reason.
pub async fn export(app: &App, secret: &str) -> Result<Option<Export>, DbErr> {
    let (db, now) = (app.db.read(), app.clock.now());
    let Some((id, tag)) = taken_apart(secret) else { return Ok(None) };
    let number = numbers(db, &[id]).await?.get(&id).copied().unwrap_or_default();
    if !app.keys.vouches(PURPOSE, &input(id, number), &tag) {
        return Ok(None);
    }
    let Some(listing) = listings::find::any(db, &[id]).await?.pop() else { return Ok(None) };

    let (first, last) = range(&listing, now);
    let reasons = find::reasons(db, &[id], first, last, now).await?;
    let text = write(&entries(id, &reasons));
    let etag = hex::encode(&Sha256::digest(&text)[..TAG]);
    Ok(Some(Export { text, etag }))
}

/// How often the addresses of these listings were changed, for those where it happened.
pub async fn numbers(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
) -> Result<BTreeMap<ListingId, i32>, DbErr> {
    let rows = calendar_export::Entity::find()
        .filter(calendar_export::Column::ListingId.is_in(listings.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.listing_id, row.number)).collect())
}

/// What the names of all our events of a listing end with: by it they are known when they come back.
pub fn suffix(listing: ListingId) -> String {
    format!("@{}.sojourn", listing.0.simple())
}

fn input(listing: ListingId, number: i32) -> Vec<u8> {
    [listing.0.as_bytes().as_slice(), &number.to_be_bytes()].concat()
}

fn taken_apart(secret: &str) -> Option<(ListingId, [u8; TAG])> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(secret).ok()?;
    let (listing, tag) = bytes.split_at_checked(16)?;
    Some((ListingId(Uuid::from_slice(listing).ok()?), tag.try_into().ok()?))
}

fn range(listing: &listing::Model, now: Instant) -> (NaiveDate, NaiveDate) {
    let today = zone::local_date(now, listing.zone());
    let first = today.checked_sub_days(Days::new(DAYS_BACK)).unwrap_or(today);
    (first, today.checked_add_days(Days::new(BOOKABLE_DAYS.into())).unwrap_or(today))
}

/// Each stay, and the runs of nights between them that the host keeps.
fn entries(listing: ListingId, reasons: &[night_reason::Model]) -> Vec<Entry> {
    let suffix = suffix(listing);
    let mut stays: BTreeMap<Uuid, Vec<&night_reason::Model>> = BTreeMap::new();
    let mut kept: BTreeMap<NaiveDate, Instant> = BTreeMap::new();
    for reason in reasons {
        match reason.kind {
            Kind::Stay => stays.entry(reason.source_id).or_default().push(reason),
            Kind::Block | Kind::Preparation => {
                let since = kept.entry(reason.night).or_insert_with(|| made_at(reason));
                *since = made_at(reason).min(*since);
            }
            Kind::Import => {}
        }
    }
    let booked: BTreeSet<NaiveDate> = stays.values().flatten().map(|reason| reason.night).collect();
    let stays = stays.iter().filter_map(|(source, nights)| {
        Some(Entry {
            uid: format!("stay-{}{suffix}", source.simple()),
            summary: "Reserved",
            first: nights.iter().map(|reason| reason.night).min()?,
            last: nights.iter().map(|reason| reason.night).max()?,
            stamp: nights.iter().map(|reason| made_at(reason)).min()?,
        })
    });
    let free_of_stays = kept.keys().copied().filter(|night| !booked.contains(night));
    let kept = runs(free_of_stays).into_iter().map(|(first, last)| Entry {
        uid: format!("kept-{}{suffix}", first.format("%Y%m%d")),
        summary: "Not available",
        first,
        last,
        stamp: kept.range(first..=last).map(|(_, since)| *since).min().unwrap_or_default(),
    });
    let mut entries: Vec<Entry> = stays.chain(kept).collect();
    entries.sort_by(|a, b| (a.first, &a.uid).cmp(&(b.first, &b.uid)));
    entries
}

/// An id tells when it was made.
fn made_at(reason: &night_reason::Model) -> Instant {
    let seconds = reason.id.0.get_timestamp().map_or(0, |made| made.to_unix().0);
    i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::NightReasonId;

    #[test]
    fn stays_and_kept_nights_are_told_and_imported_ones_are_not() {
        let listing = ListingId::new();
        let (guest, other) = (Uuid::now_v7(), Uuid::now_v7());
        let day = |n: u32| NaiveDate::from_ymd_opt(2027, 3, n).unwrap();
        let reason = |night, kind, source_id| night_reason::Model {
            id: NightReasonId::new(),
            listing_id: listing,
            night: day(night),
            kind,
            source_id,
        };
        let reasons = [
            reason(1, Kind::Block, listing.0),
            reason(2, Kind::Preparation, guest),
            reason(3, Kind::Stay, guest),
            reason(4, Kind::Stay, guest),
            reason(5, Kind::Preparation, guest),
            reason(5, Kind::Stay, other),
            reason(7, Kind::Import, Uuid::now_v7()),
            reason(8, Kind::Block, listing.0),
            reason(8, Kind::Import, Uuid::now_v7()),
        ];
        let told = entries(listing, &reasons);
        let told: Vec<_> = told.iter().map(|e| (e.summary, e.first, e.last)).collect();
        assert_eq!(
            told,
            [
                ("Not available", day(1), day(2)),
                ("Reserved", day(3), day(4)),
                ("Reserved", day(5), day(5)),
                ("Not available", day(8), day(8)),
            ]
        );
        assert_eq!(entries(listing, &reasons), entries(listing, &reasons));
    }
}
