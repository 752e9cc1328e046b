//! What happens when something goes wrong: refusals, silence, failures, restarts. The normal course is in `payments`.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;

use super::*;

#[tokio::test]
async fn what_stripe_refuses_is_refused() {
    let bench = bench().await;
    let create = async |ask: IntentAsk<'_>| bench.stripe.create_intent(&ask, "k").await;
    let of = |minor, currency| IntentAsk { amount: Money::new(minor, currency), ..ask(1, false) };
    assert_eq!(refused(create(of(49, Currency::EUR)).await), "amount_too_small");
    assert_eq!(refused(create(of(0, Currency::EUR)).await), "parameter_invalid_integer");
    assert_eq!(refused(create(of(100_000_000, Currency::EUR)).await), "amount_too_large");
    assert_eq!(refused(create(of(1_005, Currency::KWD)).await), "invalid_charge_amount");
    let long = IntentAsk { metadata: vec![("note", "x".repeat(501))], ..ask(1_000, false) };
    refused(create(long).await);
    // None of them was kept under the key, so the key is still good.
    let kwd = create(of(1_010, Currency::KWD)).await.unwrap();
    assert_eq!(kwd.amount, Money::new(1_010, Currency::KWD));
    assert_eq!(refused(bench.stripe.fetch_intent("pi_none").await), "resource_missing");
    refused(bench.stripe.create_intent(&ask(1_000, false), "").await);

    let stranger =
        StripeSettings { secret_key: "sk_test_stranger".to_owned(), ..settings(bench.emulator.url()) };
    let outcome = Stripe::open(&stranger).unwrap().fetch_intent(&kwd.id).await;
    assert!(matches!(outcome, Err(StripeError::Refused { status: 401, .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_key_gives_one_answer_and_is_tied_to_its_call() {
    let bench = bench().await;
    let first = bench.stripe.create_intent(&ask(10_000, false), "k").await.unwrap();
    assert_eq!(bench.stripe.create_intent(&ask(10_000, false), "k").await.unwrap(), first);
    let other = bench.stripe.create_intent(&ask(10_001, false), "k").await.unwrap_err();
    assert!(matches!(other, StripeError::KeyConflict(_)) && !other.nothing_was_done());
    assert_eq!(bench.kinds().await, ["payment_intent.created"]);
    // After a day the key is forgotten, and the same call is a new one.
    bench.clock.advance_to(bench.clock.now() + TimeDelta::hours(24));
    assert_ne!(bench.stripe.create_intent(&ask(10_000, false), "k").await.unwrap().id, first.id);
}

#[tokio::test]
async fn the_wire_is_stripes() {
    let bench = bench().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = bench.emulator.url();
    let post = async |path: &str, form: &'static str| {
        let sent = http.post(base.join(path).unwrap()).bearer_auth("sk_test_contract");
        sent.header("Idempotency-Key", "k").body(form).send().await.unwrap()
    };
    let form = "amount=1000&currency=eur&payment_method=pm_card_visa&confirm=true&return_url=https%3A%2F%2Fx.test\
                &expand[]=latest_charge.balance_transaction";
    let first = post("v1/payment_intents", form).await;
    assert_eq!((first.status(), first.headers().get("idempotent-replayed")), (StatusCode::OK, None));
    assert!(first.headers()["request-id"].to_str().unwrap().starts_with("req_"));
    let body: serde_json::Value = first.json().await.unwrap();
    assert_eq!(body["latest_charge"]["balance_transaction"]["fee"], 40);
    assert_eq!(body["capture_method"], "automatic_async");
    let second = post("v1/payment_intents", form).await;
    assert_eq!(second.headers()["idempotent-replayed"], "true");
    assert_eq!(second.json::<serde_json::Value>().await.unwrap(), body);
    assert_eq!(post("v1/refunds", form).await.status(), StatusCode::BAD_REQUEST);

    for (path, status) in [
        ("v1/payment_intents?limit=1", 200),
        ("v1/balance_transactions?type=charge", 200),
        ("v1/payment_intents?limit=0", 400),
        ("v1/payment_intents?colour=red", 400),
        ("v1/payment_intents?starting_after=pi_none", 404),
        ("v1/customers", 404),
        ("v2/payment_intents", 404),
        ("", 404),
    ] {
        let url = base.join(path).unwrap();
        let answer = http.get(url).bearer_auth("sk_test_contract").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
    assert_eq!(http.get(base.join("v1/refunds").unwrap()).send().await.unwrap().status().as_u16(), 401);
}

#[tokio::test]
async fn silence_leaves_the_outcome_unknown_and_the_key_finds_it() {
    let bench = bench().await;
    let switches = bench.emulator.switches();
    switches.silent_after_success(CREATE, 1);
    let lost = bench.stripe.create_intent(&ask(10_000, false), "k").await.unwrap_err();
    assert!(matches!(lost, StripeError::Unknown(_)) && !lost.nothing_was_done(), "{lost:?}");
    let begun = bench.stripe.create_intent(&ask(10_000, false), "k").await.unwrap();
    let looked_up = bench.stripe.find_intent("payment", "pay_1", begun.created).await.unwrap();
    assert_eq!(looked_up, Some(begun.clone()));

    switches.fail(CONFIRM, 1);
    let failed = bench.confirm(&begun.id, "pm_card_visa", "c").await.unwrap_err();
    assert!(matches!(failed, StripeError::Unknown(_)), "{failed:?}");
    let still = bench.stripe.fetch_intent(&begun.id).await.unwrap();
    assert_eq!(still.status, IntentStatus::RequiresPaymentMethod);
    let paid = bench.confirm(&begun.id, "pm_card_visa", "c").await.unwrap();
    assert_eq!(paid.status, IntentStatus::Succeeded);
    assert_eq!((switches.calls(CREATE), switches.calls(CONFIRM)), (2, 2));
    let kinds = bench.kinds().await;
    assert_eq!(kinds, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]);
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    let bench = bench().await;
    bench.emulator.switches().slow(CREATE, Duration::from_secs(3_600));
    let hasty = Stripe::open_with_limit(&settings(bench.emulator.url()), Duration::from_millis(50)).unwrap();
    let late = hasty.create_intent(&ask(10_000, false), "k").await.unwrap_err();
    assert!(matches!(late, StripeError::Unknown(_)), "{late:?}");
    // The first call is still under way there, so a second one with its key knows no more.
    let second = bench.stripe.create_intent(&ask(10_000, false), "k").await.unwrap_err();
    assert!(matches!(second, StripeError::Unknown(_)), "{second:?}");

    let url = bench.emulator.url();
    bench.emulator.stop().await;
    let nobody = Stripe::open(&settings(url)).unwrap().fetch_intent("pi_1").await.unwrap_err();
    assert!(matches!(nobody, StripeError::Unknown(_)), "{nobody:?}");
}

#[tokio::test]
async fn webhooks_come_late_twice_and_out_of_order() {
    let bench = bench().await;
    let switches = bench.emulator.switches();
    switches.first_retry(Duration::from_millis(1));
    *bench.inbox.refusals.lock().unwrap() = 3;
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    let notices = bench.notices().await;
    assert_eq!(notices.iter().map(|it| &it.id).collect::<BTreeSet<_>>().len(), 3);

    switches.hold();
    switches.newest_first(true);
    switches.double(true);
    bench.stripe.create_refund(&paid.id, eur(1), "r", &[]).await.unwrap();
    assert_eq!(bench.notices().await.len(), 3);
    assert_eq!(switches.waiting(), ["charge.refunded", "refund.created", "refund.updated"]);
    switches.release();
    let kinds = bench.kinds().await;
    let expected = [
        "refund.updated",
        "refund.updated",
        "refund.created",
        "refund.created",
        "charge.refunded",
        "charge.refunded",
    ];
    assert_eq!(kinds[3..], expected);
}

#[tokio::test]
async fn a_restart_loses_neither_payments_nor_keys_nor_webhooks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep").join("stripe.json");
    let bench = bench_with(Some(file.clone())).await;
    bench.emulator.switches().hold();
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    assert_eq!(bench.kinds().await.len(), 0);
    bench.emulator.stop().await;

    let again = bench_with(Some(file.clone())).await;
    assert_eq!(again.stripe.fetch_intent(&paid.id).await.unwrap(), paid);
    let replayed = again.stripe.create_intent(&ask(10_000, false), "create").await.unwrap();
    assert_eq!(replayed.id, paid.id);
    let kinds = again.kinds().await;
    assert_eq!(kinds, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]);
    again.stripe.create_refund(&paid.id, eur(10_000), "r", &[]).await.unwrap();
    again.emulator.idle().await;
    again.emulator.stop().await;

    // What was taken is not sent again.
    let third = bench_with(Some(file.clone())).await;
    assert_eq!(third.kinds().await.len(), 0);
    assert_eq!(third.stripe.refunds_of(&paid.id).await.unwrap().len(), 1);
    third.emulator.stop().await;

    std::fs::write(&file, "{ half").unwrap();
    let started = Emulator::start(EmulatorSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        secret_key: String::new(),
        webhook_secret: String::new(),
        webhook_url: None,
        clock: Clock::ticking(),
        snapshot: Some(file),
    });
    assert!(started.await.is_err());
}
