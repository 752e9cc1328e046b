//! An admin gives money back beyond the policy, before a booking ends and after: who bears it, and what is refused.

use chrono::{Days, TimeDelta};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{TAXES, balances, instant, money, seen, sums, text};
use crate::{
    both,
    support::{
        ListingAsk, Person, World, only_error,
        people::{REFUND, in_days},
    },
};

fn ask(booking: &str, amount: Value, borne: Value, key: &str) -> Value {
    let reason = "The heating was broken";
    json!({ "bookingId": booking, "amount": amount, "borneBy": borne, "reason": reason, "idempotencyKey": key })
}

fn eur(amount: &str) -> Value {
    money(amount, "EUR")
}

/// A market with a tax of 5 %, a host's listing, and a guest.
async fn market(world: &World) -> (Person, Person, Person, String) {
    let (host, guest, admin) =
        (world.host("Hanna").await, world.guest("Gustavo").await, world.admin("Ada").await);
    admin
        .done(TAXES, json!({ "taxRules": [{ "country": "PT", "percent": 500 }], "reason": "A new law" }))
        .await;
    let listing = host.listing(&ListingAsk::default()).await;
    (host, guest, admin, listing)
}

both! {
    async fn what_goes_back_before_the_end_is_borne_at_the_end(world: World) {
        let (host, guest, admin, listing) = market(world).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        assert_eq!(guest.booking(&booking).await["total"]["amount"], "351.00");

        let borne = json!({ "host": eur("20.00"), "platform": eur("25.00"), "taxes": eur("5.00") });
        let given = admin.done(REFUND, ask(&booking, eur("50.00"), borne.clone(), "once")).await;
        assert_eq!(given["refund"]["amount"], eur("50.00"));
        // A second click gives nothing more; the same key for something else is a mistake.
        let again = admin.done(REFUND, ask(&booking, eur("50.00"), borne, "once")).await;
        assert_eq!(again["refund"]["id"], given["refund"]["id"]);
        let other = ask(&booking, eur("50.00"), Value::Null, "once");
        assert_eq!(only_error(&admin.attempt(REFUND, other).await), "IDEMPOTENCY_CONFLICT");
        world.settle().await;

        let shown = seen(&guest, &booking).await;
        assert_eq!(shown["payment"]["refunded"]["amount"], "50.00");
        let line = shown["timeline"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(line, json!({ "kind": "REFUNDED", "note": "The heating was broken", "actor": { "id": admin.id } }));
        assert!(guest.notices().await.contains(&"PAYMENT_REFUNDED".to_owned()));
        assert_eq!(balances(world, &booking).await, sums(&[("provider_cash", 30_100), ("guest_funds", -30_100)]));

        // The host sees what it would get and owe, were it called off; then the stay is lived.
        assert_eq!(seen(&host, &booking).await["refundPreview"]["total"]["amount"], "301.00");
        world.advance(TimeDelta::days(25)).await;
        assert_eq!(seen(&guest, &booking).await["status"], "COMPLETED");
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 30_100), ("host_payable", -27_100), ("platform_fees", -4_500), ("platform_loss", 2_500),
            ("taxes_payable", -1_000),
        ]));
    }
}

both! {
    async fn what_goes_back_after_the_end_is_borne_at_once(world: World) {
        let (_, guest, admin, listing) = market(world).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        world.advance(TimeDelta::days(25)).await;
        let earned = [("host_payable", -29_100), ("platform_fees", -4_500), ("taxes_payable", -1_500)];
        assert_eq!(balances(world, &booking).await, sums(&[&[("provider_cash", 35_100)][..], &earned].concat()));

        // Nothing is said of who bears it: the platform.
        admin.done(REFUND, ask(&booking, eur("5.00"), Value::Null, "first")).await;
        let borne = json!({ "host": eur("10.00"), "platform": eur("25.00"), "taxes": eur("5.00") });
        admin.done(REFUND, ask(&booking, eur("40.00"), borne, "second")).await;
        world.settle().await;
        assert_eq!(seen(&guest, &booking).await["payment"]["refunded"]["amount"], "45.00");
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 30_600), ("host_payable", -29_100), ("host_debt", 1_000), ("platform_fees", -4_500),
            ("platform_loss", 3_000), ("taxes_payable", -1_000),
        ]));

        // The host bears more than it has earned by this stay.
        let borne = json!({ "host": eur("300.00") });
        admin.done(REFUND, ask(&booking, eur("300.00"), borne, "third")).await;
        world.settle().await;
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 600), ("host_payable", -29_100), ("host_debt", 31_000), ("platform_fees", -4_500),
            ("platform_loss", 3_000), ("taxes_payable", -1_000),
        ]));
        // And what is left, to the last coin; then there is nothing more.
        admin.done(REFUND, ask(&booking, eur("6.00"), Value::Null, "fourth")).await;
        world.settle().await;
        let nothing = admin.attempt(REFUND, ask(&booking, eur("0.01"), Value::Null, "fifth")).await;
        assert_eq!((only_error(&nothing), &nothing["errors"][0]["left"]["amount"]), ("MORE_THAN_LEFT", &json!("0.00")));
    }
}

both! {
    async fn what_was_paid_in_another_way_is_borne_like_any_other_refund(world: World) {
        let (_, guest, admin, listing) = market(world).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        let elsewhere = |amount: &str, borne: Value, key: &str| {
            let mut ask = ask(&booking, eur(amount), borne, key);
            ask["outOfBand"] = json!(true);
            ask
        };
        // Before the end: out of escrow, and borne then.
        let borne = json!({ "host": eur("20.00"), "platform": eur("25.00"), "taxes": eur("5.00") });
        let given = admin.done(REFUND, elsewhere("50.00", borne.clone(), "before")).await;
        assert_eq!(given["refund"]["status"], "OUT_OF_BAND");
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 35_100), ("platform_bank", -5_000), ("guest_funds", -30_100),
        ]));
        // The same key for what Stripe is to send is another thing.
        let sent = ask(&booking, eur("50.00"), borne, "before");
        assert_eq!(only_error(&admin.attempt(REFUND, sent).await), "IDEMPOTENCY_CONFLICT");
        world.advance(TimeDelta::days(25)).await;
        let earned = [("host_payable", -27_100), ("platform_fees", -4_500), ("platform_loss", 2_500), ("taxes_payable", -1_000)];
        let cash = [("provider_cash", 35_100), ("platform_bank", -5_000)];
        assert_eq!(balances(world, &booking).await, sums(&[&cash[..], &earned].concat()));

        // After it: at once, from those who have it.
        let borne = json!({ "host": eur("10.00"), "platform": eur("30.00") });
        admin.done(REFUND, elsewhere("40.00", borne, "after")).await;
        assert_eq!(balances(world, &booking).await, sums(&[
            ("provider_cash", 35_100), ("platform_bank", -9_000), ("host_payable", -27_100), ("host_debt", 1_000),
            ("platform_fees", -4_500), ("platform_loss", 5_500), ("taxes_payable", -1_000),
        ]));
        // What was paid elsewhere is not there any more for Stripe to send.
        let refused = admin.attempt(REFUND, ask(&booking, eur("261.01"), Value::Null, "more")).await;
        assert_eq!((only_error(&refused), &refused["errors"][0]["left"]["amount"]), ("MORE_THAN_LEFT", &json!("261.00")));
        world.settle().await;
        assert_eq!(seen(&guest, &booking).await["payment"]["refunded"]["amount"], "90.00");
        assert_eq!(sojourn::ledger::reconcile(&world.app.db, &world.app.stripe).await.unwrap(), []);
    }
}

both! {
    async fn a_policy_gives_no_more_than_what_is_left_and_says_so(world: World) {
        let (_, guest, admin, listing) = market(world).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        admin.done(REFUND, ask(&booking, eur("300.00"), Value::Null, "most of it")).await;
        world.settle().await;
        // An hour before, two nights and their tax come back: 210.00, of which 51.00 are left.
        world.advance_to(instant(&seen(&guest, &booking).await["checkInAt"]) - TimeDelta::hours(1)).await;
        let preview = seen(&guest, &booking).await["refundPreview"].clone();
        assert_eq!((&preview["total"]["amount"], &preview["isLimited"]), (&json!("51.00"), &json!(true)));
        // Those who were not named get what they get without the goodwill.
        assert_eq!((&preview["hostGets"]["amount"], &preview["platformGets"]["amount"]), (&json!("97.00"), &json!("39.00")));
        guest.cancel(&booking, "rain").await;
        world.settle().await;
        assert_eq!(seen(&guest, &booking).await["payment"]["refunded"]["amount"], "351.00");
        assert_eq!(balances(world, &booking).await, sums(&[
            ("host_payable", -9_700), ("platform_fees", -3_900), ("taxes_payable", -500), ("platform_loss", 14_100),
        ]));
    }
}

both! {
    async fn refunds_that_cannot_be_are_refused_by_name(world: World) {
        let (host, guest, admin, listing) = market(world).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 3).await;
        let unpaid = guest.hold(&listing, in_days(world, 40), 2).await;
        let unpaid = text(&unpaid["booking"]["id"]);
        let split = |host: &str, platform: &str, taxes: &str| json!({ "host": eur(host), "platform": eur(platform), "taxes": eur(taxes) });

        for (input, code, path) in [
            (ask(&booking, eur("0.00"), Value::Null, "a"), "AMOUNT_INVALID", json!(["amount"])),
            (ask(&booking, eur("-1.00"), Value::Null, "a"), "AMOUNT_INVALID", json!(["amount"])),
            (ask(&booking, money("10.00", "USD"), Value::Null, "a"), "OTHER_CURRENCY", json!(["amount", "currencyCode"])),
            (ask(&booking, eur("10.00"), json!({ "host": money("10.00", "USD") }), "a"), "OTHER_CURRENCY", json!(["amount", "currencyCode"])),
            (ask(&booking, eur("351.01"), Value::Null, "a"), "MORE_THAN_LEFT", json!(["amount"])),
            (ask(&booking, eur("10.00"), split("4.00", "4.00", "1.00"), "a"), "SPLIT_INVALID", json!(["borneBy"])),
            (ask(&booking, eur("10.00"), split("-5.00", "15.00", "0.00"), "a"), "SPLIT_INVALID", json!(["borneBy"])),
            (ask(&booking, eur("20.00"), split("0.00", "4.99", "15.01"), "a"), "MORE_THAN_TAXES", json!(["borneBy", "taxes"])),
            (ask(&booking, eur("10.00"), Value::Null, ""), "IDEMPOTENCY_KEY_INVALID", json!(["idempotencyKey"])),
            (ask(unpaid, eur("10.00"), Value::Null, "a"), "NOTHING_PAID", json!(["bookingId"])),
        ] {
            let answer = admin.attempt(REFUND, input).await;
            assert_eq!((only_error(&answer), &answer["errors"][0]["path"]), (code, &path));
            assert_eq!(answer["refund"], Value::Null);
        }
        let silent = json!({ "bookingId": booking, "amount": eur("10.00"), "reason": "  ", "idempotencyKey": "a" });
        assert_eq!(only_error(&admin.attempt(REFUND, silent).await), "REASON_INVALID");
        let nowhere = json!({ "input": ask("bkg_00000000000070008000000000000000", eur("1.00"), Value::Null, "a") });
        assert_eq!(admin.refused(REFUND, nowhere).await, "NOT_FOUND");
        for person in [&host, &guest] {
            let input = json!({ "input": ask(&booking, eur("1.00"), Value::Null, "a") });
            assert_eq!(person.refused(REFUND, input).await, "FORBIDDEN");
        }
        world.settle().await;
        assert_eq!(seen(&guest, &booking).await["payment"]["refunded"]["amount"], "0.00");
        assert_eq!(guest.cancel(unpaid, "never mind").await["errors"], json!([]));
    }
}

both! {
    async fn of_fifty_refunds_of_thirty_on_a_hundred_by_admins_exactly_three_get_through(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let admins = [world.admin("Ada").await, world.admin("Abel").await];
        // 89.29 and 12 % are 100.00.
        let listing = host.listing(&ListingAsk { nightly: "89.29", ..ListingAsk::default() }).await;
        let stays = [
            guest.confirmed(world, &listing, in_days(world, 20), 1).await,
            guest.confirmed(world, &listing, in_days(world, 40), 1).await,
        ];
        world.advance(TimeDelta::days(25)).await;
        // The first has ended, the second has not.
        for booking in &stays {
            assert_eq!(guest.booking(booking).await["total"]["amount"], "100.00");
            let keys: Vec<String> = (0..50).map(|n| format!("{booking} {n}")).collect();
            let asked = keys.iter().enumerate().map(|(n, key)| {
                admins[n % 2].attempt(REFUND, ask(booking, eur("30.00"), Value::Null, key))
            });
            let answers = join_all(asked).await;
            let (given, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| !answer["refund"].is_null());
            assert_eq!((given.len(), refused.len()), (3, 47));
            for answer in refused {
                let left = &answer["errors"][0]["left"]["amount"];
                assert_eq!((only_error(answer), left), ("MORE_THAN_LEFT", &json!("10.00")));
            }
            world.settle().await;
            assert_eq!(seen(&guest, booking).await["payment"]["refunded"]["amount"], "90.00");
        }
    }
}

both! {
    async fn in_another_currency_all_of_it_is_exactly_what_was_paid(world: World) {
        let (_, guest, admin, listing) = market(world).await;
        let quote = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) { quote { id } errors { code } } }";
        let check_in = in_days(world, 20);
        let stay = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(3) });
        let input = json!({ "listingId": listing, "stay": stay, "party": { "adults": 2 }, "currencyCode": "USD" });
        let quote = guest.done(quote, input).await["quote"]["id"].as_str().unwrap().to_owned();
        let booked = guest.book(&quote, &quote).await;
        guest.pay(text(&booked["payment"]["id"]), "4242424242424242").await;
        world.settle().await;
        let booking = text(&booked["booking"]["id"]);

        // 351.00 EUR are 407.16 USD: a third before the end, the rest in two after it.
        let given = admin.done(REFUND, ask(booking, eur("117.01"), Value::Null, "before")).await;
        assert_eq!(given["refund"]["amount"], money("135.73", "USD"));
        world.advance(TimeDelta::days(25)).await;
        let borne = json!({ "host": eur("116.99") });
        let given = admin.done(REFUND, ask(booking, eur("116.99"), borne, "after")).await;
        assert_eq!(given["refund"]["amount"], money("135.71", "USD"));
        let given = admin.done(REFUND, ask(booking, eur("117.00"), Value::Null, "the rest")).await;
        assert_eq!(given["refund"]["amount"], money("135.72", "USD"));
        world.settle().await;
        assert_eq!(seen(&guest, booking).await["payment"]["refunded"], money("407.16", "USD"));
    }
}
