//! The price of a stay, from what a host and the operator set to what everybody gets in the end.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    kernel::{BookingId, ListingId, QuoteId},
    ledger::{entry, transaction},
    pricing::quote,
};

use crate::{
    both,
    support::{ListingAsk, Person, World, only_error, people::in_days},
};

const PRICE: &str =
    "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code message } } }";
const TAXES: &str =
    "mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code message } } }";
const SHOWN: &str = "query($id: ID!, $stay: StayInput!, $party: PartyInput!) { listing(by: { id: $id }) {
    quote(stay: $stay, party: $party) { nightly { amount } lines { kind amount { amount } } total { amount } } } }";

fn euro(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "EUR" })
}

/// The price of a stay as anybody sees it.
async fn shown(world: &World, listing: &str, check_in: NaiveDate, nights: u64, party: Value) -> Value {
    let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(nights) });
    let seen = world.stranger().get(SHOWN, json!({ "id": listing, "stay": stay, "party": party })).await;
    seen["quote"].clone()
}

fn lines(quote: &Value) -> BTreeMap<&str, &str> {
    let lines = quote["lines"].as_array().unwrap();
    lines
        .iter()
        .map(|line| (line["kind"].as_str().unwrap(), line["amount"]["amount"].as_str().unwrap()))
        .collect()
}

fn nightly(quote: &Value) -> Vec<&str> {
    quote["nightly"].as_array().unwrap().iter().map(|night| night["amount"].as_str().unwrap()).collect()
}

both! {
    async fn the_most_specific_price_wins(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let soon = in_days(world, 20).iter_days().find(|day| day.weekday() == Weekday::Thu).unwrap();
        let thursday = |week: u64| soon + Days::new(7 * week);
        let range = |first: NaiveDate, last: NaiveDate, amount: &str| json!({ "firstNight": first, "lastNight": last, "nightly": euro(amount) });
        let day = |week: u64, n: u64| thursday(week) + Days::new(n);
        host.done(PRICE, json!({ "listingId": listing, "weekend": euro("130.00"), "overrides": [
            range(day(1, 1), day(1, 3), "150.00"), range(day(1, 2), day(1, 2), "200.00"), range(day(2, 2), day(2, 2), "90.00"),
        ] })).await;

        // Thursday, Friday, Saturday, Sunday: the weekend are the nights of Friday and Saturday.
        let plain = shown(world, &listing, thursday(0), 4, json!({})).await;
        assert_eq!(nightly(&plain), ["100.00", "130.00", "130.00", "100.00"]);
        // A range beats the weekend, a single date the range.
        let ranged = shown(world, &listing, thursday(1), 4, json!({})).await;
        assert_eq!(nightly(&ranged), ["100.00", "150.00", "200.00", "150.00"]);
        // A single date beats the weekend, also downwards.
        let single = shown(world, &listing, thursday(2), 4, json!({})).await;
        assert_eq!(nightly(&single), ["100.00", "130.00", "90.00", "100.00"]);
        assert_eq!(lines(&single)["NIGHTS"], "420.00");
        // Without a weekend price, the nightly one holds.
        host.done(PRICE, json!({ "listingId": listing, "weekend": null })).await;
        let without = shown(world, &listing, thursday(0), 4, json!({})).await;
        assert_eq!(nightly(&without), ["100.00"; 4]);
    }
}

both! {
    async fn length_discounts_begin_at_7_and_28_nights(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        host.done(PRICE, json!({ "listingId": listing, "weeklyDiscount": 1_000, "monthlyDiscount": 2_000 })).await;
        for (nights, off) in [(6, None), (7, Some("-70.00")), (27, Some("-270.00")), (28, Some("-560.00"))] {
            let quote = shown(world, &listing, in_days(world, 20), nights, json!({})).await;
            assert_eq!(lines(&quote).get("LENGTH_DISCOUNT").copied(), off, "{nights}");
        }
        // The larger one only, whichever it is.
        host.done(PRICE, json!({ "listingId": listing, "weeklyDiscount": 3_000 })).await;
        let quote = shown(world, &listing, in_days(world, 20), 28, json!({})).await;
        assert_eq!(lines(&quote)["LENGTH_DISCOUNT"], "-840.00");
    }
}

both! {
    async fn guests_cleaning_and_pets_are_lines(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        host.done(PRICE, json!({ "listingId": listing, "guestsIncluded": 2, "extraGuestFee": euro("10.00"),
            "cleaningFee": euro("40.00"), "petFee": euro("25.00") })).await;
        // One guest more than two for two nights, infants don't count, and two pets cost as much as one.
        let party = json!({ "adults": 2, "children": 1, "infants": 2, "pets": 2 });
        let quote = shown(world, &listing, in_days(world, 20), 2, party).await;
        assert_eq!(lines(&quote), BTreeMap::from([
            ("NIGHTS", "200.00"), ("EXTRA_GUESTS", "20.00"), ("CLEANING", "40.00"), ("PETS", "25.00"), ("SERVICE_FEE", "34.20"),
        ]));
        assert_eq!(quote["total"]["amount"], "319.20");
        let two = shown(world, &listing, in_days(world, 20), 2, json!({ "adults": 2 })).await;
        assert_eq!(lines(&two), BTreeMap::from([("NIGHTS", "200.00"), ("CLEANING", "40.00"), ("SERVICE_FEE", "28.80")]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_sets_the_fees() {
    let world = World::with_flags(&["--guest-fee=1550", "--host-fee=500"]).await;
    let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
    let quote = shown(&world, &listing, in_days(&world, 20), 1, json!({})).await;
    assert_eq!(lines(&quote)["SERVICE_FEE"], "15.50");
    let guest = world.guest("Gustavo").await;
    let booking = guest.confirmed(&world, &listing, in_days(&world, 20), 1).await;
    world.advance(TimeDelta::days(25)).await;
    assert_eq!(recognised(&world, &booking).await, (9_500, 2_050, 0));
    world.finish().await;
}

both! {
    async fn a_quote_is_kept_for_fifteen_minutes(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let early = guest.quoted(&listing, in_days(world, 20), 2).await;
        let late = guest.quoted(&listing, in_days(world, 30), 2).await;
        let row = quote::Entity::find_by_id(late.parse::<QuoteId>().unwrap()).one(world.app.db.read()).await;
        let row = row.unwrap().unwrap();
        assert_eq!(row.expires_at - row.created_at, TimeDelta::minutes(15));
        assert_eq!(row.listing_id, listing.parse::<ListingId>().unwrap());

        // Whatever the host changes meanwhile, it charges what it said.
        host.done(PRICE, json!({ "listingId": listing, "nightly": euro("150.00"), "cleaningFee": euro("99.00") })).await;
        world.advance_to(row.expires_at - TimeDelta::minutes(2)).await;
        let booked = guest.book(&early, "early").await;
        assert_eq!(booked["errors"], json!([]));
        assert_eq!(booked["booking"]["total"]["amount"], "224.00");
        assert_eq!(booked["payment"]["amount"]["amount"], "224.00");

        // From its end on it buys nothing, and comes anew with what the place costs now: 399.00 and 12 %.
        world.advance_to(row.expires_at).await;
        let refused = guest.book(&late, "late").await;
        assert_eq!(only_error(&refused), "QUOTE_EXPIRED");
        let fresh = refused["errors"][0]["quote"]["id"].as_str().unwrap();
        let booked = guest.book(fresh, "fresh").await;
        assert_eq!(booked["booking"]["total"]["amount"], "446.88");

        // A week later what nobody booked is forgotten, and what is booked is not.
        world.advance(TimeDelta::days(9)).await;
        assert_eq!(guest.refused(crate::support::people::BOOK, json!({ "input": { "quoteId": late, "idempotencyKey": "much later" } })).await, "NOT_FOUND");
        let kept = "query($id: ID!) { node(id: $id) { ... on Quote { total { amount } } } }";
        assert_eq!(guest.get(kept, json!({ "id": early })).await["total"]["amount"], "224.00");
    }
}

/// What a booking's recognition gave the host, the platform and the tax office.
async fn recognised(world: &World, booking: &str) -> (i64, i64, i64) {
    let (db, booking) = (world.app.db.read(), booking.parse::<BookingId>().unwrap());
    let one = transaction::Entity::find()
        .filter(transaction::Column::BookingId.eq(booking))
        .filter(transaction::Column::Kind.eq("recognition"))
        .one(db);
    let one = one.await.unwrap().expect("it was recognised");
    let entries =
        entry::Entity::find().filter(entry::Column::TransactionId.eq(one.id)).all(db).await.unwrap();
    let sum = |account: &str| -> i64 {
        entries.iter().filter(|entry| entry.account.starts_with(account)).map(|entry| -entry.amount).sum()
    };
    (sum("host_payable"), sum("platform_fees"), sum("taxes_payable"))
}

async fn check_in_of(guest: &Person, booking: &str) -> DateTime<Utc> {
    let seen = guest
        .get("query($id: ID!) { booking(by: { id: $id }) { checkInAt } }", json!({ "id": booking }))
        .await;
    seen["checkInAt"].as_str().unwrap().parse().unwrap()
}

async fn back(guest: &Person, booking: &str) -> Value {
    guest.booking(booking).await["payment"]["refunded"]["amount"].clone()
}

both! {
    async fn the_worked_examples(world: World) {
        let (host, admin) = (world.host("Hanna").await, world.admin("Ada").await);
        let guest = world.guest("Gustavo").await;

        // A: three nights of 100.00, cleaning 40.00, 5 % tax, MODERATE.
        let tax = |percent: i32, amount: &str| json!({ "taxRules": [{ "country": "PT", "percent": percent,
            "perPersonNight": { "amount": amount, "currencyCode": "JPY" } }], "reason": "An example" });
        admin.done(TAXES, tax(500, "0")).await;
        let listing = host.listing(&ListingAsk { policy: "MODERATE", ..ListingAsk::default() }).await;
        host.done(PRICE, json!({ "listingId": listing, "cleaningFee": euro("40.00") })).await;
        let quote = shown(world, &listing, in_days(world, 30), 3, json!({ "adults": 2 })).await;
        assert_eq!(lines(&quote), BTreeMap::from([
            ("NIGHTS", "300.00"), ("CLEANING", "40.00"), ("SERVICE_FEE", "40.80"), ("PERCENT_TAX", "17.00"),
        ]));
        assert_eq!(quote["total"]["amount"], "397.80");
        let called_off = guest.confirmed(world, &listing, in_days(world, 30), 3).await;
        let lived = guest.confirmed(world, &listing, in_days(world, 40), 3).await;

        // B: a week of 12,345 with 10 % off, cleaning 5,000, 200 per person and night, FIRM.
        admin.done(TAXES, tax(0, "200")).await;
        let yen = host.listing(&ListingAsk { currency: "JPY", nightly: "12345", policy: "FIRM", ..ListingAsk::default() }).await;
        host.done(PRICE, json!({ "listingId": yen, "weeklyDiscount": 1_000, "cleaningFee": { "amount": "5000", "currencyCode": "JPY" } })).await;
        let quote = shown(world, &yen, in_days(world, 60), 7, json!({ "adults": 2 })).await;
        assert_eq!(lines(&quote), BTreeMap::from([
            ("NIGHTS", "86415"), ("LENGTH_DISCOUNT", "-8642"), ("CLEANING", "5000"), ("SERVICE_FEE", "9933"), ("PERSON_NIGHT_TAX", "2800"),
        ]));
        assert_eq!(quote["total"]["amount"], "95506");
        let firm = guest.confirmed(world, &yen, in_days(world, 60), 7).await;

        // A, called off two days before: 100.00 and half of 200.00 are kept.
        world.advance_to(check_in_of(&guest, &called_off).await - TimeDelta::days(2)).await;
        guest.cancel(&called_off, "A").await;
        world.settle().await;
        assert_eq!(back(&guest, &called_off).await, "147.00");
        assert_eq!(recognised(world, &called_off).await, (19_400, 4_680, 1_000));
        // A, lived.
        world.advance_to(check_in_of(&guest, &lived).await + TimeDelta::days(4)).await;
        assert_eq!(guest.booking(&lived).await["status"], "COMPLETED");
        assert_eq!(recognised(world, &lived).await, (32_980, 5_100, 1_700));
        // B, called off ten days before: half of the nights is kept.
        world.advance_to(check_in_of(&guest, &firm).await - TimeDelta::days(10)).await;
        guest.cancel(&firm, "B").await;
        world.settle().await;
        assert_eq!(back(&guest, &firm).await, "46686");
        assert_eq!(recognised(world, &firm).await, (37_720, 11_100, 0));
    }
}
