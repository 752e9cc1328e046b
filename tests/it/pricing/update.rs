//! What a host sets: ranges that contradict each other, and amounts that nobody could charge.

use chrono::Days;
use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, only_error, people::in_days},
};

const PRICE: &str = "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) {
    pricing { nightly { amount } overrides { firstNight lastNight nightly { amount } } }
    errors { code message path ranges { first last } } } }";

fn euro(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "EUR" })
}

both! {
    async fn overlapping_ranges_are_refused_and_both_are_named(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let range = |first: u64, last: u64| json!({
            "firstNight": in_days(world, first), "lastNight": in_days(world, last), "nightly": euro("150.00") });

        // A single date lies in a range, and ranges may touch.
        let good = json!([range(10, 20), range(15, 15), range(21, 22), range(10, 10)]);
        let set = host.done(PRICE, json!({ "listingId": listing, "overrides": good })).await;
        assert_eq!(set["pricing"]["overrides"].as_array().unwrap().len(), 4);

        let refused = host.attempt(PRICE, json!({ "listingId": listing, "overrides": [range(30, 40), range(50, 51), range(35, 45)] })).await;
        assert_eq!(only_error(&refused), "OVERLAPPING_RANGES");
        let named = |first: u64, last: u64| json!({ "first": in_days(world, first), "last": in_days(world, last) });
        assert_eq!(refused["errors"][0]["ranges"], json!([named(30, 40), named(35, 45)]));
        assert_eq!(refused["errors"][0]["path"], json!(["overrides"]));
        let seen = host.get("query($id: ID!) { listing(by: { id: $id }) { pricing { overrides { firstNight } } } }", json!({ "id": listing })).await;
        assert_eq!(seen["pricing"]["overrides"].as_array().unwrap().len(), 4, "nothing was lost");
    }
}

both! {
    async fn a_listing_has_250_ranges_at_most(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let days = |count: u64| -> Vec<Value> {
            let day = |n| json!({ "firstNight": in_days(world, n), "lastNight": in_days(world, n), "nightly": euro("150.00") });
            (1..=count).map(day).collect()
        };
        let set = host.done(PRICE, json!({ "listingId": listing, "overrides": days(250) })).await;
        assert_eq!(set["pricing"]["overrides"].as_array().unwrap().len(), 250);
        let (_, answer) = host.send(PRICE, json!({ "input": { "listingId": listing, "overrides": days(251) } })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains("overrides"), "{answer}");
    }
}

both! {
    async fn amounts_that_cannot_be_charged(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;

        // The most is taken, a cent more is not, nor what fits no number.
        let set = host.done(PRICE, json!({ "listingId": listing, "nightly": euro("100000.00") })).await;
        assert_eq!(set["pricing"]["nightly"]["amount"], "100000.00");
        for field in ["nightly", "weekend", "cleaningFee", "extraGuestFee", "petFee"] {
            let mut input = json!({ "listingId": listing });
            input[field] = euro("100000.01");
            let refused = host.attempt(PRICE, input).await;
            assert_eq!(only_error(&refused), "INVALID_AMOUNT");
            assert_eq!(refused["errors"][0]["path"], json!([field]));
        }
        let huge = json!({ "listingId": listing, "nightly": euro("99999999999999999.99") });
        assert_eq!(host.refused(PRICE, json!({ "input": huge })).await, "BAD_USER_INPUT");

        // Eight nights of it are 896,000.00 with the fee, nine are more than can be charged.
        let check_in = in_days(world, 20);
        let quoted = guest.quote(&listing, check_in, 8).await;
        assert_eq!(quoted["quote"]["total"]["amount"], "896000.00");
        assert_eq!(only_error(&guest.quote(&listing, check_in, 9).await), "NOT_FOR_SALE");
        // The price is shown all the same, and a year of it breaks nothing.
        let shown = guest.get(
            "query($id: ID!, $stay: StayInput!) { listing(by: { id: $id }) { quote(stay: $stay, party: {}) { total { amount } } } }",
            json!({ "id": listing, "stay": { "checkIn": check_in, "checkOut": check_in + Days::new(365) } })).await;
        assert_eq!(shown["quote"]["total"]["amount"], "40880000.00");

        // Nor less than the smallest charge: 0.40 and 12 % are 0.45.
        host.done(PRICE, json!({ "listingId": listing, "nightly": euro("0.40") })).await;
        let refused = guest.quote(&listing, check_in, 1).await;
        assert_eq!(only_error(&refused), "NOT_FOR_SALE");
        assert_eq!(refused["errors"][0]["path"], json!(["listingId"]));
        assert_eq!(guest.quote(&listing, check_in, 2).await["quote"]["total"]["amount"], "0.90");
    }
}
