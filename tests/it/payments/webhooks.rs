//! Stripe's webhooks as they may arrive: forged, old, many times, in any order, unreadable, about nothing of ours, or
//! with amounts that are not ours.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value, json};
use sojourn::{
    kernel::{Currency, Money},
    ledger::transaction,
    payments::{payment, stripe_event},
    ports::stripe::IntentAsk,
};

use crate::{
    both,
    support::{
        ListingAsk, Person, World,
        people::in_days,
        stripe::{self, signature, signature_of},
    },
};

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn scene(world: &World) -> (Person, Value) {
    let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
    let guest = world.guest("Gustavo").await;
    let held = guest.hold(&listing, in_days(world, 20), 2).await;
    // What Stripe has to say of its beginning is heard.
    world.settle().await;
    (guest, held)
}

fn event(id: &str, kind: &str, object: &str) -> Vec<u8> {
    json!({ "id": id, "type": kind, "data": { "object": { "id": object } } }).to_string().into_bytes()
}

async fn stored(world: &World, id: &str) -> Option<stripe_event::Model> {
    stripe_event::Entity::find_by_id(id).one(world.app.db.read()).await.unwrap()
}

async fn charges(world: &World) -> u64 {
    let charges = transaction::Entity::find().filter(transaction::Column::Kind.eq("charge"));
    charges.count(world.app.db.read()).await.unwrap()
}

fn intent_of(world: &World, held: &Value) -> String {
    text(&stripe::intents_of(world, text(&held["booking"]["id"]))[0]["id"]).to_owned()
}

both! {
    async fn only_a_good_and_fresh_signature_opens_the_door(world: World) {
        let (guest, held) = scene(world).await;
        let intent = intent_of(world, &held);
        let now = world.app.clock.real_now();
        let body = event("evt_forged", "payment_intent.succeeded", &intent);
        let minutes = TimeDelta::minutes;
        for header in [
            String::new(),
            "t=1,v1=00".to_owned(),
            signature_of("whsec_stranger", &body, now),
            signature(&body, now - minutes(6)),
            signature(&body, now + minutes(6)),
            signature(b"{}", now),
        ] {
            assert_eq!(guest.post_webhook(&body, &header).await, 400, "{header}");
        }
        assert!(stored(world, "evt_forged").await.is_none());

        // A good one is only a hint: Stripe says that nothing was paid.
        assert_eq!(guest.post_webhook(&body, &signature(&body, now - minutes(4))).await, 200);
        world.settle().await;
        assert!(stored(world, "evt_forged").await.unwrap().handled_at.is_some());
        assert_eq!(guest.booking(text(&held["booking"]["id"])).await["status"], "PENDING_PAYMENT");
        assert_eq!(charges(world).await, 0);
    }
}

both! {
    async fn ten_of_the_same_are_one_and_any_order_ends_the_same(world: World) {
        let (guest, held) = scene(world).await;
        world.switches().hold();
        let payment = text(&held["payment"]["id"]);
        guest.pay(payment, "4000000000000002").await;
        guest.pay(payment, "4242424242424242").await;

        let body = event("evt_ten", "payment_intent.succeeded", &intent_of(world, &held));
        let header = signature(&body, world.app.clock.real_now());
        let answers = join_all((0..10).map(|_| guest.post_webhook(&body, &header))).await;
        assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
        world.settle().await;
        let id = text(&held["booking"]["id"]);
        assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
        assert_eq!(charges(world).await, 1);

        // Everything that Stripe itself has to say comes afterwards, the newest first and all of it twice.
        world.switches().double(true);
        world.switches().newest_first(true);
        world.switches().release();
        world.settle().await;
        assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
        assert_eq!(charges(world).await, 1);
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED"], "the decline is old news");

        // And so it is when the money goes back.
        world.switches().hold();
        guest.cancel(id, "rain").await;
        world.switches().release();
        world.settle().await;
        assert_eq!(guest.booking(id).await["payment"]["refunded"]["amount"], "224.00");
        assert_eq!(guest.notices().await.len(), 3);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn what_cannot_be_read_or_is_not_ours_is_kept_and_changes_nothing(world: World) {
        let stranger = world.stranger();
        let now = world.app.clock.real_now();
        let before = stripe_event::Entity::find().count(world.app.db.read()).await.unwrap();
        for body in [&b"not json"[..], b"", b"[]", b"{\"id\":7}", b"\xff\xfe\x00"] {
            assert_eq!(stranger.post_webhook(body, &signature(body, now)).await, 200);
            assert_eq!(stranger.post_webhook(body, &signature(body, now)).await, 200);
        }
        let kept = stripe_event::Entity::find().filter(stripe_event::Column::Kind.eq("unparseable"));
        let kept = kept.all(world.app.db.read()).await.unwrap();
        assert_eq!(kept.len(), 5);
        assert!(kept.iter().all(|row| row.problem.is_some()));
        // Those who run the market see them, as they came.
        let admin = world.admin("Ada").await;
        let query = "{ admin { stripeEvents(first: 10) { totalCount nodes { id kind objectId problem raw receivedAt } } } }";
        let shown = admin.get(query, json!({})).await["stripeEvents"].clone();
        assert_eq!(shown["totalCount"], 5);
        let mut texts: Vec<&str> = shown["nodes"].as_array().unwrap().iter().map(|it| it["raw"].as_str().unwrap()).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["", "[]", "not json", "{\"id\":7}", "\u{fffd}\u{fffd}\u{fffd}"]);
        let first = &shown["nodes"][0];
        assert_eq!((&first["kind"], &first["objectId"]), (&json!("unparseable"), &json!(null)));

        // Types that nobody waits for, known ones about nothing, and an intent that Stripe has and we don't.
        let money = Money::new(5_000, Currency::EUR);
        let ask = IntentAsk {
            amount: money,
            manual_capture: false,
            metadata: vec![],
            description: String::new(),
            transfer_group: None,
        };
        world.switches().hold();
        let intent = world.app.stripe.create_intent(&ask, "somebody else's").await.unwrap();
        for (id, kind, object, is_problem) in [
            ("evt_1", "radar.early_fraud_warning.created", "issfr_1", false),
            ("evt_2", "something.new", "x", false),
            ("evt_3", "payment_intent.succeeded", "pi_nobody", true),
            ("evt_4", "charge.succeeded", "ch_nobody", true),
            ("evt_5", "refund.updated", "re_nobody", true),
            ("evt_6", "payment_intent.created", intent.id.as_str(), true),
        ] {
            let body = event(id, kind, object);
            assert_eq!(stranger.post_webhook(&body, &signature(&body, now)).await, 200);
            world.settle().await;
            let row = stored(world, id).await.unwrap();
            assert!(row.handled_at.is_some(), "{id}");
            assert_eq!(row.problem.is_some(), is_problem, "{id}: {:?}", row.problem);
        }
        let body = json!({ "id": "evt_7", "type": "payment_intent.succeeded" }).to_string().into_bytes();
        assert_eq!(stranger.post_webhook(&body, &signature(&body, now)).await, 200);
        world.settle().await;
        assert!(stored(world, "evt_7").await.unwrap().problem.is_some());
        // And what does not match, without what it says: that is to be seen at Stripe.
        let shown = admin.get(query, json!({})).await["stripeEvents"].clone();
        assert_eq!(shown["totalCount"], 10);
        let of = |id: &str| shown["nodes"].as_array().unwrap().iter().find(|it| it["id"] == id).cloned();
        let stranger = of("evt_6").unwrap();
        assert_eq!((&stranger["objectId"], &stranger["raw"]), (&json!(intent.id), &json!(null)));
        assert!(stranger["problem"].as_str().unwrap().contains("no payment of ours"), "{stranger}");
        assert_eq!(of("evt_1"), None);
        let all = stripe_event::Entity::find().count(world.app.db.read()).await.unwrap();
        assert_eq!(all, before + 5 + 7);
        assert_eq!(charges(world).await, 0);
    }
}

both! {
    async fn amounts_that_do_not_match_go_to_an_admin(world: World) {
        let (guest, held) = scene(world).await;
        // Stripe has another amount than we do, however that came about.
        payment::Entity::update_many()
            .col_expr(payment::Column::Amount, Expr::col(payment::Column::Amount).add(1))
            .exec(world.app.db.writer())
            .await
            .unwrap();
        guest.pay(text(&held["payment"]["id"]), "4242424242424242").await;
        world.settle().await;
        let id = text(&held["booking"]["id"]);
        let booking = guest.booking(id).await;
        assert_eq!(booking["payment"]["status"], "NEEDS_REVIEW");
        assert_eq!(booking["status"], "PENDING_PAYMENT", "nothing that is in doubt confirms a booking");
        assert_eq!(charges(world).await, 0);
        let problems = stripe_event::Entity::find().filter(stripe_event::Column::Problem.is_not_null());
        assert!(problems.count(world.app.db.read()).await.unwrap() > 0);
    }
}
