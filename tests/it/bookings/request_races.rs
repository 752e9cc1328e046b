//! A request that two want to end at once: whoever is first decides, and money goes with the decision.

use chrono::{Days, TimeDelta};
use futures_util::future::join_all;
use serde_json::json;
use sojourn::{bookings, kernel::BookingId};

use super::request::{CAPTURE, Scene, charges, kinds, respond_by, scene};
use crate::{
    both,
    support::{only_error, people::in_days, stripe},
};

both! {
    async fn many_clicks_on_accept_charge_once(world: World) {
        let Scene { host, guest, listing, id } = scene(world).await;
        let answers = join_all((0..20).map(|_| host.accept(&id, "one click"))).await;
        for answer in &answers {
            assert_eq!((&answer["errors"], &answer["booking"]["status"]), (&json!([]), &json!("CONFIRMED")));
        }
        assert_eq!(world.switches().calls(CAPTURE), 1);

        // As many hosts at as many keyboards.
        let next = guest.requested(world, &listing, in_days(world, 40), 2).await;
        let keys: Vec<String> = (0..10).map(|n| format!("key {n}")).collect();
        let answers = join_all(keys.iter().map(|key| host.accept(&next, key))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer["errors"] == json!([]));
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|answer| only_error(answer) == "NOT_PENDING"), "{lost:#?}");
        world.settle().await;
        assert_eq!(guest.booking(&next).await["status"], "CONFIRMED");
        assert_eq!((world.switches().calls(CAPTURE), charges(world).await), (2, 2));
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED"; 2]);
    }
}

both! {
    async fn of_accepting_and_cancelling_at_once_the_first_decides(world: World) {
        let Scene { host, guest, listing, id } = scene(world).await;
        let mut requests = vec![id];
        for n in 1..8 {
            requests.push(guest.requested(world, &listing, in_days(world, 20 + 3 * n), 2).await);
            // Every request that is decided makes room for the next.
            let id = &requests[requests.len() - 2];
            let (accepted, cancelled) = tokio::join!(host.accept(id, id), guest.cancel(id, id));
            world.settle().await;
            let booking = guest.booking(id).await;
            match (accepted["errors"] == json!([]), cancelled["errors"] == json!([])) {
                (true, false) => {
                    assert_eq!(only_error(&cancelled), "BEING_CONFIRMED");
                    assert_eq!(booking["status"], "CONFIRMED");
                }
                (false, true) => {
                    assert_eq!(only_error(&accepted), "NOT_PENDING");
                    let now = (&booking["status"], &booking["payment"]["status"]);
                    assert_eq!(now, (&json!("CANCELLED"), &json!("CANCELLED")));
                }
                // Accepted, charged, and only then called off: as any other booking.
                (true, true) => {
                    assert_eq!(kinds(&booking)[2..], ["ACCEPTED", "CONFIRMED", "CANCELLED"]);
                    assert_eq!(booking["payment"]["refunded"]["amount"], "224.00");
                }
                (false, false) => panic!("{accepted} {cancelled}"),
            }
        }
        assert_eq!(world.app.db.collisions().deadlocks, 0);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn of_accepting_and_the_end_of_the_day_the_first_decides(world: World) {
        let Scene { host, guest, listing, mut id } = scene(world).await;
        let other = world.guest("Olga").await;
        for n in 1..8 {
            let until = respond_by(&host, &id).await;
            let stay = guest.get("query($id: ID!) { booking(by: { id: $id }) { checkIn } }", json!({ "id": id })).await;
            let check_in = stay["checkIn"].as_str().unwrap().parse().unwrap();
            world.app.clock.advance_to(until - TimeDelta::seconds(5));
            let quote = other.quote(&listing, check_in, 2).await;
            assert_eq!(only_error(&quote), "NOT_AVAILABLE");
            let end = async {
                // A little later each time: sometimes the host is faster, sometimes the clock.
                for _ in 0..n * 40 {
                    tokio::task::yield_now().await;
                }
                world.app.clock.advance_to(until);
                bookings::expire(&world.app, id.parse::<BookingId>().unwrap()).await.unwrap();
                other.quote(&listing, check_in, 2).await
            };
            let (accepted, quoted) = tokio::join!(host.accept(&id, &id), end);
            world.settle().await;

            let booking = guest.booking(&id).await;
            if accepted["errors"] == json!([]) {
                assert_eq!(booking["status"], "CONFIRMED");
            } else {
                assert_eq!(only_error(&accepted), "NOT_PENDING");
                let now = (&booking["status"], &booking["payment"]["status"]);
                assert_eq!(now, (&json!("EXPIRED"), &json!("CANCELLED")));
                assert_eq!(quoted["errors"], json!([]));
            }
            id = guest.requested(world, &listing, in_days(world, 20) + Days::new(3 * n), 2).await;
        }
        assert_eq!(world.app.db.collisions().deadlocks, 0);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn of_accepting_and_declining_at_once_the_first_decides(world: World) {
        let Scene { host, guest, listing, mut id } = scene(world).await;
        for n in 1..6 {
            let (accepted, declined) = tokio::join!(host.accept(&id, &id), host.decline(&id, ""));
            world.settle().await;
            let (yes, no) = (accepted["errors"] == json!([]), declined["errors"] == json!([]));
            assert!(yes != no, "{accepted} {declined}");
            assert_eq!(only_error(if yes { &declined } else { &accepted }), "NOT_PENDING");
            assert_eq!(guest.booking(&id).await["status"], if yes { "CONFIRMED" } else { "DECLINED" });
            id = guest.requested(world, &listing, in_days(world, 20 + 3 * n), 2).await;
        }
        stripe::no_charge_without_a_booking(world).await;
    }
}
