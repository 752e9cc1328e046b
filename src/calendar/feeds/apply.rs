//! Taking in what a feed says, in the transaction that has locked its listing: its events, and the nights that they take
//! and no stay has. What is as it was is not written again.

use std::collections::{BTreeSet, HashMap};

use chrono::Days;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::{
    calendar_feed, feed_event,
    judge::{Facts, Judged, judge, taken},
};
use crate::{
    calendar::{
        export, find,
        ical::{NotRead, Reading},
        night_reason::Kind,
        reasons,
    },
    db::Tx,
    kernel::{FeedEventId, clock::Instant, stay::BOOKABLE_DAYS, zone},
    listings::listing,
};

/// How many rows go into one statement: databases limit its values.
const AT_ONCE: usize = 500;

/// Takes in a feed; a feed that says too much changes nothing.
pub async fn apply(
    tx: &Tx,
    listing: &listing::Model,
    feed: &calendar_feed::Model,
    reading: &Reading,
    now: Instant,
) -> Result<Result<(), NotRead>, DbErr> {
    let today = zone::local_date(now, listing.zone());
    let last = today.checked_add_days(Days::new(u64::from(BOOKABLE_DAYS) - 1)).unwrap_or(today);
    let before = feed_event::Entity::find().filter(feed_event::Column::FeedId.eq(feed.id)).all(&**tx).await?;
    let standing = find::reasons(&**tx, &[listing.id], today, last, now).await?;
    let nights_of = |wanted: fn(Kind) -> bool| {
        standing
            .iter()
            .filter(|reason| wanted(reason.kind))
            .map(|reason| reason.night)
            .collect::<BTreeSet<_>>()
    };
    let imported = reasons::of(tx, listing.id, Kind::Import, feed.id.0).await?;

    let (told, stays) = (nights_of(|kind| kind != Kind::Import), nights_of(|kind| kind == Kind::Stay));
    let facts = Facts {
        suffix: export::suffix(listing.id),
        today,
        last,
        told: &told,
        synced_on: feed.synced_on,
        before: &before,
    };
    let judged = match judge(&facts, reading) {
        Ok(judged) => judged,
        Err(too_much) => return Ok(Err(too_much)),
    };
    let wanted: BTreeSet<_> = taken(&facts, &judged).difference(&stays).copied().collect();
    // What has passed is left alone: nobody books it.
    let vanished: Vec<_> = imported.difference(&wanted).copied().filter(|night| *night >= today).collect();
    let fresh: Vec<_> = wanted.difference(&imported).copied().collect();

    replace(tx, feed, &before, judged).await?;
    reasons::remove(tx, listing.id, &vanished, Kind::Import, feed.id.0).await?;
    reasons::add(tx, listing.id, &fresh, Kind::Import, feed.id.0).await?;
    Ok(Ok(()))
}

/// Deletes the events that are gone and stores those that are new.
async fn replace(
    tx: &Tx,
    feed: &calendar_feed::Model,
    before: &[feed_event::Model],
    judged: Vec<Judged>,
) -> Result<(), DbErr> {
    let mut gone: HashMap<Judged, FeedEventId> =
        before.iter().map(|row| (Judged::from(row), row.id)).collect();
    let fresh: Vec<Judged> = judged.into_iter().filter(|one| gone.remove(one).is_none()).collect();

    let gone: Vec<FeedEventId> = gone.into_values().collect();
    for some in gone.chunks(AT_ONCE) {
        let these = feed_event::Column::Id.is_in(some.iter().copied());
        feed_event::Entity::delete_many().filter(these).exec(&**tx).await?;
    }
    for some in fresh.chunks(AT_ONCE) {
        let rows = some.iter().map(|one| feed_event::ActiveModel {
            id: Set(FeedEventId::new()),
            feed_id: Set(feed.id),
            listing_id: Set(feed.listing_id),
            uid: Set(one.uid.clone()),
            first_night: Set(one.first),
            last_night: Set(one.last),
            kind: Set(one.kind),
            summary: Set(one.summary.clone()),
        });
        feed_event::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

impl From<&feed_event::Model> for Judged {
    fn from(row: &feed_event::Model) -> Self {
        Self {
            first: row.first_night,
            last: row.last_night,
            uid: row.uid.clone(),
            summary: row.summary.clone(),
            kind: row.kind,
        }
    }
}
