//! What can be booked when: rules, preparation, and the promise that a yes is kept.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::support::{Client, Person};

mod live;
mod preparation;
mod promise;
mod race;
mod rules;
mod sold;
mod statements;

/// `updateCalendar`.
const UPDATE: &str = "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) {
    rules { minNights } errors { code message path nights } } }";

/// Changes a calendar and returns the payload.
async fn change(host: &Person, listing: &str, mut what: Value) -> Value {
    what["listingId"] = json!(listing);
    host.attempt(UPDATE, what).await
}

/// Changes a calendar, which must succeed.
async fn set(host: &Person, listing: &str, what: Value) {
    let payload = change(host, listing, what.clone()).await;
    assert_eq!(payload["errors"], json!([]), "{what}");
}

/// What availability says of a stay of two.
async fn availability(client: &Client, listing: &str, check_in: NaiveDate, nights: u64) -> Value {
    let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(nights) });
    let listing = client
        .get(
            "query($id: ID!, $stay: StayInput!) { listing(by: { id: $id }) {
               availability(stay: $stay, party: { adults: 2 }) {
                 isAvailable violations { code message limit date amount { amount currencyCode } hour weekday nights }
                 alternatives { checkIn checkOut } } } }",
            json!({ "id": listing, "stay": stay }),
        )
        .await;
    listing["availability"].clone()
}

/// The codes of the rules that a stay breaks.
async fn broken(client: &Client, listing: &str, check_in: NaiveDate, nights: u64) -> Vec<String> {
    let answer = availability(client, listing, check_in, nights).await;
    let codes = answer["violations"].as_array().unwrap().iter();
    codes.map(|violation| violation["code"].as_str().unwrap().to_owned()).collect()
}

/// The nights of a calendar that are not for sale, each with its reasons as the host reads them.
async fn reasons(
    host: &Person,
    listing: &str,
    from: NaiveDate,
    to: NaiveDate,
) -> Vec<(NaiveDate, Vec<String>)> {
    let listing = host
        .get(
            "query($id: ID!, $from: Date!, $to: Date!) { listing(by: { id: $id }) {
               calendar(from: $from, to: $to) { date isAvailable reasons { kind booking { id } } } } }",
            json!({ "id": listing, "from": from, "to": to }),
        )
        .await;
    let nights = listing["calendar"].as_array().unwrap().iter();
    nights
        .filter_map(|night| {
            let mut kinds: Vec<String> = night["reasons"].as_array().unwrap().iter().map(kind).collect();
            kinds.sort_unstable();
            assert_eq!(night["isAvailable"], json!(kinds.is_empty()), "{night}");
            (!kinds.is_empty()).then(|| (night["date"].as_str().unwrap().parse().unwrap(), kinds))
        })
        .collect()
}

fn kind(reason: &Value) -> String {
    let kind = reason["kind"].as_str().unwrap();
    assert_eq!(reason["booking"].is_null(), matches!(kind, "BLOCK" | "IMPORT"), "{reason}");
    kind.to_owned()
}

/// The first such weekday that is so many days away at least.
fn weekday(from: NaiveDate, weekday: chrono::Weekday) -> NaiveDate {
    use chrono::Datelike;
    from.iter_days().find(|day| day.weekday() == weekday).unwrap()
}
