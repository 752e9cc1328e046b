//! What a guest's bank takes back: while it argues, when it gives in, and when the money is the guest's.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::{
    kernel::Currency,
    ledger::{self, Problem},
};

use super::{cast, eur, euros, reconciled, sums, text};
use crate::{
    both,
    payouts::{books, live, payout, transfers},
    pricing::currency::told,
    support::{
        World, only_error,
        people::{REFUND, in_days},
        stripe,
    },
};

/// The kinds of a person's notices, sorted: what banks say and what guests do is told side by side.
async fn told_of(person: &crate::support::Person) -> Vec<String> {
    let mut kinds = person.notices().await;
    kinds.sort();
    kinds
}

/// Gives a guest money back.
const SEND_BACK: &str = "POST /v1/refunds";

both! {
    async fn while_the_bank_argues_the_host_waits_and_is_paid_when_it_gives_in(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let id = cast.disputed(world, 3).await;
        let seen = cast.latest().await;
        assert_eq!((&seen["kind"], &seen["status"], &seen["bankReason"]), (&json!("CHARGEBACK"), &json!("OPEN"), &json!("fraudulent")));
        assert_eq!((&seen["amount"]["amount"], &seen["paidAmount"], &seen["bookingId"]), (&json!("336.00"), &eur("336.00"), &json!(id)));
        assert_eq!((&seen["viewerActions"], &seen["booking"]), (&json!([]), &Value::Null));
        assert_eq!(euros(world, &id).await, sums(&[("guest_funds", -33_600), ("chargebacks", 33_600)]));
        assert_eq!(told_of(host).await, ["BOOKING_CONFIRMED", "DISPUTE_OPENED"]);
        // It is no business of the guest's here, nor is it a claim of the host's.
        let of_booking = "query($id: ID!) { booking(by: { id: $id }) { disputes { id } } }";
        for side in [host, guest] {
            assert_eq!(side.get(of_booking, json!({ "id": id })).await["disputes"], json!([]));
            let node = side.get("query($id: ID!) { node(id: $id) { id } }", json!({ "id": seen["id"] })).await;
            assert_eq!(node, Value::Null);
        }
        reconciled(world).await;

        // Stripe gives back nothing of what is argued about, and neither do we.
        let ask = json!({ "bookingId": id, "amount": eur("1.00"), "reason": "Sorry", "idempotencyKey": "a" });
        let refused = cast.admin.attempt(REFUND, ask).await;
        assert_eq!((only_error(&refused), &refused["errors"][0]["left"]["amount"]), ("MORE_THAN_LEFT", &json!("0.00")));

        live(world, guest, &id).await;
        let held = payout(host, &id).await;
        assert_eq!((&held["status"], &held["heldFor"]), (&json!("HELD"), &json!("CHARGEBACK")));
        let held = cast.admin.get("{ admin { payouts(status: HELD) { totalCount nodes { bookingId host { id } } } } }", json!({})).await;
        assert_eq!(held["payouts"], json!({ "totalCount": 1, "nodes": [{ "bookingId": id, "host": { "id": host.id } }] }));
        reconciled(world).await;

        cast.bank_decides(world, "WON").await;
        let seen = cast.latest().await;
        assert_eq!((&seen["status"], seen["closedAt"].is_null()), (&json!("WON"), false));
        assert_eq!(payout(host, &id).await["status"], "PAID");
        assert_eq!(transfers(world)[0]["amount"], 29_100);
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500)]));
        assert_eq!(told_of(host).await, ["BOOKING_CONFIRMED", "DISPUTE_OPENED", "DISPUTE_RESOLVED", "PAYOUT_SENT"]);
        reconciled(world).await;
    }
}

both! {
    async fn what_is_lost_after_the_stay_is_borne_by_those_who_had_it(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let id = cast.disputed(world, 3).await;
        live(world, guest, &id).await;
        cast.bank_decides(world, "LOST").await;
        let seen = cast.latest().await;
        assert_eq!((&seen["status"], &seen["decision"]), (&json!("LOST"), &json!({
            "hostBears": { "amount": "291.00" }, "platformBears": { "amount": "45.00" }, "taxesBear": { "amount": "0.00" },
        })));
        let paid = payout(host, &id).await;
        assert_eq!((&paid["status"], &paid["netted"]["amount"], &paid["sent"]["amount"]), (&json!("PAID"), &json!("291.00"), &json!("0.00")));
        assert_eq!(transfers(world).len(), 0);
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500), ("platform_loss", 4_500)]));
        reconciled(world).await;
        // What the bank has kept cannot be given a second time.
        let ask = json!({ "bookingId": id, "amount": eur("1.00"), "reason": "Sorry", "idempotencyKey": "a" });
        assert_eq!(only_error(&cast.admin.attempt(REFUND, ask).await), "MORE_THAN_LEFT");
    }
}

both! {
    async fn what_is_lost_before_the_stay_ends_is_borne_at_its_end(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let id = cast.disputed(world, 3).await;
        cast.bank_decides(world, "LOST").await;
        assert_eq!((&cast.latest().await["status"], &cast.latest().await["decision"]), (&json!("LOST"), &Value::Null));
        assert_eq!(euros(world, &id).await, sums(&[("guest_funds", -33_600), ("chargebacks", 33_600)]));
        live(world, guest, &id).await;
        assert_eq!(cast.latest().await["decision"]["hostBears"]["amount"], "291.00");
        assert_eq!(payout(host, &id).await["sent"]["amount"], "0.00");
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500), ("platform_loss", 4_500)]));
        reconciled(world).await;
    }
}

both! {
    async fn what_was_paid_to_the_host_is_taken_back_when_it_is_lost_later(world: World) {
        let cast = cast(world).await;
        let (host, guest) = (&cast.host, &cast.guest);
        let id = cast.stay(world, 3).await;
        live(world, guest, &id).await;
        assert_eq!(payout(host, &id).await["status"], "PAID");
        // The bank argues about a third of it, after the host was paid.
        argue(world, &id, Some(11_200)).await;
        let seen = cast.latest().await;
        assert_eq!((&seen["status"], &seen["amount"]["amount"]), (&json!("OPEN"), &json!("112.00")));
        cast.bank_decides(world, "LOST").await;
        assert_eq!(cast.latest().await["decision"]["hostBears"]["amount"], "97.00");
        let paid = payout(host, &id).await;
        assert_eq!((&paid["status"], &paid["sent"]["amount"], &paid["takenBack"]["amount"]), (&json!("PAID"), &json!("291.00"), &json!("97.00")));
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500), ("platform_loss", 1_500)]));
        reconciled(world).await;
        // Of what a bank has kept a part of, Stripe gives nothing back.
        let ask = json!({ "bookingId": id, "amount": eur("1.00"), "reason": "Sorry", "idempotencyKey": "a" });
        let refused = cast.admin.attempt(REFUND, ask).await;
        assert_eq!((only_error(&refused), &refused["errors"][0]["left"]["amount"]), ("MORE_THAN_LEFT", &json!("0.00")));
    }
}

both! {
    async fn what_a_policy_gives_of_what_a_bank_has_kept_a_part_of_is_paid_in_another_way(world: World) {
        let cast = cast(world).await;
        let (guest, admin) = (&cast.guest, &cast.admin);
        let id = cast.stay(world, 20).await;
        argue(world, &id, Some(11_200)).await;
        cast.bank_decides(world, "LOST").await;
        assert_eq!(guest.cancel(&id, "rain").await["errors"], json!([]));
        world.settle().await;
        // A third has gone back by the bank's hand; the rest is asked for once, and stays in escrow.
        assert_eq!(world.switches().calls(SEND_BACK), 1);
        world.advance(TimeDelta::days(3)).await;
        assert_eq!(world.switches().calls(SEND_BACK), 1, "nobody asks in circles");
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "0.00");
        assert_eq!(euros(world, &id).await, sums(&[("guest_funds", -22_400)]));
        reconciled(world).await;
        let problems = ledger::verify(&world.app.db).await.unwrap();
        let [Problem::EscrowLeft { balance: -22_400, .. }, Problem::NotWhole { came: 33_600, went: 11_200, .. }] =
            problems.as_slice()
        else {
            panic!("{problems:?}");
        };

        // An admin finds it, and learns that Stripe won't do it.
        let query = "query($status: RefundStatus) { admin { refunds(status: $status) {
            totalCount nodes { id bookingId worth { amount } reason } } } }";
        let all = async |status: &str| admin.get(query, json!({ "status": status })).await["refunds"].clone();
        let found = all("FAILED").await;
        assert_eq!(found["totalCount"], 1);
        let failed = &found["nodes"][0];
        assert_eq!((&failed["bookingId"], &failed["worth"]["amount"]), (&json!(id), &json!("224.00")));
        assert_eq!(failed["reason"], "the booking was cancelled");
        let ask = |amount: &str, out_of_band: bool| {
            json!({
                "bookingId": id, "amount": eur(amount), "reason": "By bank transfer 4711", "outOfBand": out_of_band,
                "insteadOf": failed["id"], "idempotencyKey": format!("{amount} {out_of_band}"),
            })
        };
        for (ask, left) in [(ask("224.00", false), "0.00"), (ask("224.01", true), "224.00")] {
            let refused = admin.attempt(REFUND, ask).await;
            assert_eq!((only_error(&refused), &refused["errors"][0]["left"]["amount"]), ("MORE_THAN_LEFT", &json!(left)));
        }

        // So it is paid from the platform's own bank account: what the guest is owed is settled, and Stripe keeps the money.
        let given = admin.done(REFUND, ask("224.00", true)).await;
        assert_eq!((&given["refund"]["status"], &given["refund"]["amount"]["amount"]), (&json!("OUT_OF_BAND"), &json!("224.00")));
        assert_eq!(admin.done(REFUND, ask("224.00", true)).await["refund"]["id"], given["refund"]["id"]);
        // Nothing waits any more, and what was done with is not done with again.
        assert_eq!((&all("FAILED").await["totalCount"], &all("REPLACED").await["nodes"][0]["id"]), (&json!(0), &failed["id"]));
        assert_eq!(only_error(&admin.attempt(REFUND, ask("1.00", true)).await), "NOT_FAILED");
        let mut paid = ask("1.00", true);
        paid["insteadOf"] = given["refund"]["id"].clone();
        assert_eq!(only_error(&admin.attempt(REFUND, paid).await), "NOT_FAILED");
        world.settle().await;
        assert_eq!(world.switches().calls(SEND_BACK), 1);
        assert_eq!(euros(world, &id).await, sums(&[("platform_bank", -22_400)]));
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "224.00");
        let receipt = "query($id: ID!) { booking(by: { id: $id }) { receipt { refunds { amount { amount } } } } }";
        let receipt = guest.get(receipt, json!({ "id": id })).await["receipt"].clone();
        assert_eq!(receipt["refunds"], json!([{ "amount": { "amount": "224.00" } }]));
        assert!(guest.notices().await.contains(&"PAYMENT_REFUNDED".to_owned()));
        let mut more = ask("0.01", true);
        more["insteadOf"] = Value::Null;
        let nothing = admin.attempt(REFUND, more).await;
        assert_eq!((only_error(&nothing), &nothing["errors"][0]["left"]["amount"]), ("MORE_THAN_LEFT", &json!("0.00")));
        reconciled(world).await;
    }
}

/// A guest's bank begins to argue about a stay's charge.
pub async fn argue(world: &World, booking: &str, amount: Option<i64>) {
    let intent = &stripe::intents_of(world, booking)[0];
    let url = world.app.emulator.as_ref().unwrap().url();
    let url =
        url.join(&format!("v1/test_helpers/charges/{}/dispute", text(&intent["latest_charge"]))).unwrap();
    let form = amount.map(|amount| format!("amount={amount}")).unwrap_or_default();
    let sent = reqwest::Client::new().post(url).bearer_auth("sk_test_sojourn_emulator").body(form);
    assert!(sent.send().await.unwrap().status().is_success());
    world.settle().await;
}

both! {
    async fn what_a_policy_gives_waits_for_the_bank_and_is_never_sent_twice(world: World) {
        let cast = cast(world).await;
        let guest = &cast.guest;
        let (kept, gone) = (cast.disputed(world, 20).await, cast.disputed(world, 40).await);
        for id in [&kept, &gone] {
            // All of it comes back by the policy: but the bank has it now.
            assert_eq!(guest.cancel(id, id).await["errors"], json!([]));
            world.settle().await;
            assert_eq!(guest.booking(id).await["payment"]["refunded"]["amount"], "336.00");
        }
        assert_eq!(world.switches().calls(SEND_BACK), 0);
        world.advance(TimeDelta::days(2)).await;
        assert_eq!(world.switches().calls(SEND_BACK), 0);

        // Of the later one, the bank keeps the money for the guest: nothing is to be sent any more.
        cast.bank_decides(world, "LOST").await;
        assert_eq!(world.switches().calls(SEND_BACK), 0);
        assert_eq!(euros(world, &gone).await, sums(&[]));
        assert_eq!(guest.booking(&gone).await["payment"]["refunded"]["amount"], "0.00");
        // Of the earlier one it gives in: what waited is sent, once.
        let query = "{ admin { disputes(kind: CHARGEBACK, status: OPEN) { nodes { id bookingId } } } }";
        let open = cast.admin.get(query, json!({})).await["disputes"]["nodes"].clone();
        assert_eq!((open.as_array().unwrap().len(), &open[0]["bookingId"]), (1, &json!(kept)));
        cast.admin.done(crate::disputes::CLOSE, json!({ "disputeId": open[0]["id"], "outcome": "WON" })).await;
        world.settle().await;
        assert_eq!(world.switches().calls(SEND_BACK), 1);
        assert_eq!(euros(world, &kept).await, sums(&[]));
        assert!(guest.notices().await.contains(&"PAYMENT_REFUNDED".to_owned()));
        reconciled(world).await;
    }
}

both! {
    async fn a_refund_that_stripe_refuses_since_the_bank_was_faster_waits_too(world: World) {
        let cast = cast(world).await;
        let guest = &cast.guest;
        let id = cast.stay(world, 20).await;
        // The bank argues, and its word comes late.
        world.switches().hold();
        argue(world, &id, None).await;
        guest.cancel(&id, "rain").await;
        world.settle().await;
        assert_eq!(world.switches().calls(SEND_BACK), 1);
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "336.00");
        world.switches().release();
        world.settle().await;
        world.advance(TimeDelta::days(3)).await;
        assert_eq!(world.switches().calls(SEND_BACK), 1, "nobody asks in circles");
        cast.bank_decides(world, "WON").await;
        assert_eq!(world.switches().calls(SEND_BACK), 2);
        assert_eq!(euros(world, &id).await, sums(&[]));
        reconciled(world).await;
    }
}

both! {
    async fn in_another_currency_it_is_worth_what_it_was_when_it_was_paid(world: World) {
        let cast = cast(world).await;
        let guest = &cast.guest;
        told(world, &[(Currency::USD, "1.1637")], world.now()).await;
        let id = crate::pricing::currency::confirmed(world, guest, &cast.listing, in_days(world, 3), "USD").await;
        live(world, guest, &id).await;
        argue(world, &id, None).await;
        let seen = cast.latest().await;
        assert_eq!(seen["paidAmount"], json!({ "amount": "391.00", "currencyCode": "USD" }));
        assert_eq!(seen["amount"]["amount"], "336.00");
        // The rate moves; what is kept does not.
        told(world, &[(Currency::USD, "1.5")], world.now()).await;
        cast.bank_decides(world, "LOST").await;
        assert_eq!(cast.latest().await["decision"]["hostBears"]["amount"], "291.00");
        let books = books(world, &id).await;
        assert!(!books.keys().any(|(account, _)| account == "chargebacks"), "{books:?}");
        // The host's 291.00 were sent as 338.63 USD, and come back as that.
        assert_eq!(payout(&cast.host, &id).await["takenBack"]["amount"], "291.00");
        assert_eq!(books[&("provider_cash".to_owned(), Currency::USD)], -1_500);
        reconciled(world).await;
    }
}
