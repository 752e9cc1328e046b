//! A feed is due: it is fetched, read and taken in, and comes back in an hour. What is wrong with it is data for its
//! host, and frees no night; no transaction is open while another site takes its time.

use std::sync::Arc;

use anyhow::Context;
use chrono::{Days, TimeDelta};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use url::Url;

use super::{
    apply::apply,
    calendar_feed::{self, Problem},
    fetch_at,
};
use crate::{
    app::App,
    calendar::ical::{self, Reading, nights::Place},
    db::Tx,
    kernel::{Fault, FeedId, Never, clock::Instant, stay::BOOKABLE_DAYS, zone},
    listings::{
        self,
        listing::{self, Status},
    },
    ports::FeedError,
};

/// When to come again while others are being fetched.
const WHEN_BUSY: TimeDelta = TimeDelta::seconds(5);

/// The longest that a feed which can't be taken in is left alone.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(1);

/// What came of fetching and reading.
type Found = Result<Arc<Reading>, Trouble>;

/// What was wrong, and what the site answered, where that was it.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    problem: Problem,
    answered: Option<u16>,
}

/// Takes in a feed that is due.
pub async fn sync(app: &App, id: FeedId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let feed = calendar_feed::Entity::find_by_id(id).one(app.db.read()).await?.ok_or(Fault::Missing)?;
    if feed.due_at > now {
        return Ok(());
    }
    let Some(place) = app.feeds.place() else {
        return app.db.write(|tx| async move { Ok(fetch_at(&tx, id, now + WHEN_BUSY).await?) }).await;
    };
    let listing =
        listings::find::any(app.db.read(), &[feed.listing_id]).await?.pop().ok_or(Fault::Missing)?;
    if listing.status == Status::Archived {
        return Ok(());
    }
    let found = fetch(app, &feed, &listing, now).await?;
    drop(place);

    let minutes = app.settings.feeds.feed_minutes;
    app.db
        .write(|tx| {
            let (feed, found) = (feed.clone(), found.clone());
            async move { write(&tx, &feed, found, minutes, now).await }
        })
        .await
}

/// Asks for all feeds whose time has passed: for a server that starts after nobody has worked for long.
pub async fn arm(tx: &Tx, now: Instant) -> Result<(), sea_orm::DbErr> {
    let overdue =
        calendar_feed::Entity::find().filter(calendar_feed::Column::DueAt.lt(now)).all(&**tx).await?;
    for feed in overdue {
        fetch_at(tx, feed.id, feed.due_at).await?;
    }
    Ok(())
}

async fn fetch(
    app: &App,
    feed: &calendar_feed::Model,
    listing: &listing::Model,
    now: Instant,
) -> anyhow::Result<Found> {
    let url = Url::parse(&feed.url).context("the address of a feed is none")?;
    let bytes = match app.feeds.fetch(&url).await {
        Ok(bytes) => bytes,
        Err(error) => {
            let answered = if let FeedError::Status(status) = error { Some(status) } else { None };
            return Ok(Err(Trouble { problem: error.into(), answered }));
        }
    };
    let place = Place { zone: listing.zone(), check_in: listing.check_in_time };
    let today = zone::local_date(now, place.zone);
    let last = today.checked_add_days(Days::new(BOOKABLE_DAYS.into())).unwrap_or(today);
    let read = tokio::task::spawn_blocking(move || ical::read(&bytes, place, today, last)).await?;
    Ok(read.map(Arc::new).map_err(Trouble::from))
}

/// Writes down what was found, unless the feed was removed or somebody else has taken it in meanwhile. The feeds of a
/// listing that is gone for good sleep.
async fn write(
    tx: &Tx,
    feed: &calendar_feed::Model,
    found: Found,
    minutes: u32,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let listing = listings::find::for_change(tx, feed.listing_id).await?.ok_or(Fault::Missing)?;
    let current = calendar_feed::Entity::find_by_id(feed.id).one(&**tx).await?.ok_or(Fault::Missing)?;
    if current.due_at != feed.due_at || listing.status == Status::Archived {
        return Ok(());
    }
    let found = match found {
        Ok(reading) => {
            let applied = apply(tx, &listing, &current, &reading, now).await?;
            applied.map(|()| reading.skipped).map_err(Trouble::from)
        }
        Err(trouble) => Err(trouble),
    };

    let mut change = calendar_feed::ActiveModel { checked_at: Set(Some(now)), ..Default::default() };
    let failures = match found {
        Ok(skipped) => {
            change.synced_at = Set(Some(now));
            change.synced_on = Set(Some(zone::local_date(now, listing.zone())));
            change.skipped = Set(i32::try_from(skipped).unwrap_or(i32::MAX));
            0
        }
        Err(_) => current.failures.saturating_add(1),
    };
    let due_at = now + wait(minutes, failures);
    change.failures = Set(failures);
    change.problem = Set(found.err().map(|trouble| trouble.problem));
    change.answered = Set(found.err().and_then(|trouble| trouble.answered).map(i32::from));
    change.due_at = Set(due_at);
    let this = calendar_feed::Column::Id.eq(feed.id);
    calendar_feed::Entity::update_many().set(change).filter(this).exec(&**tx).await?;
    Ok(fetch_at(tx, feed.id, due_at).await?)
}

/// A feed that can't be taken in is tried ever more rarely, down to once a day.
fn wait(minutes: u32, failures: i32) -> TimeDelta {
    let usual = TimeDelta::minutes(minutes.max(1).into());
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(10);
    (usual * (1 << doublings)).min(LONGEST_WAIT.max(usual))
}

impl From<ical::NotRead> for Trouble {
    fn from(error: ical::NotRead) -> Self {
        Self { problem: error.into(), answered: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_ever_more_rarely() {
        let minutes = |failures| wait(60, failures).num_minutes();
        assert_eq!([0, 1, 2, 3, 6, 100].map(minutes), [60, 60, 120, 240, 1440, 1440]);
        assert_eq!(wait(0, 0).num_minutes(), 1);
        assert_eq!(wait(u32::MAX, 100).num_minutes(), i64::from(u32::MAX));
    }
}
