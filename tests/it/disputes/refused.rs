//! Disputes that can't be: of whom, of what, when; decisions that don't add up; and many at once.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use sojourn::disputes::dispute;

use super::{ANSWER, OPEN, RESOLVE, cast, claim, decision, eur, reconciled, text};
use crate::{
    both,
    payouts::{live, times},
    support::{World, only_error, people::in_days},
};

async fn count(world: &World) -> u64 {
    dispute::Entity::find().count(world.app.db.read()).await.unwrap()
}

both! {
    async fn what_cannot_be_argued_about_is_refused_by_name(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let id = cast.stay(world, 3).await;
        let unpaid = guest.hold(&cast.listing, in_days(world, 9), 2).await;
        let unpaid = text(&unpaid["booking"]["id"]).to_owned();
        let (check_in, check_out) = times(guest, &id).await;
        world.advance_to(check_in - TimeDelta::minutes(2)).await;
        assert_eq!(only_error(&guest.attempt(OPEN, claim(&id, "10.00")).await), "TOO_EARLY");
        assert_eq!(only_error(&guest.attempt(OPEN, claim(&unpaid, "10.00")).await), "NOTHING_PAID");
        cast.arrive(world, &id).await;

        let with = |name: &str, value: Value| {
            let mut input = claim(&id, "10.00");
            input[name] = value;
            input
        };
        let upload = guest.upload().await;
        let foreign = host.upload().await;
        let many: Vec<_> = std::iter::repeat_n(upload.clone(), 11).collect();
        for (input, code, path) in [
            (claim(&id, "0.00"), "AMOUNT_INVALID", json!(["amount"])),
            (claim(&id, "-10.00"), "AMOUNT_INVALID", json!(["amount"])),
            (claim(&id, "336.01"), "MORE_THAN_PAID", json!(["amount"])),
            (with("amount", json!({ "amount": "10.00", "currencyCode": "USD" })), "OTHER_CURRENCY", json!(["amount", "currencyCode"])),
            (with("text", json!("  \n ")), "TEXT_INVALID", json!(["text"])),
            (with("text", json!("x".repeat(2_001))), "TEXT_INVALID", json!(["text"])),
            (with("uploadIds", json!(many)), "TOO_MANY_PHOTOS", json!(["uploadIds"])),
            (with("uploadIds", json!([upload, upload])), "TOO_MANY_PHOTOS", json!(["uploadIds"])),
            (with("uploadIds", json!([foreign])), "UNKNOWN_UPLOAD", json!(["uploadIds"])),
        ] {
            let answer = guest.attempt(OPEN, input).await;
            assert_eq!((only_error(&answer), &answer["errors"][0]["path"]), (code, &path));
        }
        // To somebody else there is no such booking.
        let stranger = world.guest("Olga").await;
        assert_eq!(stranger.refused(OPEN, json!({ "input": claim(&id, "10.00") })).await, "NOT_FOUND");
        assert_eq!(cast.admin.refused(OPEN, json!({ "input": claim(&id, "10.00") })).await, "NOT_FOUND");
        assert_eq!(count(world).await, 0);

        let dispute = cast.opened(guest, &id, "10.00").await;
        assert_eq!(only_error(&guest.attempt(OPEN, claim(&id, "10.00")).await), "ALREADY_OPEN");
        let answer = json!({ "disputeId": dispute, "text": "It was not so." });
        assert_eq!(only_error(&guest.attempt(ANSWER, answer.clone()).await), "OWN_DISPUTE");
        assert_eq!(stranger.refused(ANSWER, json!({ "input": answer })).await, "NOT_FOUND");
        let silent = json!({ "disputeId": dispute, "text": "" });
        assert_eq!(only_error(&host.attempt(ANSWER, silent).await), "TEXT_INVALID");
        host.done(ANSWER, answer.clone()).await;
        assert_eq!(only_error(&host.attempt(ANSWER, answer).await), "NOT_OPEN");

        world.advance_to(check_out + TimeDelta::days(14) + TimeDelta::minutes(1)).await;
        assert_eq!(only_error(&host.attempt(OPEN, claim(&id, "10.00")).await), "TOO_LATE");
    }
}

both! {
    async fn decisions_that_do_not_add_up_are_refused_by_name(world: World) {
        let cast = cast(world).await;
        let (guest, admin) = (&cast.guest, &cast.admin);
        let id = cast.stay(world, 3).await;
        cast.arrive(world, &id).await;
        let dispute = cast.opened(guest, &id, "100.00").await;
        let usd = json!({ "amount": "10.00", "currencyCode": "USD" });
        let split = |host: &str, platform: &str, taxes: &str| json!({ "host": eur(host), "platform": eur(platform), "taxes": eur(taxes) });
        assert_eq!(only_error(&admin.attempt(RESOLVE, decision(&dispute, eur("10.00"), Value::Null, Value::Null)).await), "TOO_EARLY");
        cast.host.done(ANSWER, json!({ "disputeId": dispute, "text": "Well." })).await;

        for (refund, borne, to_host, code) in [
            (eur("10.00"), split("4.00", "5.00", "0.00"), Value::Null, "SPLIT_INVALID"),
            (eur("10.00"), split("-5.00", "15.00", "0.00"), Value::Null, "SPLIT_INVALID"),
            (Value::Null, split("5.00", "0.00", "0.00"), Value::Null, "SPLIT_INVALID"),
            (eur("-1.00"), Value::Null, Value::Null, "AMOUNT_INVALID"),
            (Value::Null, Value::Null, eur("-1.00"), "AMOUNT_INVALID"),
            (eur("100.01"), Value::Null, Value::Null, "MORE_THAN_CLAIMED"),
            (eur("60.00"), Value::Null, eur("40.01"), "MORE_THAN_CLAIMED"),
            (usd.clone(), Value::Null, Value::Null, "OTHER_CURRENCY"),
            (eur("10.00"), Value::Null, usd, "OTHER_CURRENCY"),
            (eur("10.00"), split("0.00", "9.99", "0.01"), Value::Null, "MORE_THAN_TAXES"),
        ] {
            let answer = admin.attempt(RESOLVE, decision(&dispute, refund, borne, to_host)).await;
            assert_eq!(only_error(&answer), code);
        }
        let mut silent = decision(&dispute, eur("10.00"), Value::Null, Value::Null);
        silent["reason"] = json!(" ");
        assert_eq!(only_error(&admin.attempt(RESOLVE, silent).await), "REASON_INVALID");
        let mut keyless = decision(&dispute, eur("10.00"), Value::Null, Value::Null);
        keyless["idempotencyKey"] = json!("");
        assert_eq!(only_error(&admin.attempt(RESOLVE, keyless).await), "IDEMPOTENCY_KEY_INVALID");
        for person in [&cast.host, guest] {
            let input = json!({ "input": decision(&dispute, eur("10.00"), Value::Null, Value::Null) });
            assert_eq!(person.refused(RESOLVE, input).await, "FORBIDDEN");
        }

        admin.done(RESOLVE, decision(&dispute, eur("10.00"), Value::Null, Value::Null)).await;
        let other = admin.attempt(RESOLVE, decision(&dispute, eur("11.00"), Value::Null, Value::Null)).await;
        assert_eq!(only_error(&other), "IDEMPOTENCY_CONFLICT");
        let mut twice = decision(&dispute, eur("10.00"), Value::Null, Value::Null);
        twice["idempotencyKey"] = json!("two");
        assert_eq!(only_error(&admin.attempt(RESOLVE, twice).await), "NOT_OPEN");
        world.settle().await;
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "10.00");
    }
}

both! {
    async fn of_many_at_once_one_opens_and_one_decides(world: World) {
        let cast = cast(world).await;
        let (guest, admin) = (&cast.guest, &cast.admin);
        let id = cast.stay(world, 3).await;
        cast.arrive(world, &id).await;
        let tries = join_all((0..8).map(|_| guest.attempt(OPEN, claim(&id, "100.00")))).await;
        assert_eq!(tries.iter().filter(|answer| !answer["dispute"].is_null()).count(), 1);
        assert!(tries.iter().filter(|answer| answer["dispute"].is_null()).all(|answer| only_error(answer) == "ALREADY_OPEN"));
        assert_eq!(count(world).await, 1);
        let dispute = tries.iter().find_map(|answer| answer["dispute"]["id"].as_str()).unwrap().to_owned();
        live(world, guest, &id).await;

        let second = world.admin("Abel").await;
        let inputs: Vec<Value> = (0..8).map(|n| {
            let mut input = decision(&dispute, eur("70.00"), json!({ "host": eur("70.00") }), Value::Null);
            input["idempotencyKey"] = json!(format!("key {n}"));
            input
        }).collect();
        let tries = inputs.into_iter().enumerate().map(|(n, input)| {
            let who = [admin, &second][n % 2];
            who.attempt(RESOLVE, input)
        });
        let answers = join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| !answer["dispute"].is_null()).count(), 1);
        assert!(answers.iter().filter(|answer| answer["dispute"].is_null()).all(|answer| only_error(answer) == "NOT_OPEN"));
        world.settle().await;
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "70.00");
        reconciled(world).await;
    }
}
