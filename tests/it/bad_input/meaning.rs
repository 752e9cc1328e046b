//! Well-formed inputs that make no sense, or no longer: each is refused in the payload, with its code and its field.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, only_error, people::in_days},
};

const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) { quote { id } errors { code path } } }";
const CALENDAR: &str = "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { rules { minNights } errors { code path nights } } }";
const PRICING: &str = "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { pricing { nightly { amount } } errors { code path } } }";

/// Sends an input that must be refused by one error with this code at this path.
async fn refused(who: &Person, mutation: &str, input: Value, code: &str, path: &[&str]) {
    let payload = who.attempt(mutation, input.clone()).await;
    assert_eq!(only_error(&payload), code, "{input}: {payload}");
    assert_eq!(payload["errors"][0]["path"], json!(path), "{input}");
}

both! {
    async fn stays_that_cannot_be(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Greta").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let day = |n: i64| (world.now().date_naive() + TimeDelta::days(n)).to_string();
        let ask = |from: i64, to: i64| {
            json!({ "listingId": listing, "stay": { "checkIn": day(from), "checkOut": day(to) }, "party": { "adults": 2 } })
        };
        for (from, to, code) in [
            (-3, -1, "NOT_AVAILABLE"),
            (10, 10, "INVALID_STAY"),
            (12, 10, "INVALID_STAY"),
            (10, 376, "INVALID_STAY"),
            (800, 803, "NOT_AVAILABLE"),
            (250_000, 250_002, "NOT_AVAILABLE"),
        ] {
            refused(&guest, QUOTE, ask(from, to), code, &["stay"]).await;
        }
        for (party, code) in [
            (json!({ "adults": 0, "children": 2 }), "INVALID_PARTY"),
            (json!({ "adults": -1 }), "INVALID_PARTY"),
            (json!({ "adults": 1, "pets": 51 }), "INVALID_PARTY"),
            (json!({ "adults": 5 }), "NOT_AVAILABLE"),
        ] {
            let input = json!({ "listingId": listing, "stay": { "checkIn": day(10), "checkOut": day(12) }, "party": party });
            refused(&guest, QUOTE, input, code, &["party"]).await;
        }
        refused(&host, QUOTE, ask(10, 12), "OWN_LISTING", &["listingId"]).await;
        // Every reason at once.
        let both = json!({ "listingId": listing, "stay": { "checkIn": day(-3), "checkOut": day(-1) }, "party": { "adults": 9 } });
        let payload = guest.attempt(QUOTE, both).await;
        assert_eq!(payload["errors"].as_array().unwrap().len(), 2, "{payload}");
    }
}

both! {
    async fn calendars_and_prices_that_cannot_be(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Greta").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let day = |n: u64| in_days(world, n).to_string();
        let range = |first: u64, last: u64| json!({ "first": day(first), "last": day(last) });
        guest.confirmed(world, &listing, in_days(world, 20), 2).await;
        for (change, code, path) in [
            (json!({ "block": [range(12, 10)] }), "INVALID_RANGE", "block"),
            (json!({ "open": [range(12, 10)] }), "INVALID_RANGE", "open"),
            (json!({ "block": [{ "first": "2001-01-01", "last": "2001-01-02" }] }), "INVALID_RANGE", "block"),
            (json!({ "block": [range(10, 5_000)] }), "INVALID_RANGE", "block"),
            (json!({ "block": [range(10, 11), range(19, 21)] }), "BOOKED_NIGHTS", "block"),
            (json!({ "minNights": 0 }), "OUT_OF_RANGE", "minNights"),
            (json!({ "minNights": 366 }), "OUT_OF_RANGE", "minNights"),
            (json!({ "maxNights": 366 }), "OUT_OF_RANGE", "maxNights"),
            (json!({ "minNights": 9, "maxNights": 3 }), "OUT_OF_RANGE", "maxNights"),
            (json!({ "noticeDays": 31 }), "OUT_OF_RANGE", "noticeDays"),
            (json!({ "windowMonths": 25 }), "OUT_OF_RANGE", "windowMonths"),
        ] {
            let mut input = change;
            input["listingId"] = json!(listing);
            refused(&host, CALENDAR, input, code, &[path]).await;
        }
        let nights = host.get("query($id: ID!, $from: Date!, $to: Date!) { listing(by: { id: $id }) { calendar(from: $from, to: $to) { isAvailable } } }",
            json!({ "id": listing, "from": day(10), "to": day(11) })).await;
        assert_eq!(nights["calendar"], json!([{ "isAvailable": true }, { "isAvailable": true }]), "half of it was done");

        let euro = |amount: &str| json!({ "amount": amount, "currencyCode": "EUR" });
        let dollars = json!({ "amount": "10.00", "currencyCode": "USD" });
        let price = |first: u64, last: u64, nightly: Value| json!({ "firstNight": day(first), "lastNight": day(last), "nightly": nightly });
        for (change, code, path) in [
            (json!({ "nightly": dollars }), "INVALID_AMOUNT", "nightly"),
            (json!({ "nightly": euro("-1.00") }), "INVALID_AMOUNT", "nightly"),
            (json!({ "nightly": euro("0.00") }), "NIGHTLY_PRICE_MISSING", "nightly"),
            (json!({ "cleaningFee": dollars }), "INVALID_AMOUNT", "cleaningFee"),
            (json!({ "weekend": dollars }), "INVALID_AMOUNT", "weekend"),
            (json!({ "petFee": euro("-0.01") }), "INVALID_AMOUNT", "petFee"),
            (json!({ "guestsIncluded": 0 }), "OUT_OF_RANGE", "guestsIncluded"),
            (json!({ "weeklyDiscount": 9_001 }), "OUT_OF_RANGE", "weeklyDiscount"),
            (json!({ "monthlyDiscount": -1 }), "OUT_OF_RANGE", "monthlyDiscount"),
            (json!({ "overrides": [price(12, 10, euro("10.00"))] }), "INVALID_RANGE", "overrides"),
            (json!({ "overrides": [price(10, 12, euro("0.00"))] }), "INVALID_AMOUNT", "overrides"),
            (json!({ "overrides": [price(10, 12, euro("10.00")), price(12, 14, euro("20.00"))] }), "OVERLAPPING_RANGES", "overrides"),
            (json!({ "overrides": [price(10, 20, euro("10.00")), price(12, 14, euro("20.00"))] }), "OVERLAPPING_RANGES", "overrides"),
            (json!({ "overrides": [price(10, 12, euro("10.00")), price(10, 12, euro("10.00"))] }), "OVERLAPPING_RANGES", "overrides"),
            (json!({ "overrides": [price(10, 10, euro("10.00")), price(10, 10, euro("20.00"))] }), "OVERLAPPING_RANGES", "overrides"),
        ] {
            let mut input = change;
            input["listingId"] = json!(listing);
            refused(&host, PRICING, input, code, &[path]).await;
        }
        for (amount, currency) in [("100.001", "EUR"), ("1.5", "JPY"), ("99999999999999999", "EUR")] {
            let input = json!({ "listingId": listing, "nightly": { "amount": amount, "currencyCode": currency } });
            assert_eq!(host.refused(PRICING, json!({ "input": input })).await, "BAD_USER_INPUT", "{amount} {currency}");
        }
        let nightly = host.get("query($id: ID!) { listing(by: { id: $id }) { pricing { nightly { amount } } } }", json!({ "id": listing })).await;
        assert_eq!(nightly["pricing"]["nightly"]["amount"], "100.00");
    }
}

both! {
    async fn what_came_too_late_or_twice(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Greta").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let quote = |payload: Value| payload["quote"]["id"].as_str().unwrap().to_owned();

        // A stale quote comes with a new one for the same stay.
        let stale = quote(guest.quote(&listing, in_days(world, 10), 2).await);
        world.advance(TimeDelta::minutes(16)).await;
        let late = guest.book(&stale, "late").await;
        assert_eq!(only_error(&late), "QUOTE_EXPIRED");
        assert_eq!(late["booking"], json!(null));
        let fresh = late["errors"][0]["quote"]["id"].as_str().expect("a new quote").to_owned();
        assert_ne!(fresh, stale);

        // A second click is the same booking; the same key for something else is refused.
        let booked = guest.book(&fresh, "once").await;
        assert_eq!(booked["errors"], json!([]));
        assert_eq!(guest.book(&fresh, "once").await["booking"]["id"], booked["booking"]["id"]);
        let another = quote(guest.quote(&listing, in_days(world, 20), 2).await);
        assert_eq!(only_error(&guest.book(&another, "once").await), "IDEMPOTENCY_CONFLICT");
        assert_eq!(only_error(&guest.book(&fresh, "twice").await), "QUOTE_USED");
        for key in [String::new(), "k".repeat(256), "zero\u{0}".into()] {
            assert_eq!(only_error(&guest.book(&another, &key).await), "IDEMPOTENCY_KEY_INVALID", "{key:?}");
        }

        // Taken meanwhile by somebody else: which nights, and what instead.
        let rival = world.guest("Rita").await;
        let mine = quote(guest.quote(&listing, in_days(world, 30), 3).await);
        rival.hold(&listing, in_days(world, 31), 1).await;
        let taken = guest.book(&mine, "taken").await;
        assert_eq!(only_error(&taken), "NIGHTS_TAKEN");
        assert_eq!(taken["errors"][0]["nights"], json!([in_days(world, 31)]));
        assert!(!taken["errors"][0]["alternatives"].as_array().unwrap().is_empty());

        // Too many unpaid at once.
        for n in 0..4 {
            guest.hold(&listing, in_days(world, 40 + 5 * n), 2).await;
        }
        let sixth = quote(guest.quote(&listing, in_days(world, 70), 2).await);
        assert_eq!(only_error(&guest.book(&sixth, "sixth").await), "TOO_MANY_HOLDS");

        // A clock that would run backward, or too far.
        let clock = "mutation($input: AdvanceClockInput!) { advanceClock(input: $input) { now errors { code path } } }";
        for to in ["2001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            refused(&guest, clock, json!({ "to": to }), "INVALID_TIME", &["to"]).await;
        }
    }
}
