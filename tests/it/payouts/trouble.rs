//! A provider that falls silent, refuses or closes accounts: each host is paid once, or told.

use chrono::TimeDelta;
use serde_json::json;

use super::{TRANSFER, account, accounts, at_stripe, live, onboard, payout, times, transfers};
use crate::{
    both,
    support::{ListingAsk, Person, World, people::in_days},
};

/// A stay that is paid for, of a host who can be paid.
async fn scene(world: &World) -> (Person, Person, String) {
    let host = world.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    onboard(world, &host).await;
    let guest = world.guest("Gustavo").await;
    let id = guest.confirmed(world, &listing, in_days(world, 3), 3).await;
    (host, guest, id)
}

both! {
    async fn an_answer_that_is_lost_leads_to_exactly_one_transfer(world: World) {
        let (host, guest, id) = scene(world).await;
        world.switches().silent_after_success(TRANSFER, 1);
        world.switches().hold();
        live(world, &guest, &id).await;
        let seen = payout(&host, &id).await;
        assert_eq!((&seen["status"], &seen["legs"][0]["status"]), (&json!("UNKNOWN"), &json!("UNKNOWN")));

        world.advance(TimeDelta::minutes(5)).await;
        assert_eq!(payout(&host, &id).await["status"], "PAID");
        assert_eq!((world.switches().calls(TRANSFER), transfers(world).len()), (2, 1));
        world.switches().double(true);
        world.switches().release();
        world.settle().await;
        assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "PAYOUT_SENT"]);
    }
}

both! {
    async fn an_answer_that_is_lost_comes_by_webhook(world: World) {
        let (host, guest, id) = scene(world).await;
        world.switches().silent_after_success(TRANSFER, 1);
        live(world, &guest, &id).await;
        assert_eq!(payout(&host, &id).await["status"], "PAID");
        assert_eq!((world.switches().calls(TRANSFER), transfers(world).len()), (1, 1));
        // What was to be asked for again is done by then.
        world.advance(TimeDelta::days(2)).await;
        assert_eq!((world.switches().calls(TRANSFER), transfers(world).len()), (1, 1));
    }
}

both! {
    async fn after_a_day_it_is_looked_up_and_never_sent_again(world: World) {
        let (host, guest, id) = scene(world).await;
        world.switches().hold();
        world.switches().silent_after_success(TRANSFER, 1);
        live(world, &guest, &id).await;
        // Silent at first, and then failing until Stripe has forgotten the key.
        world.switches().fail(TRANSFER, 2);
        world.advance(TimeDelta::hours(2)).await;
        assert_eq!((payout(&host, &id).await["status"].clone(), world.switches().calls(TRANSFER)), (json!("UNKNOWN"), 3));
        world.advance(TimeDelta::days(1)).await;
        assert_eq!(payout(&host, &id).await["status"], "PAID");
        assert_eq!((world.switches().calls(TRANSFER), transfers(world).len()), (3, 1));
        world.switches().release();
    }
}

both! {
    async fn an_account_that_was_closed_fails_and_is_paid_when_it_opens(world: World) {
        let (host, guest, id) = scene(world).await;
        let (_, check_out) = times(&guest, &id).await;
        world.advance_to(check_out).await;
        // Stripe closes it, and its word comes late.
        world.switches().hold();
        at_stripe(world, &accounts(world)[0], "disable", "reason=rejected.fraud").await;
        world.advance(TimeDelta::hours(24)).await;
        let seen = payout(&host, &id).await;
        assert_eq!((&seen["status"], &seen["legs"][0]["status"]), (&json!("FAILED"), &json!("FAILED")));
        world.switches().release();
        world.settle().await;
        assert_eq!(account(&host).await["canReceive"], false);
        assert_eq!(account(&host).await["disabledReason"], "rejected.fraud");
        assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "PAYOUT_FAILED"]);
        assert_eq!((world.switches().calls(TRANSFER), transfers(world).len()), (1, 0));

        // It opens again: another try, with another key, and nothing is lost.
        at_stripe(world, &accounts(world)[0], "disable", "").await;
        world.settle().await;
        assert_eq!(payout(&host, &id).await["status"], "PAID");
        assert_eq!((world.switches().calls(TRANSFER), transfers(world).len()), (2, 1));
        assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "PAYOUT_FAILED", "PAYOUT_SENT"]);
    }
}

both! {
    async fn an_account_that_was_closed_in_time_is_waited_for(world: World) {
        let (host, guest, id) = scene(world).await;
        at_stripe(world, &accounts(world)[0], "disable", "reason=requirements.past_due").await;
        live(world, &guest, &id).await;
        assert_eq!(payout(&host, &id).await["status"], "WAITING_FOR_ACCOUNT");
        assert_eq!(world.switches().calls(TRANSFER), 0);
        at_stripe(world, &accounts(world)[0], "disable", "").await;
        world.settle().await;
        assert_eq!(payout(&host, &id).await["status"], "PAID");
    }
}
