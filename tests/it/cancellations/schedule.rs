//! What is shown before is what is done after: every policy and rate, called off a second before or after a boundary of
//! its schedule, with nights of different prices, in currencies of zero, two and three places.

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{BOOKING, PRICE, TAXES, balances, instant, minor, money, seen};
use crate::{
    both,
    support::{ListingAsk, Person, World, people::in_days},
};

const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) { quote { id } errors { code path } } }";

/// A stay of five nights at a rate, paid for.
async fn confirmed(world: &World, guest: &Person, listing: &str, plan: &str) -> String {
    let check_in = in_days(world, 50);
    let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(5) });
    let input =
        json!({ "listingId": listing, "stay": stay, "party": { "adults": 3, "pets": 1 }, "ratePlan": plan });
    let quote = guest.done(QUOTE, input).await["quote"]["id"].as_str().unwrap().to_owned();
    let booked = guest.book(&quote, &quote).await;
    guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
    world.settle().await;
    booked["booking"]["id"].as_str().unwrap().to_owned()
}

/// The row of a schedule that speaks for an instant.
fn row(rows: &[Value], at: DateTime<Utc>) -> &Value {
    let row = rows.iter().find(|row| at <= instant(&row["until"])).expect("a row for the instant");
    assert!(instant(&row["from"]) < at || row == &rows[0]);
    row
}

both! {
    async fn a_cancellation_does_what_the_schedule_says(world: World) {
        let (host, guest, admin) =
            (world.host("Hanna").await, world.guest("Gustavo").await, world.admin("Ada").await);
        let tax = json!({ "country": "PT", "percent": 725, "perPersonNight": money("1.10", "EUR") });
        admin.done(TAXES, json!({ "taxRules": [tax], "reason": "Both kinds" })).await;

        let mut stays = Vec::new();
        let policies = ["FLEXIBLE", "MODERATE", "LIMITED", "FIRM", "STRICT"];
        for (n, (policy, plan)) in
            policies.iter().flat_map(|policy| [(*policy, "STANDARD"), (*policy, "NON_REFUNDABLE")]).enumerate()
        {
            let (currency, nightly, weekend, fee) = [
                ("EUR", "103.35", "140.05", "17.77"), ("JPY", "12345", "15551", "3333"), ("KWD", "31.230", "40.110", "7.770"),
            ][n % 3];
            let listing = host.listing(&ListingAsk { currency, nightly, policy, ..ListingAsk::default() }).await;
            host.done(PRICE, json!({
                "listingId": listing, "nonRefundable": true, "weekend": money(weekend, currency),
                "cleaningFee": money(fee, currency), "petFee": money(fee, currency), "extraGuestFee": money(fee, currency),
            })).await;
            let booking = confirmed(world, &guest, &listing, plan).await;
            let shown = seen(&guest, &booking).await;
            let rows = shown["refundSchedule"].as_array().unwrap().clone();
            assert_eq!(rows[0]["preview"], shown["refundPreview"]);
            assert_eq!(rows.last().unwrap()["until"], shown["checkOutAt"]);
            assert!(rows.windows(2).all(|two| two[0]["until"] == two[1]["from"]));
            // Each at another boundary, in turn just before and just after it.
            let boundary = instant(&rows[(n / 2) % (rows.len() - 1)]["until"]);
            let second = TimeDelta::seconds(if n % 2 == 0 { -1 } else { 1 });
            stays.push((boundary + second, booking, policy, plan, rows));
        }
        stays.sort_by_key(|stay| stay.0);

        for (at, booking, policy, plan, rows) in stays {
            world.advance_to(at).await;
            // What is asked for the very instant, and for now, is what the schedule said long before.
            let asked = guest.get(BOOKING, json!({ "id": booking, "at": at })).await;
            assert_eq!(asked["refundPreview"], row(&rows, at)["preview"], "{policy} {plan}");
            assert_eq!(guest.cancel(&booking, &booking).await["errors"], json!([]));
            world.settle().await;
            let after = seen(&guest, &booking).await;
            let said = &row(&rows, instant(&after["cancelledAt"]))["preview"];
            assert_eq!(after["payment"]["refunded"]["amount"], said["total"]["amount"], "{policy} {plan}");
            let books = balances(world, &booking).await;
            let of = |account: &str| books.get(account).copied().unwrap_or(0);
            assert_eq!(of("host_payable"), -minor(&said["hostGets"]), "{policy} {plan}");
            assert_eq!(of("platform_fees"), -minor(&said["platformGets"]));
            assert_eq!(of("taxes_payable"), -minor(&said["taxes"]));
            assert_eq!((of("guest_funds"), of("host_debt"), of("platform_loss")), (0, 0, 0));
            let lines = |of: &Value| of.as_array().unwrap().iter().map(|line| minor(&line["amount"])).sum::<i64>();
            assert_eq!(lines(&said["lines"]), minor(&said["total"]));
            assert_eq!(lines(&said["kept"]), of("provider_cash"));
        }
    }
}
