//! What one side of a stay claims from the other: said, answered, decided or taken back; and what that does to the money.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{ANSWER, OPEN, RESOLVE, WITHDRAW, cast, claim, decision, eur, euros, reconciled, sums, text};
use crate::{
    both,
    payouts::{live, payout, times, transfers},
    support::{ListingAsk, people::in_days},
};

both! {
    async fn a_guest_argues_the_host_answers_and_an_admin_decides(world: World) {
        let cast = cast(world).await;
        let (host, guest, admin) = (&cast.host, &cast.guest, &cast.admin);
        let id = cast.stay(world, 3).await;
        assert_eq!(guest.booking(&id).await["viewerActions"], json!(["CANCEL", "PROPOSE_CHANGE"]));
        cast.arrive(world, &id).await;
        for side in [host, guest] {
            assert_eq!(side.booking(&id).await["viewerActions"], json!(["CANCEL", "PROPOSE_CHANGE", "OPEN_DISPUTE"]));
        }

        let mut input = claim(&id, "120.00");
        input["uploadIds"] = json!([guest.upload().await, guest.upload().await]);
        let opened = guest.done(OPEN, input).await["dispute"].clone();
        assert_eq!((&opened["status"], &opened["kind"], &opened["claim"]), (&json!("OPEN"), &json!("CLAIM"), &json!("NOT_CLEAN")));
        assert_eq!((&opened["amount"], &opened["openedBy"]["id"]), (&eur("120.00"), &json!(guest.id)));
        assert_eq!(opened["photos"].as_array().unwrap().len(), 2);
        let until: chrono::DateTime<chrono::Utc> = text(&opened["respondBy"]).parse().unwrap();
        assert!((world.now() + TimeDelta::hours(72) - until).abs() < TimeDelta::minutes(1));
        world.settle().await;
        assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "DISPUTE_OPENED"]);
        // One at a time; the host may argue, too.
        assert_eq!(guest.booking(&id).await["viewerActions"], json!(["CANCEL", "PROPOSE_CHANGE"]));
        assert_eq!(host.booking(&id).await["viewerActions"], json!(["CANCEL", "PROPOSE_CHANGE", "OPEN_DISPUTE"]));

        let dispute = text(&opened["id"]);
        let seen = "query($id: ID!) { node(id: $id) { ... on Dispute { status viewerActions booking { id } text answer } } }";
        assert_eq!(host.get(seen, json!({ "id": dispute })).await["viewerActions"], json!(["ANSWER"]));
        assert_eq!(guest.get(seen, json!({ "id": dispute })).await["viewerActions"], json!(["WITHDRAW"]));
        assert_eq!(admin.get(seen, json!({ "id": dispute })).await["viewerActions"], json!([]));
        let answer = json!({ "disputeId": dispute, "text": "It was swept that morning.", "uploadIds": [host.upload().await] });
        let answered = host.done(ANSWER, answer).await["dispute"].clone();
        assert_eq!((&answered["status"], answered["answerPhotos"].as_array().unwrap().len()), (&json!("ANSWERED"), 1));
        world.settle().await;
        assert!(guest.notices().await.contains(&"DISPUTE_ANSWERED".to_owned()));
        assert_eq!(admin.get(seen, json!({ "id": dispute })).await["viewerActions"], json!(["RESOLVE"]));

        // The stay ends, and the day after it; the host is not paid.
        live(world, guest, &id).await;
        let held = payout(host, &id).await;
        assert_eq!((&held["status"], &held["heldFor"], transfers(world).len()), (&json!("HELD"), &json!("DISPUTE"), 0));

        let borne = json!({ "host": eur("30.00"), "platform": eur("20.00") });
        let decided = admin.done(RESOLVE, decision(dispute, eur("50.00"), borne.clone(), Value::Null)).await["dispute"].clone();
        assert_eq!(decided["status"], "RESOLVED");
        assert_eq!(decided["decision"], json!({
            "refund": { "amount": "50.00" }, "hostBears": { "amount": "30.00" }, "platformBears": { "amount": "20.00" },
            "taxesBear": { "amount": "0.00" }, "toHost": { "amount": "0.00" }, "dismissed": { "amount": "70.00" },
            "reason": "Both have a point",
        }));
        // A second click decides nothing more.
        let again = admin.done(RESOLVE, decision(dispute, eur("50.00"), borne, Value::Null)).await;
        assert_eq!(again["dispute"], decided);
        world.settle().await;

        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "50.00");
        let paid = payout(host, &id).await;
        assert_eq!((&paid["status"], &paid["heldFor"]), (&json!("PAID"), &Value::Null));
        // 291.00, less the 30.00 that the host owes; whichever of the two was first, by netting or by taking back.
        let kept = |name: &str| text(&paid[name]["amount"]).replace('.', "").parse::<i64>().unwrap();
        assert_eq!(kept("sent") - kept("takenBack"), 26_100);
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500), ("platform_loss", 2_000)]));
        reconciled(world).await;

        for (side, kinds) in [(guest, ["DISPUTE_ANSWERED", "DISPUTE_RESOLVED"]), (host, ["DISPUTE_OPENED", "DISPUTE_RESOLVED"])] {
            let notices = side.notices().await;
            for kind in kinds {
                assert_eq!(notices.iter().filter(|told| *told == kind).count(), 1, "{kind}: {notices:?}");
            }
            let letters = world.letters(&side.email).await;
            assert!(letters.iter().any(|letter| letter.subject.contains("is decided")));
        }
        let list = host.get("{ viewer { disputes { totalCount nodes { id status } } } }", json!({})).await;
        assert_eq!(list["disputes"], json!({ "totalCount": 1, "nodes": [{ "id": dispute, "status": "RESOLVED" }] }));
    }
}

both! {
    async fn what_is_decided_while_the_stay_runs_is_borne_at_its_end(world: World) {
        let cast = cast(world).await;
        let (host, guest, admin) = (&cast.host, &cast.guest, &cast.admin);
        let id = cast.stay(world, 3).await;
        cast.arrive(world, &id).await;
        let dispute = cast.opened(guest, &id, "60.00").await;
        host.done(ANSWER, json!({ "disputeId": dispute, "text": "True." })).await;
        let borne = json!({ "host": eur("60.00") });
        admin.done(RESOLVE, decision(&dispute, eur("60.00"), borne, Value::Null)).await;
        world.settle().await;
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "60.00");
        let timeline = guest.booking(&id).await["timeline"].as_array().unwrap().clone();
        assert_eq!(timeline.last().unwrap(), &json!({ "kind": "REFUNDED", "note": "Both have a point" }));
        live(world, guest, &id).await;
        let paid = payout(host, &id).await;
        assert_eq!((&paid["status"], &paid["amount"]["amount"]), (&json!("PAID"), &json!("231.00")));
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500)]));
        reconciled(world).await;
    }
}

both! {
    async fn a_host_is_awarded_what_no_card_is_charged_for(world: World) {
        let cast = cast(world).await;
        let (host, guest, admin) = (&cast.host, &cast.guest, &cast.admin);
        let id = cast.stay(world, 3).await;
        live(world, guest, &id).await;
        assert_eq!(payout(host, &id).await["status"], "PAID");
        let mut input = claim(&id, "80.00");
        input["claim"] = json!("DAMAGE");
        let dispute = text(&host.done(OPEN, input).await["dispute"]["id"]).to_owned();
        // The guest says nothing: 72 hours later it is decided without them.
        let early = admin.attempt(RESOLVE, decision(&dispute, Value::Null, Value::Null, eur("30.00"))).await;
        assert_eq!(early["errors"][0]["code"], "TOO_EARLY");
        world.advance(TimeDelta::hours(72)).await;
        let late = guest.attempt(ANSWER, json!({ "disputeId": dispute, "text": "Sorry." })).await;
        assert_eq!(late["errors"][0]["code"], "NOT_OPEN");
        admin.done(RESOLVE, decision(&dispute, Value::Null, Value::Null, eur("30.00"))).await;
        world.settle().await;

        let list = host.get("{ viewer { payouts { nodes { status isAward sent { amount } bookingId } } } }", json!({})).await;
        assert_eq!(list["payouts"]["nodes"], json!([
            { "status": "PAID", "isAward": true, "sent": { "amount": "30.00" }, "bookingId": id },
            { "status": "PAID", "isAward": false, "sent": { "amount": "291.00" }, "bookingId": id },
        ]));
        assert_eq!(payout(host, &id).await["sent"]["amount"], "291.00", "what the stay has earned stays as it was");
        let sent: Vec<_> = transfers(world).iter().map(|it| (it["amount"].as_i64(), it["source_transaction"].is_null())).collect();
        assert_eq!(sent, [(Some(29_100), false), (Some(3_000), true)]);
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "0.00");
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500), ("platform_loss", 3_000)]));
        reconciled(world).await;
    }
}

both! {
    async fn whoever_takes_it_back_lets_the_host_be_paid(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let id = cast.stay(world, 3).await;
        cast.arrive(world, &id).await;
        let (first, second) = (cast.opened(guest, &id, "50.00").await, cast.opened(host, &id, "40.00").await);
        live(world, guest, &id).await;
        assert_eq!(payout(host, &id).await["status"], "HELD");

        let foreign = host.attempt(WITHDRAW, json!({ "disputeId": first })).await;
        assert_eq!(foreign["errors"][0]["code"], "NOT_YOURS");
        let back = guest.done(WITHDRAW, json!({ "disputeId": first })).await;
        assert_eq!(back["dispute"]["status"], "WITHDRAWN");
        let again = guest.attempt(WITHDRAW, json!({ "disputeId": first })).await;
        assert_eq!(again["errors"][0]["code"], "NOT_OPEN");
        world.settle().await;
        // The host's own still holds it.
        assert_eq!(payout(host, &id).await["status"], "HELD");
        host.done(WITHDRAW, json!({ "disputeId": second })).await;
        world.settle().await;
        assert_eq!(payout(host, &id).await["status"], "PAID");
        assert_eq!(transfers(world)[0]["amount"], 29_100);
        // Whoever has taken one back may open another.
        cast.opened(guest, &id, "50.00").await;
        assert!(host.notices().await.contains(&"DISPUTE_RESOLVED".to_owned()));
        let seen = guest.get("query($id: ID!) { booking(by: { id: $id }) { disputes { status } } }", json!({ "id": id })).await;
        assert_eq!(seen["disputes"], json!([{ "status": "WITHDRAWN" }, { "status": "WITHDRAWN" }, { "status": "OPEN" }]));
    }
}

both! {
    async fn a_stay_that_was_called_off_after_its_check_in_can_be_argued_about(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let moderate = host.listing(&ListingAsk { policy: "MODERATE", ..ListingAsk::default() }).await;
        let begun = guest.confirmed(world, &moderate, in_days(world, 3), 3).await;
        let never = cast.stay(world, 30).await;
        cast.arrive(world, &begun).await;
        guest.cancel(&begun, "dust").await;
        guest.cancel(&never, "rain").await;
        world.settle().await;
        assert_eq!(guest.booking(&begun).await["viewerActions"], json!(["OPEN_DISPUTE"]));
        assert_eq!(guest.booking(&never).await["viewerActions"], json!([]));
        cast.opened(guest, &begun, "10.00").await;
        let none = guest.attempt(OPEN, claim(&never, "10.00")).await;
        assert_ne!(none["errors"], json!([]));
        let (_, check_out) = times(guest, &begun).await;
        world.advance_to(check_out).await;
        assert_eq!(payout(host, &begun).await["heldFor"], "DISPUTE");
    }
}
