//! The money of changes: holds that end, payments that come late, several payments of one booking, other currencies, and
//! what becomes of all that when the booking is called off or lived.

use chrono::{Days, TimeDelta};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use sojourn::{kernel::Currency, payments::payment};

use super::changes::{CARD, Scene, kinds, scene, seen, text};
use crate::{
    both,
    pricing::currency::{confirmed, told},
    support::{
        ListingAsk, Person, World, only_error,
        people::{PASSWORD, REFUND, in_days},
        stripe::{self, intents_of},
    },
};

/// Accepts a longer stay as its host; returns the payment of the difference.
async fn accepted(world: &World, scene: &Scene, nights: u64) -> String {
    let change = scene.guest.proposed(&scene.id, scene.check_in, nights).await;
    assert_eq!(scene.host.answer(&change, true, &change).await["errors"], json!([]));
    // The job that begins the payment, should the server die, looks at it as well: not at what is paid later.
    world.settle().await;
    let booking = seen(&scene.guest, &scene.id).await;
    text(&booking["changes"].as_array().unwrap().last().unwrap()["payment"]["id"]).to_owned()
}

fn refunded(booking: &Value) -> Vec<&str> {
    booking["payments"].as_array().unwrap().iter().map(|one| text(&one["refunded"]["amount"])).collect()
}

/// Whether an intent of this amount is that far at Stripe.
fn is_at_stripe(world: &World, booking: &str, amount: i64, status: &str) -> bool {
    let intents = intents_of(world, booking);
    let of = intents.iter().find(|intent| intent["amount"] == amount).expect("an intent of this amount");
    of["status"].as_str().unwrap().to_lowercase() == status
}

both! {
    async fn a_hold_of_added_nights_ends_unpaid(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let other = world.guest("Olga").await;
        let payment = accepted(world, &scene, 5).await;
        world.advance(TimeDelta::minutes(14)).await;
        assert!(!scene.is_free(*check_in + Days::new(3), 2, &other).await);
        world.advance(TimeDelta::minutes(2)).await;
        let booking = seen(guest, id).await;
        assert_eq!((&booking["status"], &booking["changes"][0]["status"]), (&json!("CONFIRMED"), &json!("EXPIRED")));
        assert_eq!((&booking["checkOut"], &booking["total"]["amount"]), (&json!(*check_in + Days::new(3)), &json!("336.00")));
        assert!(scene.is_free(*check_in + Days::new(3), 2, &other).await);
        assert!(!scene.is_free(*check_in + Days::new(2), 1, &other).await, "its own nights stay its own");
        assert!(is_at_stripe(world, id, 22_400, "canceled"));
        assert_eq!(only_error(&guest.pay(&payment, CARD).await), "NOT_PAYABLE");
        assert_eq!(booking["timeline"].as_array().unwrap().last().unwrap()["note"], "the difference was not paid in time");
        for side in [guest, host] {
            assert_eq!(side.notices().await.last().unwrap(), "BOOKING_CHANGE_ENDED");
        }
        // The next one is another payment.
        scene.longer(world, 4).await;
        assert_eq!(intents_of(world, id).len(), 3);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn an_ended_hold_of_added_nights_is_taken_over_while_nobody_works(world: World) {
        let scene = scene(world).await;
        let Scene { guest, listing, id, check_in, .. } = &scene;
        let other = world.guest("Olga").await;
        accepted(world, &scene, 5).await;
        world.without_workers().await;
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(16));
        let booking = seen(guest, id).await;
        assert_eq!((&booking["changes"][0]["status"], &booking["openChange"]), (&json!("EXPIRED"), &Value::Null));
        let theirs = other.hold(listing, *check_in + Days::new(3), 2).await;
        assert_eq!(theirs["errors"], json!([]));
        world.with_workers().await;
        world.settle().await;
        let booking = seen(guest, id).await;
        assert_eq!((&booking["changes"][0]["status"], &booking["total"]["amount"]), (&json!("EXPIRED"), &json!("336.00")));
        assert!(is_at_stripe(world, id, 22_400, "canceled"));
        other.pay(text(&theirs["payment"]["id"]), CARD).await;
        world.settle().await;
        assert_eq!(other.booking(text(&theirs["booking"]["id"])).await["status"], "CONFIRMED");
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_difference_that_is_paid_late_is_taken_or_goes_back_once(world: World) {
        let scene = scene(world).await;
        let Scene { guest, listing, id, check_in, .. } = &scene;
        let other = world.guest("Olga").await;
        // Late, and the nights are free still.
        let payment = accepted(world, &scene, 4).await;
        world.switches().hold();
        assert_eq!(guest.pay(&payment, CARD).await["status"], "SUCCEEDED");
        world.without_workers().await;
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(30));
        world.with_workers().await;
        world.switches().double(true);
        world.switches().newest_first(true);
        world.switches().release();
        world.settle().await;
        let booking = seen(guest, id).await;
        assert_eq!((&booking["changes"][0]["status"], &booking["checkOut"]), (&json!("APPLIED"), &json!(*check_in + Days::new(4))));
        assert_eq!(kinds(&booking)[4..], ["CHANGE_EXPIRED", "PAID_LATE", "CHANGED"]);

        // Late, and somebody else has the nights.
        let payment = accepted(world, &scene, 6).await;
        world.switches().hold();
        assert_eq!(guest.pay(&payment, CARD).await["status"], "SUCCEEDED");
        world.without_workers().await;
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(30));
        let theirs = other.hold(listing, *check_in + Days::new(5), 2).await;
        world.with_workers().await;
        world.switches().release();
        world.settle().await;
        let booking = seen(guest, id).await;
        assert_eq!((&booking["changes"][1]["status"], &booking["total"]["amount"]), (&json!("EXPIRED"), &json!("448.00")));
        assert_eq!(refunded(&booking), ["0.00", "0.00", "224.00"]);
        assert_eq!(stripe::books(world)["refunds"].as_object().unwrap().len(), 1);
        other.cancel(text(&theirs["booking"]["id"]), "no").await;
        world.settle().await;
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn money_for_a_change_of_a_cancelled_booking_goes_back_in_full(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let payment = accepted(world, &scene, 5).await;
        world.switches().hold();
        assert_eq!(guest.pay(&payment, CARD).await["status"], "SUCCEEDED");
        world.settle().await;
        // Captured with us or not: it is no part of what is called off.
        let shown = seen(guest, id).await["refundPreview"]["total"]["amount"].clone();
        assert_eq!(shown, "336.00");
        assert_eq!(guest.cancel(id, "rain").await["errors"], json!([]));
        world.switches().double(true);
        world.switches().release();
        world.settle().await;
        let booking = seen(guest, id).await;
        assert_eq!((&booking["status"], &booking["changes"][0]["status"]), (&json!("CANCELLED"), &json!("ENDED")));
        assert_eq!(refunded(&booking), ["336.00", "224.00"]);
        let other = world.guest("Olga").await;
        assert!(scene.is_free(*check_in, 5, &other).await);
        assert!(host.notices().await.contains(&"BOOKING_CANCELLED".to_owned()));
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_payment_in_progress_prolongs_the_hold_of_a_change_once(world: World) {
        let scene = scene(world).await;
        let Scene { guest, id, check_in, .. } = &scene;
        let other = world.guest("Olga").await;
        let payment = accepted(world, &scene, 5).await;
        world.advance(TimeDelta::minutes(14)).await;
        // The bank asks, and the guest looks for the phone.
        guest.pay_as(&payment, "4000000000003220", "LEAVE").await;
        world.settle().await;
        world.advance(TimeDelta::minutes(8)).await;
        assert_eq!(seen(guest, id).await["changes"][0]["status"], "ACCEPTED");
        assert!(!scene.is_free(*check_in + Days::new(3), 2, &other).await);
        guest.pay(&payment, CARD).await;
        world.settle().await;
        assert_eq!(seen(guest, id).await["changes"][0]["status"], "APPLIED");
    }
}

both! {
    async fn a_cancellation_after_changes_gives_what_is_shown(world: World) {
        let scene = scene(world).await;
        let Scene { guest, id, check_in, .. } = &scene;
        scene.longer(world, 5).await;
        // The policy, FLEXIBLE, by the changed price: all nights but the first, and no fee.
        let day_before = seen(guest, id).await["checkInAt"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        world.advance_to(day_before - TimeDelta::hours(1)).await;
        let shown = seen(guest, id).await["refundPreview"].clone();
        assert_eq!(shown, json!({ "rule": "STAYED_AND_NEXT", "isLimited": false, "total": { "amount": "400.00" } }));
        assert_eq!(guest.cancel(id, "rain").await["errors"], json!([]));
        world.settle().await;
        let booking = seen(guest, id).await;
        // The newest first: all of what the change cost, and the rest of what was paid before.
        assert_eq!(refunded(&booking), ["176.00", "224.00"]);
        let other = world.guest("Olga").await;
        assert!(scene.is_free(*check_in + Days::new(1), 3, &other).await);
        stripe::no_charge_without_a_booking(world).await;
        world.advance(TimeDelta::days(3)).await;
    }
}

both! {
    async fn goodwill_changes_and_a_host_who_calls_off_give_every_payment_back(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let admin = world.admin("Ada").await;
        scene.longer(world, 5).await;
        // 300.00 of goodwill come out of both payments; the host bears a third.
        let euro = |amount: &str| json!({ "amount": amount, "currencyCode": "EUR" });
        let ask = json!({
            "bookingId": id, "amount": euro("300.00"), "reason": "No water", "idempotencyKey": "goodwill",
            "borneBy": { "host": euro("100.00"), "platform": euro("200.00") },
        });
        let given = admin.done(REFUND, ask.clone()).await;
        let amounts: Vec<_> = given["refunds"].as_array().unwrap().iter().map(|one| text(&one["amount"]["amount"])).collect();
        assert_eq!(amounts, ["224.00", "76.00"]);
        assert_eq!(admin.done(REFUND, ask).await["refunds"], given["refunds"], "a second click gives nothing more");
        world.settle().await;
        assert_eq!(refunded(&seen(guest, id).await), ["76.00", "224.00"]);

        // Shorter: 224.00 less, of the 260.00 that are left.
        let change = host.proposed(id, *check_in, 3).await;
        assert_eq!(guest.answer(&change, true, "yes").await["change"]["status"], "APPLIED");
        world.settle().await;
        assert_eq!(refunded(&seen(guest, id).await), ["300.00", "224.00"]);
        let over = json!({ "bookingId": id, "amount": euro("36.01"), "reason": "More", "idempotencyKey": "more" });
        assert_eq!(only_error(&admin.attempt(REFUND, over).await), "MORE_THAN_LEFT");
        // Once more less than what is left is worth: what would come back is what is left of it.
        let change = host.propose(id, *check_in, 1, "one night").await;
        assert_eq!((&change["change"]["difference"]["amount"], &change["change"]["total"]["amount"]), (&json!("-36.00"), &json!("112.00")));
        let change = text(&change["change"]["id"]).to_owned();
        // Meanwhile an admin gives some of that: what was shown is not what would happen.
        let some = json!({ "bookingId": id, "amount": euro("10.00"), "reason": "Cold", "idempotencyKey": "cold" });
        admin.done(REFUND, some).await;
        assert_eq!(only_error(&guest.answer(&change, true, "yes, one").await), "OUT_OF_DATE");
        assert_eq!(host.withdraw(&change, "back").await["errors"], json!([]));

        let shown = seen(host, id).await["refundPreview"]["total"]["amount"].clone();
        assert_eq!(shown, "26.00");
        assert_eq!(host.cancel(id, "no water").await["errors"], json!([]));
        world.settle().await;
        assert_eq!(refunded(&seen(guest, id).await), ["336.00", "224.00"]);
        let letters = world.letters(&host.email).await;
        let letter = letters.iter().find(|letter| letter.subject.contains("was cancelled")).unwrap();
        assert!(letter.text.contains("you owe a penalty of €75.00"), "{}", letter.text);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn goodwill_before_a_longer_stay_is_borne_at_its_end(world: World) {
        let scene = scene(world).await;
        let Scene { guest, id, .. } = &scene;
        let admin = world.admin("Ada").await;
        let euro = |amount: &str| json!({ "amount": amount, "currencyCode": "EUR" });
        let ask = json!({ "bookingId": id, "amount": euro("50.00"), "reason": "Cold", "idempotencyKey": "cold" });
        admin.done(REFUND, ask).await;
        scene.longer(world, 5).await;
        assert_eq!(seen(guest, id).await["refundPreview"]["total"]["amount"], "510.00");
        world.advance(TimeDelta::days(30)).await;
        assert_eq!(seen(guest, id).await["status"], "COMPLETED");
        // After the end, out of both payments, at once.
        let ask = json!({
            "bookingId": id, "amount": euro("400.00"), "reason": "Mice", "idempotencyKey": "mice",
            "borneBy": { "host": euro("300.00"), "platform": euro("100.00") },
        });
        assert_eq!(admin.done(REFUND, ask).await["refunds"].as_array().unwrap().len(), 2);
        world.settle().await;
        assert_eq!(refunded(&seen(guest, id).await), ["226.00", "224.00"]);
    }
}

both! {
    async fn a_host_is_paid_out_of_every_payment_of_a_changed_stay(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        let start = "mutation($input: StartPayoutOnboardingInput!) { startPayoutOnboarding(input: $input) { errors { code } } }";
        host.done(start, json!({ "country": "PT", "password": PASSWORD })).await;
        host.get("mutation { sandboxCompleteOnboarding { errors { code } } }", json!({})).await;
        world.settle().await;
        scene.longer(world, 5).await;
        let ends = seen(guest, id).await["checkOutAt"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        world.advance_to(ends + TimeDelta::hours(24)).await;
        let paid = host
            .get(
                "query($id: ID!) { booking(by: { id: $id }) { payout { status amount { amount } legs { status worth { amount } } } } }",
                json!({ "id": id }),
            )
            .await["payout"]
            .clone();
        // Five nights at 100.00, less 3 %; in proportion to 336.00 and 224.00.
        assert_eq!((&paid["status"], &paid["amount"]["amount"]), (&json!("PAID"), &json!("485.00")));
        let mut legs: Vec<_> = paid["legs"].as_array().unwrap().iter().map(|leg| text(&leg["worth"]["amount"])).collect();
        legs.sort_unstable();
        assert_eq!(legs, ["194.00", "291.00"]);
        let receipt = guest
            .get(
                "query($id: ID!) { booking(by: { id: $id }) { receipt { payments { amount { amount } } refunds { at } } } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(receipt["receipt"], json!({ "payments": [{ "amount": { "amount": "336.00" } }, { "amount": { "amount": "224.00" } }], "refunds": [] }));
    }
}

/// Makes a booking in another currency longer and shorter again, and calls it off.
async fn there_and_back(
    world: &World,
    host: &Person,
    guest: &Person,
    listing: &str,
    day: u64,
    currency: Currency,
) {
    let check_in = in_days(world, day);
    let id = confirmed(world, guest, listing, check_in, currency.code()).await;
    let before = seen(guest, &id).await;
    let change = guest.proposed(&id, check_in, 5).await;
    assert_eq!(host.answer(&change, true, &change).await["errors"], json!([]));
    let held = seen(guest, &id).await;
    guest.pay(text(&held["changes"][0]["payment"]["id"]), CARD).await;
    world.settle().await;
    let longer = seen(guest, &id).await;
    assert_eq!(longer["changes"][0]["status"], "APPLIED", "{currency}");
    assert_eq!(longer["listingPrice"]["total"]["amount"], "560.00");
    let minor = |value: &Value| text(value).replace('.', "").parse::<i64>().unwrap();
    let (three, five) = (minor(&before["total"]["amount"]), minor(&longer["total"]["amount"]));
    assert!(
        (five * 3 - three * 5).abs() <= 8 * currency.step(),
        "{currency}: {three} for three nights, {five} for five"
    );
    let row = payment::Entity::find().all(world.app.db.read()).await.unwrap();
    let paid: i64 = row.iter().filter(|row| row.booking_id.to_string() == id).map(|row| row.captured).sum();
    assert_eq!(paid, five);

    let change = host.proposed(&id, check_in, 4).await;
    assert_eq!(guest.answer(&change, true, &change).await["change"]["status"], "APPLIED");
    world.settle().await;
    stripe::no_charge_without_a_booking(world).await;
    assert_eq!(host.cancel(&id, &id).await["errors"], json!([]));
    world.settle().await;
    let row = payment::Entity::find().all(world.app.db.read()).await.unwrap();
    for row in row.iter().filter(|row| row.booking_id.to_string() == id) {
        assert_eq!((row.refunded, row.listing_refunded), (row.captured, row.listing_amount), "{currency}");
    }
}

both! {
    async fn in_another_currency_a_change_keeps_the_rate_of_the_booking(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.listing(&ListingAsk::default()).await;
        let rates = [(Currency::USD, "1.1637"), (Currency::JPY, "177.35"), (Currency::KWD, "0.3555")];
        told(world, &rates, world.now()).await;
        for (n, (currency, _)) in (0..).zip(rates) {
            there_and_back(world, &host, &guest, &listing, 40 + 10 * n, currency).await;
        }
        let id = confirmed(world, &guest, &listing, in_days(world, 20), "USD").await;
        told(world, &[(Currency::USD, "1.5")], world.now()).await;
        let change = guest.propose(&id, in_days(world, 20), 6, "twice as long").await;
        let booking = seen(&guest, &id).await;
        // 672.00 less 336.00, each line at the rate that is kept.
        assert_eq!((&change["change"]["difference"]["amount"], &booking["total"]["amount"]), (&json!("391.01"), &json!("391.00")));
        assert_eq!(change["change"]["difference"]["currencyCode"], "USD");
        assert_eq!(change["change"]["listingDifference"], json!({ "amount": "336.00", "currencyCode": "EUR" }));
    }
}

both! {
    async fn in_yen_and_dinar_listings_changes_have_no_more_places_than_those(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        for (currency, nightly, longer, shorter) in
            [("JPY", "12345", "13827", "-13826"), ("KWD", "33.330", "37.330", "-37.330")]
        {
            let listing = host.listing(&ListingAsk { currency, nightly, ..ListingAsk::default() }).await;
            let check_in = in_days(world, 20);
            let id = guest.confirmed(world, &listing, check_in, 3).await;
            let change = guest.propose(&id, check_in, 4, &format!("longer in {currency}")).await;
            assert_eq!(change["change"]["difference"]["amount"], longer, "{change}");
            let change = text(&change["change"]["id"]);
            guest.withdraw(change, change).await;
            let change = host.propose(&id, check_in, 2, &format!("shorter in {currency}")).await;
            assert_eq!(change["change"]["difference"]["amount"], shorter, "{change}");
            let change = text(&change["change"]["id"]);
            assert_eq!(guest.answer(change, true, change).await["change"]["status"], "APPLIED");
            world.settle().await;
        }
        stripe::no_charge_without_a_booking(world).await;
    }
}
