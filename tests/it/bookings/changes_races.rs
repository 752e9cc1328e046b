//! A change that two decide about at once: whoever is first decides, and there is one payment or none.

use chrono::{Days, TimeDelta};
use futures_util::future::join_all;
use serde_json::json;
use sojourn::{accounts::Viewer, bookings, kernel::SessionId};

use super::{
    changes::{CARD, Scene, kinds, scene, seen, text},
    request,
};
use crate::{
    both,
    support::{
        only_error,
        stripe::{self, intents_of},
    },
};

const MODERATE: &str =
    "mutation($input: ModerateListingInput!) { moderateListing(input: $input) { errors { code message } } }";

both! {
    async fn many_clicks_on_accepting_a_change_are_one_payment(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let clicks = join_all((0..10).map(|_| guest.propose(id, *check_in, 5, "one click"))).await;
        assert!(clicks.iter().all(|click| click["errors"] == json!([]) && click["change"]["id"] == clicks[0]["change"]["id"]));
        let change = text(&clicks[0]["change"]["id"]);
        let answers = join_all((0..10).map(|_| host.answer(change, true, "one click"))).await;
        assert!(answers.iter().all(|answer| answer["change"]["status"] == "ACCEPTED"), "{answers:#?}");
        let keys: Vec<String> = (0..5).map(|n| format!("key {n}")).collect();
        let more = join_all(keys.iter().map(|key| host.answer(change, true, key))).await;
        assert!(more.iter().all(|answer| only_error(answer) == "NOT_OPEN"));
        let booking = seen(guest, id).await;
        assert_eq!(booking["payments"].as_array().unwrap().len(), 2);
        guest.pay(text(&booking["payments"][1]["id"]), CARD).await;
        world.settle().await;
        assert_eq!(kinds(&seen(guest, id).await).iter().filter(|kind| **kind == "CHANGED").count(), 1);
        assert_eq!(intents_of(world, id).len(), 2);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn of_accepting_and_withdrawing_at_once_the_first_decides(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        for n in 0..6 {
            let nights = if n % 2 == 0 { 4 } else { 5 };
            let change = guest.propose(id, *check_in, nights, &format!("change {n}")).await;
            let change = text(&change["change"]["id"]).to_owned();
            let (accepted, withdrawn) = tokio::join!(host.answer(&change, true, &change), guest.withdraw(&change, &change));
            let one = (accepted["errors"] == json!([]), withdrawn["errors"] == json!([]));
            assert!(one.0 != one.1, "{accepted} {withdrawn}");
            let lost = if one.0 { &withdrawn } else { &accepted };
            assert_eq!(only_error(lost), "NOT_OPEN");
            world.advance(TimeDelta::minutes(16)).await;
            let booking = seen(guest, id).await;
            let status = booking["changes"].as_array().unwrap().last().unwrap()["status"].clone();
            assert_eq!(status, if one.0 { "EXPIRED" } else { "WITHDRAWN" });
        }
        assert_eq!(seen(guest, id).await["total"]["amount"], "336.00");
    }
}

both! {
    async fn of_accepting_a_change_and_calling_the_booking_off_at_once_nothing_is_left_behind(world: World) {
        let Scene { host, guest, listing, mut id, check_in } = scene(world).await;
        let other = world.guest("Olga").await;
        for n in 0..4 {
            let nights = if n % 2 == 0 { 5 } else { 2 };
            let from = check_in + Days::new(10 * n);
            let change = guest.proposed(&id, from, nights).await;
            let (accepted, cancelled) = tokio::join!(host.answer(&change, true, &change), guest.cancel(&id, &change));
            assert_eq!(cancelled["errors"], json!([]));
            if accepted["errors"] != json!([]) {
                assert!(["NOT_OPEN", "NOT_CHANGEABLE"].contains(&only_error(&accepted)), "{accepted}");
            }
            world.settle().await;
            let booking = seen(&guest, &id).await;
            assert_eq!(booking["status"], "CANCELLED");
            assert!(["ENDED", "APPLIED"].contains(&text(&booking["changes"][0]["status"])), "{booking}");
            // Within the day of grace: everything comes back, whichever was first.
            let back: i64 = booking["payments"].as_array().unwrap().iter()
                .map(|one| text(&one["refunded"]["amount"]).replace('.', "").parse::<i64>().unwrap()).sum();
            assert_eq!(back, 33_600);
            assert_eq!(other.quote(&listing, from, 5).await["errors"], json!([]), "all nights are free");
            id = guest.confirmed(world, &listing, check_in + Days::new(10 * (n + 1)), 3).await;
        }
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_host_who_is_kept_off_the_market_accepts_no_request(world: World) {
        let request::Scene { host, guest, listing, id } = request::scene(world).await;
        let admin = world.admin("Ada").await;
        let moderate = |action: &str| json!({ "listingId": listing, "action": action, "reason": "We look into it" });
        admin.done(MODERATE, moderate("SUSPEND")).await;
        assert_eq!(only_error(&host.accept(&id, "yes").await), "NOT_AVAILABLE");
        admin.done(MODERATE, moderate("REINSTATE")).await;

        // The host is suspended, and the session has not heard of it yet.
        let user = host.id.parse().unwrap();
        suspend(world, user).await;
        let viewer = Viewer { user, session: SessionId::new(), is_host: true, is_admin: false, verified: true, suspended: false };
        let ask = bookings::accept::Ask { booking: id.parse().unwrap(), idempotency_key: "yes".to_owned() };
        let refused = bookings::accept(&world.app, &viewer, ask).await;
        let is_refused = matches!(
            &refused,
            Err(sojourn::kernel::Fault::Refused(bookings::accept::Refusal::Suspended))
        );
        assert!(is_refused, "{refused:?}");
        assert_eq!(guest.booking(&id).await["status"], "PENDING_APPROVAL");
        assert_eq!(request::charges(world).await, 0);
    }
}

/// There is no other way yet.
async fn suspend(world: &crate::support::World, user: sojourn::kernel::UserId) {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
    use sojourn::{accounts::user, search, server::open};
    let (secret, now) = (world.app.keys.derive(open::POINT_SECRET, b""), world.now());
    let listings = sojourn::listings::listing::Entity::find()
        .filter(sojourn::listings::listing::Column::HostId.eq(user))
        .all(world.app.db.read())
        .await
        .unwrap();
    let listings = &listings;
    let done = world.app.db.write(|tx| async move {
        user::Entity::update_many()
            .col_expr(user::Column::SuspendedAt, Expr::value(now))
            .filter(user::Column::Id.eq(user))
            .exec(&*tx)
            .await?;
        for listing in listings {
            search::refresh(&tx, listing.id, &secret, now).await?;
        }
        Ok::<_, sojourn::kernel::Fault<sojourn::kernel::Never>>(())
    });
    done.await.unwrap();
}
