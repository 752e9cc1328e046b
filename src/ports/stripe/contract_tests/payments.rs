//! What a payment can go through, from its beginning to the last refund. Nothing goes wrong on the way here.

use chrono::TimeDelta;

use super::*;

#[tokio::test]
async fn a_good_card_pays() {
    let bench = bench().await;
    let begun = bench.stripe.create_intent(&ask(10_000, false), "create").await.unwrap();
    assert_eq!((begun.status, begun.amount), (IntentStatus::RequiresPaymentMethod, eur(10_000)));
    assert_eq!(begun.metadata["note"], "a&b=c");
    assert_eq!(begun.transfer_group.as_deref(), Some("bok_1"));
    assert!(begun.client_secret.as_ref().unwrap().starts_with(&format!("{}_secret_", begun.id)));
    assert!(!format!("{begun:?}").contains("_secret_"));

    let paid = bench.confirm(&begun.id, "pm_card_visa", "confirm").await.unwrap();
    assert_eq!((paid.status, paid.amount_received), (IntentStatus::Succeeded, eur(10_000)));
    assert_eq!(bench.stripe.fetch_intent(&paid.id).await.unwrap(), paid);
    let since = bench.clock.now();
    assert_eq!(bench.stripe.find_intent("payment", "pay_1", since).await.unwrap(), Some(paid.clone()));
    assert_eq!(bench.stripe.find_intent("payment", "pay_2", since).await.unwrap(), None);
    assert_eq!(
        bench.stripe.find_intent("payment", "pay_1", since + TimeDelta::seconds(1)).await.unwrap(),
        None
    );

    let charge = bench.stripe.fetch_charge(paid.latest_charge.as_ref().unwrap()).await.unwrap();
    assert_eq!((charge.amount_captured, charge.captured, charge.paid), (eur(10_000), true, true));
    let settlement = charge.settlement.unwrap();
    assert_eq!((settlement.amount, settlement.fee, settlement.net), (eur(10_000), eur(175), eur(9_825)));

    let notices = bench.notices().await;
    let kinds: Vec<&str> = notices.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]);
    assert_eq!(notices[2].subject(), Subject::Intent(paid.clone()));
    assert_eq!((notices[2].object_id(), notices[2].livemode), (Some(paid.id.as_str()), false));
    assert_eq!(notices[2].created, since);
    assert_eq!(bench.emulator.switches().calls(CREATE), 1);
    assert_eq!(bench.emulator.switches().calls(CONFIRM), 1);
    assert_eq!(
        refused(bench.confirm(&paid.id, "pm_card_visa", "again").await),
        "payment_intent_unexpected_state"
    );
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let bench = bench().await;
    for n in 0..120 {
        let mut ask = ask(1_000, false);
        ask.metadata = vec![("payment", format!("pay_{n}"))];
        bench.stripe.create_intent(&ask, &format!("key_{n}")).await.unwrap();
    }
    let since = bench.clock.now();
    let oldest = bench.stripe.find_intent("payment", "pay_0", since).await.unwrap().unwrap();
    assert_eq!(oldest.metadata["payment"], "pay_0");
    assert_eq!(bench.stripe.find_intent("payment", "pay_x", since).await.unwrap(), None);
}

#[tokio::test]
async fn every_bad_card_is_declined_and_another_may_be_tried() {
    let bench = bench().await;
    let begun = bench.stripe.create_intent(&ask(10_000, false), "create").await.unwrap();
    let mut seen = 0;
    for card in emulator::CARDS.iter().filter(|card| !card.asks_3ds) {
        let Some(refusal) = card.refusal else { continue };
        let outcome = bench.confirm(&begun.id, card.payment_method, card.number).await;
        let Err(StripeError::Declined(decline)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(decline.code.as_deref(), Some(refusal.code));
        assert_eq!(decline.decline_code.as_deref(), refusal.decline_code);
        let now = bench.stripe.fetch_intent(&begun.id).await.unwrap();
        assert_eq!(now.status, IntentStatus::RequiresPaymentMethod);
        assert_eq!(now.last_error, Some(decline));
        let charge = bench.stripe.fetch_charge(&now.latest_charge.unwrap()).await.unwrap();
        assert!(!charge.paid && charge.settlement.is_none());
        seen += 1;
    }
    assert!(seen >= 8);
    // The same key gives the same decline, and does not try the card again.
    let again = bench.confirm(&begun.id, "pm_card_visa_chargeDeclined", "4000000000000002").await;
    assert!(matches!(again, Err(StripeError::Declined(_))));
    let paid = bench.confirm(&begun.id, "pm_card_visa", "good").await.unwrap();
    assert_eq!((paid.status, paid.last_error), (IntentStatus::Succeeded, None));
    let kinds = bench.kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "payment_intent.payment_failed").count(), seen);
    assert_eq!(kinds.iter().filter(|kind| *kind == "charge.failed").count(), seen);
    assert_eq!(
        refused(bench.confirm(&begun.id, "pm_card_nonsense", "x").await),
        "payment_intent_unexpected_state"
    );
}

#[tokio::test]
async fn three_d_secure_succeeds_fails_and_can_be_declined_after() {
    let bench = bench().await;
    let asked = bench.paid(&ask(10_000, false), "pm_card_threeDSecure2Required").await;
    assert_eq!((asked.status, asked.latest_charge.as_ref()), (IntentStatus::RequiresAction, None));
    let failed = bench.stripe.authenticate_3ds(&asked.id, false, "a1").await.unwrap();
    assert_eq!(failed.status, IntentStatus::RequiresPaymentMethod);
    let code = failed.last_error.unwrap().code;
    assert_eq!(code.as_deref(), Some("payment_intent_authentication_failure"));
    let poor = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds";
    assert_eq!(bench.confirm(&asked.id, poor, "c2").await.unwrap().status, IntentStatus::RequiresAction);
    let declined = bench.stripe.authenticate_3ds(&asked.id, true, "a2").await;
    let Err(StripeError::Declined(decline)) = declined else { panic!("{declined:?}") };
    assert_eq!(decline.decline_code.as_deref(), Some("insufficient_funds"));
    bench.confirm(&asked.id, "pm_card_authenticationRequired", "c3").await.unwrap();
    let paid = bench.stripe.authenticate_3ds(&asked.id, true, "a3").await.unwrap();
    assert_eq!(paid.status, IntentStatus::Succeeded);
    assert_eq!(
        refused(bench.stripe.authenticate_3ds(&asked.id, true, "a4").await),
        "payment_intent_unexpected_state"
    );
    assert!(bench.kinds().await.contains(&"payment_intent.requires_action".to_owned()));

    let real = StripeSettings { on_emulator: false, ..settings(bench.emulator.url()) };
    refused(Stripe::open(&real).unwrap().authenticate_3ds(&asked.id, true, "a5").await);
}

#[tokio::test]
async fn an_authorisation_is_captured_once_in_part() {
    let bench = bench().await;
    let held = bench.paid(&ask(10_000, true), "pm_card_visa").await;
    assert_eq!((held.status, held.amount_received), (IntentStatus::RequiresCapture, eur(0)));
    assert!(held.manual_capture);
    let charge_id = held.latest_charge.clone().unwrap();
    let charge = bench.stripe.fetch_charge(&charge_id).await.unwrap();
    assert_eq!((charge.paid, charge.captured, charge.settlement), (true, false, None));
    let early = bench.stripe.create_refund(&held.id, eur(1), "early", &[]).await.unwrap_err();
    assert!(early.nothing_was_done());
    assert_eq!(refused(bench.stripe.capture_intent(&held.id, eur(10_001), "c1").await), "amount_too_large");

    let taken = bench.stripe.capture_intent(&held.id, eur(6_000), "c2").await.unwrap();
    assert_eq!((taken.status, taken.amount_received), (IntentStatus::Succeeded, eur(6_000)));
    let charge = bench.stripe.fetch_charge(&charge_id).await.unwrap();
    assert_eq!((charge.amount_captured, charge.amount_refunded), (eur(6_000), eur(4_000)));
    assert_eq!(
        refused(bench.stripe.capture_intent(&held.id, eur(1), "c3").await),
        "payment_intent_unexpected_state"
    );
    assert_eq!(refused(bench.stripe.cancel_intent(&held.id, "x").await), "payment_intent_unexpected_state");
    let over = bench.stripe.create_refund(&held.id, eur(6_001), "over", &[]).await.unwrap_err();
    assert!(over.nothing_was_done());
    bench.stripe.create_refund(&held.id, eur(6_000), "all", &[]).await.unwrap();
    let kinds = bench.kinds().await;
    let expected = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "charge.refunded",
        "payment_intent.succeeded",
        "charge.refunded",
        "refund.created",
        "refund.updated",
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn an_authorisation_is_cancelled_or_lapses() {
    let bench = bench().await;
    let held = bench.paid(&ask(10_000, true), "pm_card_visa").await;
    let ended = bench.stripe.cancel_intent(&held.id, "cancel").await.unwrap();
    assert_eq!((ended.status, ended.amount_received), (IntentStatus::Canceled, eur(0)));
    assert_eq!(bench.stripe.cancel_intent(&held.id, "cancel").await.unwrap(), ended);
    assert_eq!(refused(bench.stripe.cancel_intent(&held.id, "2").await), "payment_intent_unexpected_state");
    refused(bench.confirm(&held.id, "pm_card_visa", "late").await);

    let second = bench.stripe.create_intent(&ask(5_000, true), "second").await.unwrap();
    bench.confirm(&second.id, "pm_card_visa", "second confirm").await.unwrap();
    let week = bench.clock.now() + TimeDelta::days(7);
    bench.clock.advance_to(week - TimeDelta::seconds(1));
    bench.emulator.catch_up();
    assert_eq!(bench.stripe.fetch_intent(&second.id).await.unwrap().status, IntentStatus::RequiresCapture);
    bench.clock.advance_to(week);
    bench.emulator.catch_up();
    let kinds = bench.kinds().await;
    assert_eq!(kinds[kinds.len() - 2..], ["charge.expired", "payment_intent.canceled"]);
    assert_eq!(kinds[3..5], ["charge.refunded", "payment_intent.canceled"]);
    refused(bench.stripe.capture_intent(&second.id, eur(5_000), "late capture").await);
}

#[tokio::test]
async fn refunds_end_where_the_money_ends() {
    let bench = bench().await;
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    let refund = |minor, key: &'static str| {
        let (stripe, id) = (bench.stripe.clone(), paid.id.clone());
        async move { stripe.create_refund(&id, eur(minor), key, &[("refund", key.to_owned())]).await }
    };
    let first = refund(4_000, "r1").await.unwrap();
    assert_eq!((first.status, first.amount), (RefundStatus::Succeeded, eur(4_000)));
    assert_eq!(first.intent.as_deref(), Some(paid.id.as_str()));
    assert_eq!(refund(4_000, "r1").await.unwrap(), first);
    assert!(refund(6_001, "r2").await.unwrap_err().nothing_was_done());
    let second = refund(6_000, "r3").await.unwrap();
    assert_eq!(refund(1, "r4").await.unwrap_err().code(), Some("charge_already_refunded"));
    assert_eq!(bench.stripe.fetch_refund(&second.id).await.unwrap(), second);
    assert_eq!(bench.stripe.refunds_of(&paid.id).await.unwrap(), [second, first]);
    let charge = bench.stripe.fetch_charge(paid.latest_charge.as_ref().unwrap()).await.unwrap();
    assert_eq!(charge.amount_refunded, eur(10_000));
    assert_eq!(bench.stripe.fetch_refund("re_none").await.unwrap_err().code(), Some("resource_missing"));
    let kinds = bench.kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "refund.created").count(), 2);
}
