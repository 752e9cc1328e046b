//! Calendars: other sites' that come in, our own that goes out.

mod export;
mod import;
mod hostile_feeds;

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

use crate::support::{Person, World};

/// Adds a feed and returns the payload.
async fn add(host: &Person, listing: &str, url: &str) -> Value {
    host.attempt(
        "mutation($input: AddCalendarFeedInput!) { addCalendarFeed(input: $input) {
           feed { id name url lastCheckedAt } errors { code path } } }",
        json!({ "listingId": listing, "name": "Elsewhere", "url": url }),
    )
    .await
}

/// The feeds of a listing, as its host sees them.
async fn feeds(host: &Person, listing: &str) -> Vec<Value> {
    let listing = host
        .get(
            "query($id: ID!) { listing(by: { id: $id }) { calendarFeeds {
               id name url lastCheckedAt lastSyncedAt nextCheckAt problem { code message } skippedEvents
               conflicts { summary } } } }",
            json!({ "id": listing }),
        )
        .await;
    listing["calendarFeeds"].as_array().unwrap().clone()
}

/// Has a feed fetched again, two minutes later.
async fn refreshed(world: &World, host: &Person, feed: &Value) {
    world.advance(TimeDelta::minutes(2)).await;
    host.done(
        "mutation($input: CalendarFeedIdInput!) { refreshCalendarFeed(input: $input) { feed { id } errors { code } } }",
        json!({ "feedId": feed }),
    )
    .await;
    world.settle().await;
}

/// The nights that are off sale between two dates, both included, and why: `BLOCK`, `IMPORT Elsewhere`.
async fn nights(
    host: &Person,
    listing: &str,
    from: NaiveDate,
    to: NaiveDate,
) -> Vec<(NaiveDate, Vec<String>)> {
    let listing = host
        .get(
            "query($id: ID!, $from: Date!, $to: Date!) { listing(by: { id: $id }) { calendar(from: $from, to: $to) {
               date isAvailable reasons { kind feed { name } } } } }",
            json!({ "id": listing, "from": from, "to": to }),
        )
        .await;
    let taken = listing["calendar"].as_array().unwrap().iter().filter(|night| night["isAvailable"] == false);
    let why = |reason: &Value| match reason["feed"]["name"].as_str() {
        Some(feed) => format!("{} {feed}", reason["kind"].as_str().unwrap()),
        None => reason["kind"].as_str().unwrap().to_owned(),
    };
    taken
        .map(|night| {
            let mut reasons: Vec<_> = night["reasons"].as_array().unwrap().iter().map(why).collect();
            reasons.sort();
            (night["date"].as_str().unwrap().parse().unwrap(), reasons)
        })
        .collect()
}

/// Where a listing's own calendar is.
async fn address(host: &Person, listing: &str) -> String {
    let listing = host
        .get("query($id: ID!) { listing(by: { id: $id }) { calendarExportUrl } }", json!({ "id": listing }))
        .await;
    listing["calendarExportUrl"].as_str().unwrap().to_owned()
}

/// A listing's own calendar, as other sites fetch it.
async fn calendar(world: &World, host: &Person, listing: &str) -> String {
    let url = address(host, listing).await;
    let response = world.stranger().fetch(url.strip_prefix(&world.url).unwrap()).await;
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}
