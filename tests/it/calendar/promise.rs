//! Availability says yes exactly when a booking succeeds: random calendars, random prices, random stays, each asked,
//! quoted and booked.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use sojourn::seed::chance::Chance;

use super::{availability, set};
use crate::{
    both,
    support::{ListingAsk, Person, World, only_error, people::in_days},
};

/// Calendars that are tried, and stays for each.
const CALENDARS: usize = 6;
const STAYS: u64 = 16;

/// Currencies with prices of a night: one of which some nights together can be charged, one that can always be, and one
/// of which few nights can be.
const PRICES: [(&str, [&str; 3]); 3] = [
    ("EUR", ["0.08", "100.00", "100000.00"]),
    ("JPY", ["8", "12000", "10000000"]),
    ("KWD", ["0.030", "30.000", "10000.000"]),
];

const WEEK: [&str; 7] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/// Rules of which each is there now and then, and some blocks where nobody stays.
fn random_rules(world: &World, chance: &mut Chance) -> Value {
    let (min, max) = (chance.between(1, 3), chance.between(5, 9));
    let mut rules = json!({
        "minNights": min, "maxNights": max,
        "noticeDays": *chance.pick(&[0, 0, 1, 3, 7]),
        "windowMonths": *chance.pick(&[1, 2, 12]),
        "preparationBefore": *chance.pick(&[0, 1, 2]),
        "preparationAfter": *chance.pick(&[0, 1, 2]),
    });
    let days =
        |chance: &mut Chance| -> Vec<&str> { WEEK.into_iter().filter(|_| chance.percent(10)).collect() };
    rules["closedToArrival"] = json!(days(chance));
    rules["closedToDeparture"] = json!(days(chance));
    rules["weekdayNights"] = days(chance)
        .into_iter()
        .map(|day| json!({ "weekday": day, "min": chance.between(min, 5) }))
        .collect();
    let from = chance.count(5, 30);
    let (first, last) = (in_days(world, from), in_days(world, from + chance.count(0, 9)));
    rules["rangeNights"] = json!([{ "first": first, "last": last, "max": chance.between(5, 6) }]);
    rules
}

/// A price of a night, some other nights of another price, and as much for cleaning as for a night, or nothing.
async fn random_prices(world: &World, host: &Person, listing: &str, currency: usize, chance: &mut Chance) {
    let (currency, prices) = PRICES[currency];
    let money = |amount: &str| json!({ "amount": amount, "currencyCode": currency });
    let nightly = *chance.pick(&prices);
    let other = *chance.pick(&prices);
    let first = chance.count(0, 30);
    let overrides = json!([{
        "firstNight": in_days(world, first), "lastNight": in_days(world, first + chance.count(0, 9)),
        "nightly": money(other),
    }]);
    host.done(
        "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code message } } }",
        json!({ "listingId": listing, "nightly": money(nightly), "overrides": overrides,
            "cleaningFee": money(if chance.percent(50) { nightly } else { "0" }) }),
    )
    .await;
}

both! {
    async fn what_availability_promises_is_booked_and_what_it_denies_is_not(world: World) {
        let host = world.host("Hanna").await;
        let mut guests = world.guests(4).await.into_iter().cycle();
        let mut chance = Chance::new(20_27, "promises", 0);
        let (mut promised, mut denied) = (0, 0);
        for calendar in 0..CALENDARS {
            let currency = calendar % PRICES.len();
            let (code, [_, nightly, _]) = PRICES[currency];
            let listing = host.listing(&ListingAsk { currency: code, nightly, ..ListingAsk::default() }).await;
            for n in 0..STAYS {
                if n % 4 == 0 {
                    random_prices(world, &host, &listing, currency, &mut chance).await;
                }
                // The host changes their mind now and then: also around the stays that are booked by then.
                if n % 6 == 0 {
                    set(&host, &listing, random_rules(world, &mut chance)).await;
                    block(world, &host, &listing, &mut chance).await;
                }
                let guest = guests.next().unwrap();
                let check_in = in_days(world, chance.count(0, 40));
                let nights = chance.count(1, 8);
                if try_one(world, &guest, &listing, check_in, nights, &mut chance).await {
                    promised += 1;
                } else {
                    denied += 1;
                }
            }
        }
        println!("{promised} promised and booked, {denied} denied and refused");
        assert!(promised >= 10 && denied >= 10, "{promised} {denied}");
    }
}

/// Asks, quotes and books a stay, and what is offered instead of it. Whether it was promised.
async fn try_one(
    world: &World,
    guest: &Person,
    listing: &str,
    check_in: NaiveDate,
    nights: u64,
    chance: &mut Chance,
) -> bool {
    let answer = availability(guest, listing, check_in, nights).await;
    let promised = answer["isAvailable"] == true;
    assert_eq!(promised, answer["violations"] == json!([]), "{answer:#}");
    if book(world, guest, listing, check_in, nights, chance).await != promised {
        panic!("{check_in}, {nights} nights: was {}promised: {answer:#}", if promised { "" } else { "not " });
    }
    let offered = answer["alternatives"].as_array().unwrap();
    assert!(!promised || offered.is_empty());
    if let Some(other) = offered.first() {
        let check_in = other["checkIn"].as_str().unwrap().parse().unwrap();
        assert!(
            book(world, guest, listing, check_in, nights, chance).await,
            "{other} was offered: {answer:#}"
        );
    }
    promised
}

/// Whether a stay can be quoted and booked. What is booked is paid for, or called off.
async fn book(
    world: &World,
    guest: &Person,
    listing: &str,
    check_in: NaiveDate,
    nights: u64,
    chance: &mut Chance,
) -> bool {
    let quoted = guest.quote(listing, check_in, nights).await;
    let Some(quote) = quoted["quote"]["id"].as_str() else {
        assert!(
            quoted["errors"]
                .as_array()
                .unwrap()
                .iter()
                .all(|error| error["code"] == "NOT_AVAILABLE" || error["code"] == "NOT_FOR_SALE"),
            "{quoted:#}"
        );
        return false;
    };
    let booked = guest.book(quote, quote).await;
    if booked["booking"].is_null() {
        panic!("quoted and not booked: {}", only_error(&booked));
    }
    if chance.percent(50) {
        guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
        world.settle().await;
    } else {
        let cancelled = guest.cancel(booked["booking"]["id"].as_str().unwrap(), quote).await;
        assert_eq!(cancelled["errors"], json!([]));
    }
    true
}

/// Blocks a few nights, and opens some again; where a guest is, the host is refused.
async fn block(world: &World, host: &Person, listing: &str, chance: &mut Chance) {
    for field in ["block", "block", "open"] {
        let first = in_days(world, chance.count(1, 45));
        let range = json!([{ "first": first, "last": first + Days::new(chance.count(0, 3)) }]);
        let payload = super::change(host, listing, json!({ field: range })).await;
        let errors = payload["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["code"] == "BOOKED_NIGHTS"), "{payload:#}");
    }
}
