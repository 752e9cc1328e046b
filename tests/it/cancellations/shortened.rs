//! A guest leaves before the stay is over: nights that were stayed and the next are paid, those that were not are for
//! sale again.

use chrono::{Days, TimeDelta};
use serde_json::json;

use super::{balances, instant, reasons, seen, sums};
use crate::{
    both,
    support::{ListingAsk, people::in_days},
};

const RULES: &str =
    "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { errors { code } } }";

both! {
    async fn a_stay_that_is_cut_short_frees_the_nights_that_were_not_stayed(world: World) {
        let (host, guest, other) =
            (world.host("Hanna").await, world.guest("Gustavo").await, world.guest("Greta").await);
        let listing = host.listing(&ListingAsk::default()).await;
        host.done(RULES, json!({ "listingId": listing, "preparationAfter": 1 })).await;
        let first = in_days(world, 20);
        let day = |n: u64| first + Days::new(n);
        let booking = guest.confirmed(world, &listing, first, 6).await;
        let check_in = instant(&seen(&guest, &booking).await["checkInAt"]);

        // The evening of the second night: two nights are stayed, the third is paid, three of six come back.
        world.advance_to(check_in + TimeDelta::hours(24 + 5)).await;
        let shown = seen(&guest, &booking).await;
        assert_eq!(shown["refundPreview"]["rule"], "STAYED_AND_NEXT");
        assert_eq!(shown["refundPreview"]["total"]["amount"], "300.00");
        // One row more for each night that is stayed, until all that is left is paid.
        let rows = shown["refundSchedule"].as_array().unwrap();
        let back: Vec<_> = rows.iter().map(|row| row["preview"]["total"]["amount"].clone()).collect();
        assert_eq!(back, ["300.00", "200.00", "100.00", "0.00"]);
        assert_eq!(rows[3]["until"], shown["checkOutAt"]);

        assert_eq!(guest.cancel(&booking, "a leak").await["errors"], json!([]));
        world.settle().await;
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 37_200), ("host_payable", -29_100), ("platform_fees", -8_100),
        ]));
        let kept = reasons(&host, &listing, day(0), day(9)).await;
        let word = |n, kind: &str| (day(n), kind.to_owned());
        assert_eq!(kept, [word(0, "STAY"), word(1, "STAY"), word(2, "PREPARATION")]);

        // The next guest comes when the place is ready, not sooner.
        assert_eq!(other.quote(&listing, day(2), 2).await["errors"][0]["code"], "NOT_AVAILABLE");
        other.confirmed(world, &listing, day(3), 3).await;
        world.advance(TimeDelta::days(10)).await;
        assert_eq!(seen(&guest, &booking).await["status"], "CANCELLED");
    }
}

both! {
    async fn a_guest_who_never_came_frees_all_nights(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.listing(&ListingAsk::default()).await;
        let first = in_days(world, 20);
        let booking = guest.confirmed(world, &listing, first, 3).await;
        let check_in = instant(&seen(&guest, &booking).await["checkInAt"]);
        world.advance_to(check_in - TimeDelta::hours(1)).await;
        assert_eq!(guest.cancel(&booking, "ill").await["errors"], json!([]));
        assert_eq!(reasons(&host, &listing, first, first + Days::new(5)).await, []);
        world.settle().await;
    }
}
