//! A host calls off what was confirmed: the guest gets everything back, the host owes, the nights stay blocked.

use chrono::{Days, TimeDelta};
use serde_json::{Value, json};

use super::{PRICE, balances, instant, money, reasons, seen, sums};
use crate::{
    both,
    support::{ListingAsk, Person, World, only_error, people::in_days},
};

/// What the host would owe now, and then does: it is in the ledger beside what the platform earns by it.
async fn called_off(world: &World, host: &Person, guest: &Person, booking: &str, owed: (&str, i64)) {
    let shown = seen(host, booking).await["refundPreview"].clone();
    assert_eq!((&shown["rule"], &shown["penalty"]["amount"]), (&json!("HOST_CANCELLED"), &json!(owed.0)));
    assert_eq!(shown["hostGets"]["amount"], "0.00");
    assert_eq!(seen(guest, booking).await["refundPreview"]["penalty"], Value::Null);
    let total = guest.booking(booking).await["total"]["amount"].clone();
    assert_eq!(shown["total"]["amount"], total);
    assert_eq!(host.cancel(booking, booking).await["errors"], json!([]));
    world.settle().await;
    assert_eq!(seen(guest, booking).await["payment"]["refunded"]["amount"], total);
    assert_eq!(balances(world, booking).await, sums(&[("host_debt", owed.1), ("platform_fees", -owed.1)]));
    let told = "query($id: ID!) { booking(by: { id: $id }) { penalty { amount } } }";
    assert_eq!(host.get(told, json!({ "id": booking })).await["penalty"]["amount"], owed.0);
    assert_eq!(guest.get(told, json!({ "id": booking })).await["penalty"], Value::Null);
    // A second click costs nothing more.
    assert_eq!(host.cancel(booking, booking).await["errors"], json!([]));
    assert_eq!(only_error(&host.cancel(booking, "once more").await), "ALREADY_ENDED");
    assert_eq!(balances(world, booking).await, sums(&[("host_debt", owed.1), ("platform_fees", -owed.1)]));
}

both! {
    async fn a_host_who_calls_off_owes_the_more_the_later_it_is(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.listing(&ListingAsk { nightly: "400.00", ..ListingAsk::default() }).await;
        host.done(PRICE, json!({ "listingId": listing, "cleaningFee": money("40.00", "EUR") })).await;
        let mut stays = Vec::new();
        for day in [60, 70, 80] {
            stays.push(guest.confirmed(world, &listing, in_days(world, day), 3).await);
        }

        // A tenth of 1,240.00 until 30 days before, a quarter until 48 hours before, then a half.
        let rows = seen(&host, &stays[0]).await["refundSchedule"].clone();
        let owed: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["preview"]["penalty"]["amount"].clone()).collect();
        assert_eq!(owed, ["124.00", "310.00", "620.00"]);
        let check_in = instant(&seen(&host, &stays[0]).await["checkInAt"]);
        assert_eq!(instant(&rows[0]["until"]), check_in - TimeDelta::days(30));
        assert_eq!(instant(&rows[1]["until"]), check_in - TimeDelta::hours(48));

        called_off(world, &host, &guest, &stays[0], ("124.00", 12_400)).await;
        let night = in_days(world, 60);
        let kept = reasons(&host, &listing, night, night + Days::new(4)).await;
        let blocked: Vec<_> = (0..3).map(|n| (night + Days::new(n), "BLOCK".to_owned())).collect();
        assert_eq!(kept, blocked, "the nights stay blocked");

        let second = instant(&seen(&host, &stays[1]).await["checkInAt"]);
        world.advance_to(second - TimeDelta::days(30) + TimeDelta::seconds(1)).await;
        called_off(world, &host, &guest, &stays[1], ("310.00", 31_000)).await;
        let third = instant(&seen(&host, &stays[2]).await["checkInAt"]);
        world.advance_to(third - TimeDelta::hours(48) + TimeDelta::seconds(1)).await;
        called_off(world, &host, &guest, &stays[2], ("620.00", 62_000)).await;
    }
}

both! {
    async fn a_penalty_has_its_limits_in_dollars_at_the_rate_of_the_quote(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        // At 1.16, 50 dollars are 43.10 and a thousand 862.07; in yen, at 177 a euro, 7,629 and 152,586.
        for (currency, nightly, owed) in [
            ("EUR", "50.00", ("43.10", 4_310)),
            ("EUR", "9000.00", ("862.07", 86_207)),
            ("JPY", "9000", ("7629", 7_629)),
            ("JPY", "900000", ("152586", 152_586)),
        ] {
            let ask = ListingAsk { currency, nightly, ..ListingAsk::default() };
            let listing = host.listing(&ask).await;
            let booking = guest.confirmed(world, &listing, in_days(world, 60), 2).await;
            let shown = seen(&host, &booking).await["refundPreview"].clone();
            assert_eq!(shown["penalty"]["amount"], owed.0, "{currency} {nightly}");
            assert_eq!(host.cancel(&booking, &booking).await["errors"], json!([]));
            world.settle().await;
            assert_eq!(balances(world, &booking).await, sums(&[("host_debt", owed.1), ("platform_fees", -owed.1)]));
        }
    }
}

both! {
    async fn nobody_owes_a_penalty_but_a_host_for_what_was_confirmed(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.listing(&ListingAsk::default()).await;
        let confirmed = guest.confirmed(world, &listing, in_days(world, 60), 2).await;
        assert_eq!(guest.cancel(&confirmed, "rain").await["errors"], json!([]));
        let held = guest.hold(&listing, in_days(world, 70), 2).await;
        let held = held["booking"]["id"].as_str().unwrap();
        assert_eq!(seen(&host, held).await["refundPreview"], Value::Null);
        assert_eq!(seen(&host, held).await["refundSchedule"], json!([]));
        assert_eq!(guest.cancel(held, "changed my mind").await["errors"], json!([]));
        world.settle().await;
        assert_eq!(balances(world, &confirmed).await, sums(&[]));
        assert_eq!(balances(world, held).await, sums(&[]));
    }
}
