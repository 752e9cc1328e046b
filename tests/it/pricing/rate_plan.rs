//! The cheaper rate that gives nothing back: offered by the host, chosen for a quote, kept by the booking.

use chrono::{Days, NaiveDate, TimeDelta};
use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, only_error, people::in_days},
};

const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) {
    quote { id ratePlan total { amount } price { lines { kind amount { amount } } } } errors { code path } } }";
const PRICE: &str = "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) {
    pricing { nonRefundable } errors { code path } } }";

async fn quote(guest: &Person, listing: &str, check_in: NaiveDate, plan: &str) -> Value {
    let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(2) });
    let input = json!({ "listingId": listing, "stay": stay, "party": { "adults": 2 }, "ratePlan": plan });
    guest.attempt(QUOTE, input).await
}

both! {
    async fn a_non_refundable_rate_is_a_tenth_cheaper_and_gives_no_night_back(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let check_in = in_days(world, 30);

        // The host's choice: until then, there is no such rate.
        let refused = quote(&guest, &listing, check_in, "NON_REFUNDABLE").await;
        assert_eq!(only_error(&refused), "RATE_PLAN_NOT_OFFERED");
        assert_eq!(refused["errors"][0]["path"], json!(["ratePlan"]));
        let set = json!({ "listingId": listing, "nonRefundable": true, "cleaningFee": { "amount": "40.00", "currencyCode": "EUR" } });
        assert_eq!(host.done(PRICE, set).await["pricing"]["nonRefundable"], true);
        let shown = world.stranger().get(
            "query($id: ID!, $stay: StayInput!) { listing(by: { id: $id }) { ratePlans
               standard: quote(stay: $stay, party: {}) { total { amount } }
               firm: quote(stay: $stay, party: {}, ratePlan: NON_REFUNDABLE) { total { amount } } } }",
            json!({ "id": listing, "stay": { "checkIn": check_in, "checkOut": check_in + Days::new(2) } })).await;
        assert_eq!(shown["ratePlans"], json!(["STANDARD", "NON_REFUNDABLE"]));
        // 240.00 and 220.00, and 12 % of them.
        assert_eq!(shown["standard"]["total"]["amount"], "268.80");
        assert_eq!(shown["firm"]["total"]["amount"], "246.40");

        let quoted = quote(&guest, &listing, check_in, "NON_REFUNDABLE").await;
        assert_eq!(quoted["quote"]["ratePlan"], "NON_REFUNDABLE");
        let line = |kind: &str, amount: &str| json!({ "kind": kind, "amount": { "amount": amount } });
        assert_eq!(quoted["quote"]["price"]["lines"], json!([
            line("NIGHTS", "200.00"), line("NON_REFUNDABLE_DISCOUNT", "-20.00"), line("CLEANING", "40.00"),
            line("SERVICE_FEE", "26.40"),
        ]));

        // A quote that was too old comes anew at the same rate; what the host takes back later changes neither.
        world.advance(TimeDelta::minutes(16)).await;
        let late = guest.book(quoted["quote"]["id"].as_str().unwrap(), "late").await;
        assert_eq!(only_error(&late), "QUOTE_EXPIRED");
        let fresh = late["errors"][0]["quote"]["id"].as_str().unwrap();
        host.done(PRICE, json!({ "listingId": listing, "nonRefundable": false })).await;
        let booked = guest.book(fresh, "in time").await;
        assert_eq!(booked["booking"]["total"]["amount"], "246.40");
        guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
        world.settle().await;

        // FLEXIBLE would give all nights back; the rate does not, but for the day of grace. Cleaning comes back, of
        // the fee nothing.
        let id = booked["booking"]["id"].as_str().unwrap();
        let seen = guest.get("query($id: ID!) { booking(by: { id: $id }) { ratePlan cancellationPolicy } }", json!({ "id": id })).await;
        assert_eq!(seen, json!({ "ratePlan": "NON_REFUNDABLE", "cancellationPolicy": "FLEXIBLE" }));
        let preview = guest.booking(id).await["refundPreview"].clone();
        assert_eq!(preview, json!({ "rule": "GRACE", "total": { "amount": "246.40" } }));
        world.advance(TimeDelta::hours(25)).await;
        let preview = guest.booking(id).await["refundPreview"].clone();
        assert_eq!(preview, json!({ "rule": "NON_REFUNDABLE", "total": { "amount": "40.00" } }));
        guest.cancel(id, "rain").await;
        world.settle().await;
        assert_eq!(guest.booking(id).await["payment"]["refunded"]["amount"], "40.00");
    }
}
