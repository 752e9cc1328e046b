//! Cancelling at the same moment, twice or by both sides: one refund. How much comes back is the policy's test.

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    both,
    support::{ListingAsk, only_error, people::in_days, stripe},
};

both! {
    async fn a_booking_called_off_twice_at_once_is_refunded_once(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;

        // With keys of their own, ten at once, five of them the host's: one wins.
        let id = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
        let keys: Vec<String> = (0..10).map(|n| format!("key {n}")).collect();
        let sides = [&guest, &host];
        let answers = join_all(keys.iter().enumerate().map(|(n, key)| sides[n % 2].cancel(&id, key))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| !answer["booking"].is_null());
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|answer| only_error(answer) == "ALREADY_ENDED"));
        world.settle().await;
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "224.00");
        assert_eq!(stripe::books(world)["refunds"].as_object().unwrap().len(), 1);

        // With one key, ten clicks are one.
        let id = guest.confirmed(world, &listing, in_days(world, 40), 2).await;
        let answers = join_all((0..10).map(|_| guest.cancel(&id, "one click"))).await;
        assert!(answers.iter().all(|answer| answer["errors"] == json!([]) && answer == &answers[0]));
        world.settle().await;
        assert_eq!(stripe::books(world)["refunds"].as_object().unwrap().len(), 2);

        // The same key for another booking is a mistake.
        let other = guest.confirmed(world, &listing, in_days(world, 60), 2).await;
        assert_eq!(only_error(&guest.cancel(&other, "one click").await), "IDEMPOTENCY_CONFLICT");
        stripe::no_charge_without_a_booking(world).await;
    }
}
