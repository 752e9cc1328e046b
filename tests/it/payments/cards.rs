//! Cards that are declined, and cards whose bank asks. No late payments here.

use serde_json::{Value, json};

use crate::{
    both,
    support::{
        ListingAsk, only_error,
        people::{PAY, in_days},
    },
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

both! {
    async fn a_key_is_one_try_of_one_person(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        let next = guest.hold(&listing, in_days(world, 30), 2).await;
        let pay = async |held: &Value, card: &str, authentication: &str| {
            let input = json!({
                "paymentId": held["payment"]["id"], "card": card, "authentication": authentication,
                "idempotencyKey": "one click",
            });
            guest.attempt(PAY, input).await
        };
        // What was refused before anything was tried is not remembered.
        assert_eq!(only_error(&pay(&held, "4111", "SUCCEED").await), "UNKNOWN_CARD");
        assert_eq!(pay(&held, "4242424242424242", "SUCCEED").await["status"], "SUCCEEDED");

        for (held, card, authentication) in [
            (&next, "4242424242424242", "SUCCEED"),
            (&held, "4000000000000002", "SUCCEED"),
            (&held, "4242424242424242", "FAIL"),
        ] {
            assert_eq!(only_error(&pay(held, card, authentication).await), "IDEMPOTENCY_CONFLICT");
        }
        world.settle().await;
        // The second click is the first one, also when all is settled, and however the card is written.
        let again = pay(&held, "4242 4242 4242 4242", "SUCCEED").await;
        assert_eq!((&again["status"], &again["errors"]), (&json!("SUCCEEDED"), &json!([])));
        let booking = guest.booking(next["booking"]["id"].as_str().unwrap()).await;
        assert_eq!(booking["status"], "PENDING_PAYMENT", "nothing was tried for the other one");

        // Somebody else's key is their own.
        let other = world.guest("Greta").await;
        let theirs = other.hold(&listing, in_days(world, 40), 2).await;
        let input = json!({
            "paymentId": theirs["payment"]["id"], "card": "4242424242424242", "idempotencyKey": "one click",
        });
        assert_eq!(other.attempt(PAY, input).await["status"], "SUCCEEDED");
    }
}
