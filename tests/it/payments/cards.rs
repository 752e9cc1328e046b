//! Cards that are declined, and cards whose bank asks. No late payments here.

use serde_json::json;

use crate::{
    both,
    support::{ListingAsk, people::in_days},
};

both! {
    async fn a_declined_card_is_told_and_another_one_pays(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        let (id, payment) = (held["booking"]["id"].as_str().unwrap(), held["payment"]["id"].as_str().unwrap());

        let mut failures = 0;
        for (card, code) in [
            ("4000000000000002", "generic_decline"),
            ("4000000000009995", "insufficient_funds"),
            ("4000000000000069", "expired_card"),
        ] {
            let paid = guest.pay(payment, card).await;
            assert_eq!(paid["errors"][0]["code"], "DECLINED");
            assert_eq!(paid["declineCode"], code);
            world.settle().await;
            failures += 1;
            let booking = guest.booking(id).await;
            assert_eq!(booking["status"], "PENDING_PAYMENT");
            assert_eq!(booking["viewerActions"], json!(["PAY", "CANCEL"]));
            assert_eq!((&booking["payment"]["status"], &booking["payment"]["declineCode"]),
                       (&json!("REQUIRES_PAYMENT_METHOD"), &json!(code)));
            // Each try that failed is told.
            assert_eq!(guest.notices().await, vec!["PAYMENT_FAILED"; failures]);
        }

        assert_eq!(guest.pay(payment, "5555555555554444").await["errors"], json!([]));
        world.settle().await;
        let booking = guest.booking(id).await;
        assert_eq!((&booking["status"], &booking["payment"]["status"]), (&json!("CONFIRMED"), &json!("SUCCEEDED")));
        assert_eq!(guest.notices().await.last().unwrap(), "BOOKING_CONFIRMED");
        let letters = world.letters(&guest.email).await;
        let failed = letters.iter().filter(|letter| letter.subject.contains("did not go through")).count();
        assert_eq!(failed, 3);

        // What is paid is not paid again.
        assert_eq!(guest.pay(payment, "4242424242424242").await["errors"][0]["code"], "NOT_PAYABLE");
        assert_eq!(guest.pay(payment, "4111111111111111").await["errors"][0]["code"], "UNKNOWN_CARD");
    }
}

both! {
    async fn a_bank_that_asks_is_answered_or_not(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        let (id, payment) = (held["booking"]["id"].as_str().unwrap(), held["payment"]["id"].as_str().unwrap());

        // Not proven: nothing is taken, and the guest may try again.
        let paid = guest.pay_as(payment, "4000000000003220", "FAIL").await;
        assert_eq!(paid["declineCode"], "payment_intent_authentication_failure");
        world.settle().await;
        assert_eq!(guest.booking(id).await["status"], "PENDING_PAYMENT");
        assert_eq!(guest.notices().await, ["PAYMENT_FAILED"]);

        // Proven, and the bank says no all the same.
        let paid = guest.pay(payment, "4000008400001629").await;
        assert_eq!(paid["errors"][0]["code"], "DECLINED");
        world.settle().await;
        assert_eq!(guest.notices().await.len(), 2);

        let paid = guest.pay(payment, "4000000000003220").await;
        assert_eq!((&paid["status"], &paid["errors"]), (&json!("SUCCEEDED"), &json!([])));
        world.settle().await;
        assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
    }
}
