//! All that is known about a dispute, for whoever decides it: as data, and as one document.

use serde_json::{Value, json};

use super::{ANSWER, OPEN, cast, claim, text};
use crate::{both, payouts::live};

const EVIDENCE: &str = "query($id: ID!) { node(id: $id) { ... on Dispute { text answer photos { url } answerPhotos { url }
    evidence { bookingCode guestName hostName checkIn checkOut cancellationPolicy ratePlan price { total { amount } }
      timeline { kind actor { id } } payments { captured { amount } refunded { amount } chargedBack { amount } chargeId }
      refunds { amount { amount } reason } ledger { kind account amount { amount } at } export } } } }";

both! {
    async fn the_bundle_has_timeline_policy_price_payments_ledger_words_and_pictures(world: World) {
        let cast = cast(world).await;
        let (host, guest, admin) = (&cast.host, &cast.guest, &cast.admin);
        let id = cast.stay(world, 3).await;
        cast.arrive(world, &id).await;
        let mut input = claim(&id, "40.00");
        input["uploadIds"] = json!([guest.upload().await]);
        let dispute = text(&guest.done(OPEN, input).await["dispute"]["id"]).to_owned();
        let answer = json!({ "disputeId": dispute, "text": "It was swept.", "uploadIds": [host.upload().await] });
        host.done(ANSWER, answer).await;
        live(world, guest, &id).await;

        let seen = admin.get(EVIDENCE, json!({ "id": dispute })).await;
        let evidence = &seen["evidence"];
        assert_eq!((&seen["text"], &seen["answer"]), (&json!("Dust on every shelf."), &json!("It was swept.")));
        assert_eq!((&evidence["guestName"], &evidence["hostName"]), (&json!("Gustavo"), &json!("Hanna")));
        assert_eq!((&evidence["cancellationPolicy"], &evidence["price"]["total"]["amount"]), (&json!("FLEXIBLE"), &json!("336.00")));
        let kinds: Vec<_> = evidence["timeline"].as_array().unwrap().iter().map(|line| text(&line["kind"])).collect();
        assert_eq!(kinds, ["CREATED", "CONFIRMED", "COMPLETED"]);
        assert_eq!(evidence["payments"][0]["captured"]["amount"], "336.00");
        assert!(text(&evidence["payments"][0]["chargeId"]).starts_with("ch_"));
        let kinds: Vec<_> = evidence["ledger"].as_array().unwrap().iter().map(|line| text(&line["kind"])).collect();
        assert!(["charge", "provider_fee", "recognition"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");

        // The same as one document; its pictures can be looked at.
        let export: Value = serde_json::from_str(text(&evidence["export"])).unwrap();
        assert_eq!(export["dispute"]["id"], json!(dispute));
        assert_eq!(export["booking"]["code"], evidence["bookingCode"]);
        assert_eq!(export["ledger"].as_array().unwrap().len(), evidence["ledger"].as_array().unwrap().len());
        assert_eq!(export["photos"].as_array().unwrap().len(), 2);
        for photo in export["photos"].as_array().unwrap() {
            assert!(reqwest::get(text(&photo["url"])).await.unwrap().status().is_success(), "{photo}");
        }
        // It is for those who decide.
        for side in [host, guest] {
            assert_eq!(side.refused(EVIDENCE, json!({ "id": dispute })).await, "FORBIDDEN");
        }
    }
}
