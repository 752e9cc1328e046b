//! Changes of dates or guests: proposed by one side, answered by the other, and what each sees of it. Money that comes late
//! or in several parts is told in `changes_money.rs`, two at once in `changes_races.rs`.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    both,
    support::{
        ListingAsk, Person, World, only_error,
        people::{ANSWER, PROPOSE, WITHDRAW, in_days},
        stripe::{self, intents_of},
    },
};

pub const CARD: &str = "4242424242424242";

const RULES: &str =
    "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { errors { code message } } }";
const MODERATE: &str =
    "mutation($input: ModerateListingInput!) { moderateListing(input: $input) { errors { code message } } }";

/// A booking of three nights in twenty days, for 336.00.
pub struct Scene {
    pub host: Person,
    pub guest: Person,
    pub listing: String,
    pub id: String,
    pub check_in: NaiveDate,
}

pub async fn scene(world: &World) -> Scene {
    let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
    let listing = host.listing(&ListingAsk::default()).await;
    let check_in = in_days(world, 20);
    let id = guest.confirmed(world, &listing, check_in, 3).await;
    Scene { host, guest, listing, id, check_in }
}

/// A booking with all that changes of it are about.
pub async fn seen(who: &Person, id: &str) -> Value {
    who.get(
        "query($id: ID!) { booking(by: { id: $id }) { status checkIn checkOut checkInAt checkOutAt viewerActions
           party { adults children pets } total { amount currencyCode } listingPrice { total { amount } }
           payment { id refunded { amount } } payments { id status amount { amount } refunded { amount } }
           openChange { id status endsAt }
           changes { id status fromCheckOut checkOut fromTotal { amount } total { amount } difference { amount }
             fromParty { adults } party { adults } proposedBy { id } note reason endsAt answeredAt appliedAt
             payment { id status clientSecret } }
           timeline { kind note actor { id } } refundPreview { rule isLimited total { amount } } } }",
        json!({ "id": id }),
    )
    .await
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub fn kinds(booking: &Value) -> Vec<&str> {
    booking["timeline"].as_array().unwrap().iter().map(|line| text(&line["kind"])).collect()
}

fn instant(value: &Value) -> DateTime<Utc> {
    text(value).parse().unwrap()
}

impl Scene {
    /// The nights of a stay that somebody else could book.
    pub async fn is_free(&self, check_in: NaiveDate, nights: u64, who: &Person) -> bool {
        who.quote(&self.listing, check_in, nights).await["errors"] == json!([])
    }

    /// Makes the stay so many nights long, paid for.
    pub async fn longer(&self, world: &World, nights: u64) {
        let change = self.guest.proposed(&self.id, self.check_in, nights).await;
        let accepted = self.host.answer(&change, true, &change).await;
        assert_eq!(accepted["errors"], json!([]));
        let change = seen(&self.guest, &self.id).await["openChange"]["id"].clone();
        let all = seen(&self.guest, &self.id).await["changes"].clone();
        let open = all.as_array().unwrap().iter().find(|one| one["id"] == change).unwrap().clone();
        self.guest.pay(text(&open["payment"]["id"]), CARD).await;
        world.settle().await;
        assert_eq!(
            seen(&self.guest, &self.id).await["changes"].as_array().unwrap().last().unwrap()["status"],
            "APPLIED"
        );
    }
}

both! {
    async fn a_longer_stay_pays_the_difference_and_is_changed(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let other = world.guest("Olga").await;
        assert_eq!(seen(guest, id).await["viewerActions"], json!(["CANCEL", "PROPOSE_CHANGE"]));

        let proposed = guest.propose(id, *check_in, 5, "longer").await;
        let change = proposed["change"].clone();
        assert_eq!(proposed["errors"], json!([]));
        assert_eq!(change["difference"], json!({ "amount": "224.00", "currencyCode": "EUR" }));
        assert_eq!((&change["listingDifference"], &change["total"]["amount"]), (&change["difference"], &json!("560.00")));
        assert_eq!(seen(guest, id).await["viewerActions"], json!(["CANCEL", "WITHDRAW_CHANGE"]));
        assert_eq!(seen(host, id).await["viewerActions"], json!(["CANCEL", "ANSWER_CHANGE"]));
        world.settle().await;
        assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "BOOKING_CHANGE_PROPOSED"]);
        let letters = world.letters(&host.email).await;
        let letter = letters.iter().find(|letter| letter.subject.contains("would like to change the stay")).unwrap();
        assert!(letter.text.contains("€224.00 are to be paid"), "{}", letter.text);
        // A proposal holds nothing.
        assert!(scene.is_free(*check_in + Days::new(3), 2, &other).await);

        // The price of then is kept, whatever the host asks meanwhile.
        let dearer = json!({ "listingId": scene.listing, "nightly": { "amount": "900.00", "currencyCode": "EUR" } });
        host.done("mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code } } }", dearer).await;
        let accepted = host.answer(text(&change["id"]), true, "yes").await;
        assert_eq!((&accepted["errors"], &accepted["change"]["status"]), (&json!([]), &json!("ACCEPTED")));
        assert_eq!((&accepted["payment"], &accepted["change"]["payment"]), (&Value::Null, &Value::Null), "the guest pays");
        assert!(!scene.is_free(*check_in + Days::new(3), 2, &other).await, "what is added is held");
        let held = seen(guest, id).await;
        assert_eq!((&held["checkOut"], &held["total"]["amount"]), (&json!(*check_in + Days::new(3)), &json!("336.00")));
        assert_eq!(held["viewerActions"], json!(["CANCEL", "PAY_CHANGE"]));
        assert!(held["changes"][0]["payment"]["clientSecret"].is_string());
        assert_eq!(seen(host, id).await["viewerActions"], json!(["CANCEL"]));
        assert_eq!(seen(host, id).await["payments"], json!([]));
        world.settle().await;
        assert!(guest.notices().await.contains(&"BOOKING_CHANGE_ACCEPTED".to_owned()));

        guest.pay(text(&held["changes"][0]["payment"]["id"]), CARD).await;
        world.settle().await;
        let changed = seen(guest, id).await;
        assert_eq!((&changed["status"], &changed["changes"][0]["status"]), (&json!("CONFIRMED"), &json!("APPLIED")));
        assert_eq!((&changed["checkIn"], &changed["checkOut"]), (&json!(check_in), &json!(*check_in + Days::new(5))));
        assert_eq!((&changed["total"]["amount"], &changed["listingPrice"]["total"]["amount"]), (&json!("560.00"), &json!("560.00")));
        assert_eq!(kinds(&changed), ["CREATED", "CONFIRMED", "CHANGE_PROPOSED", "CHANGE_ACCEPTED", "CHANGED"]);
        let note = text(&changed["timeline"][4]["note"]);
        assert!(note.contains(", 2 adults → ") && note.ends_with(", 2 adults"), "{note}");
        let payments: Vec<_> = changed["payments"].as_array().unwrap().iter().map(|one| text(&one["amount"]["amount"])).collect();
        assert_eq!(payments, ["336.00", "224.00"]);
        assert_eq!((&changed["openChange"], &changed["viewerActions"]), (&Value::Null, &json!(["CANCEL", "PROPOSE_CHANGE"])));
        assert!(!scene.is_free(*check_in + Days::new(4), 1, &other).await);
        assert!(scene.is_free(*check_in + Days::new(5), 1, &other).await);
        for side in [guest, host] {
            assert_eq!(side.notices().await.iter().filter(|kind| *kind == "BOOKING_CHANGED").count(), 1);
        }
        assert_eq!(intents_of(world, id).len(), 2);
        stripe::no_charge_without_a_booking(world).await;

        // The stay ends when it does now, and no job of the old time ends it before.
        world.advance_to(instant(&changed["checkOutAt"]) - TimeDelta::days(1)).await;
        assert_eq!(seen(guest, id).await["status"], "CONFIRMED");
        world.advance_to(instant(&changed["checkOutAt"])).await;
        assert_eq!(seen(guest, id).await["status"], "COMPLETED");
    }
}

both! {
    async fn a_shorter_stay_goes_back_in_part_at_once(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let other = world.guest("Olga").await;
        let proposed = host.propose(id, *check_in, 2, "shorter").await;
        assert_eq!(proposed["change"]["difference"]["amount"], "-112.00");
        world.settle().await;
        let accepted = guest.answer(text(&proposed["change"]["id"]), true, "yes").await;
        assert_eq!((&accepted["change"]["status"], &accepted["payment"]), (&json!("APPLIED"), &Value::Null));
        world.settle().await;
        let changed = seen(guest, id).await;
        assert_eq!((&changed["total"]["amount"], &changed["payment"]["refunded"]["amount"]), (&json!("224.00"), &json!("112.00")));
        assert_eq!(kinds(&changed), ["CREATED", "CONFIRMED", "CHANGE_PROPOSED", "CHANGED"]);
        assert!(scene.is_free(*check_in + Days::new(2), 1, &other).await);
        assert!(!scene.is_free(*check_in + Days::new(1), 1, &other).await);
        let notices = guest.notices().await;
        for kind in ["BOOKING_CHANGE_PROPOSED", "BOOKING_CHANGED", "PAYMENT_REFUNDED"] {
            assert!(notices.contains(&kind.to_owned()), "{notices:?}");
        }
        stripe::no_charge_without_a_booking(world).await;
        // It ends a day earlier than was booked.
        world.advance_to(instant(&changed["checkOutAt"])).await;
        assert_eq!(seen(guest, id).await["status"], "COMPLETED");
        world.advance(TimeDelta::days(3)).await;
    }
}

both! {
    async fn guests_alone_are_changed(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, listing, id, check_in } = &scene;
        let price = json!({ "listingId": listing, "guestsIncluded": 2, "extraGuestFee": { "amount": "10.00", "currencyCode": "EUR" } });
        host.done("mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code } } }", price).await;
        let ask = |party: Value, key: &str| json!({ "bookingId": id, "party": party, "note": "My sister comes too", "idempotencyKey": key });
        let many = guest.attempt(PROPOSE, ask(json!({ "adults": 5 }), "five")).await;
        assert_eq!(only_error(&many), "NOT_AVAILABLE");
        assert_eq!(many["errors"][0]["violations"], json!([{ "code": "TOO_MANY_GUESTS", "limit": 4 }]));
        assert_eq!(only_error(&guest.attempt(PROPOSE, ask(json!({ "adults": 0 }), "none")).await), "INVALID_PARTY");
        assert_eq!(only_error(&guest.attempt(PROPOSE, ask(json!({ "adults": 2 }), "same")).await), "NOTHING_CHANGES");
        assert_eq!(only_error(&guest.propose(id, *check_in, 3, "same dates").await), "NOTHING_CHANGES");
        assert_eq!(only_error(&guest.propose(id, *check_in, 0, "no night").await), "INVALID_STAY");
        // An infant costs nothing.
        let infant = guest.attempt(PROPOSE, ask(json!({ "adults": 2, "infants": 1 }), "infant")).await;
        assert_eq!(infant["change"]["difference"]["amount"], "0.00");
        let change = text(&infant["change"]["id"]).to_owned();
        assert_eq!(host.answer(&change, true, "yes").await["change"]["status"], "APPLIED");

        let third = guest.attempt(PROPOSE, ask(json!({ "adults": 3, "pets": 1 }), "third")).await;
        assert_eq!(third["change"]["difference"]["amount"], "33.60");
        let change = text(&third["change"]["id"]).to_owned();
        assert_eq!(host.answer(&change, true, "yes, too").await["change"]["status"], "ACCEPTED");
        let letters = world.letters(&host.email).await;
        assert!(letters.iter().any(|letter| letter.text.contains("Gustavo wrote: My sister comes too")));
        let held = seen(guest, id).await;
        guest.pay(text(&held["changes"][1]["payment"]["id"]), CARD).await;
        world.settle().await;
        let changed = seen(guest, id).await;
        assert_eq!((&changed["party"], &changed["total"]["amount"]), (&json!({ "adults": 3, "children": 0, "pets": 1 }), &json!("369.60")));
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn dates_move_onto_nights_of_their_own_with_their_preparation(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, listing, id, check_in } = &scene;
        let other = world.guest("Olga").await;
        host.done(RULES, json!({ "listingId": listing, "preparationBefore": 1, "preparationAfter": 1 })).await;
        let day = |n: u64| *check_in + Days::new(n);
        // A day later: two nights are its own, one is its own preparation until then.
        let change = guest.proposed(id, day(1), 3).await;
        assert_eq!(host.answer(&change, true, "yes").await["change"]["status"], "APPLIED");
        world.settle().await;
        let moved = seen(guest, id).await;
        assert_eq!((&moved["checkIn"], &moved["checkOut"], &moved["total"]["amount"]), (&json!(day(1)), &json!(day(4)), &json!("336.00")));
        for (n, free) in [(0, false), (1, false), (3, false), (4, false), (5, true)] {
            assert_eq!(scene.is_free(day(n), 1, &other).await, free, "night {n}");
        }
        assert!(scene.is_free(*check_in - Days::new(1), 1, &other).await, "the night before is no preparation any more");

        // Longer, over its own preparation: it is held with the nights, and stays where it is when nobody pays.
        let change = guest.proposed(id, day(1), 4).await;
        assert_eq!(host.answer(&change, true, "longer").await["change"]["status"], "ACCEPTED");
        assert!(!scene.is_free(day(5), 1, &other).await, "preparation of the longer stay");
        world.advance(TimeDelta::minutes(16)).await;
        assert_eq!(seen(guest, id).await["changes"][1]["status"], "EXPIRED");
        for (n, free) in [(3, false), (4, false), (5, true)] {
            assert_eq!(scene.is_free(day(n), 1, &other).await, free, "night {n} after all");
        }
        // Somebody else's preparation is none of its own.
        let theirs = other.hold(listing, day(6), 2).await;
        other.pay(text(&theirs["payment"]["id"]), CARD).await;
        world.settle().await;
        assert_eq!(guest.propose(id, day(1), 4, "again").await["errors"], json!([]));
        let far = guest.propose(id, day(1), 6, "far").await;
        assert_eq!(only_error(&far), "ALREADY_OPEN");
        let open = seen(guest, id).await["openChange"]["id"].clone();
        guest.withdraw(text(&open), "then not").await;
        let far = guest.propose(id, day(1), 6, "far").await;
        let nights: Vec<_> = far["errors"].as_array().unwrap().iter().map(|error| (text(&error["code"]), error["nights"].clone())).collect();
        assert_eq!(nights, [("NIGHTS_TAKEN", json!([day(6)])), ("NIGHTS_TAKEN", json!([day(5)]))]);
    }
}

both! {
    async fn a_change_is_declined_withdrawn_or_ends_by_itself(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let first = guest.proposed(id, *check_in, 4).await;
        assert_eq!(only_error(&guest.answer(&first, true, "myself").await), "OTHER_SIDE");
        assert_eq!(only_error(&host.withdraw(&first, "not mine").await), "OTHER_SIDE");
        assert_eq!(only_error(&host.propose(id, *check_in, 2, "mine").await), "ALREADY_OPEN");
        let no = json!({ "changeId": first, "accept": false, "reason": "My sister comes that day", "idempotencyKey": "no" });
        let declined = host.attempt(ANSWER, no.clone()).await;
        assert_eq!(declined["change"]["status"], "DECLINED");
        assert_eq!(host.attempt(ANSWER, no).await, declined, "the second click is the first one");
        assert_eq!(only_error(&host.answer(&first, true, "after all").await), "NOT_OPEN");
        assert_eq!(only_error(&host.answer(&first, true, "no").await), "IDEMPOTENCY_CONFLICT");
        let letters = world.letters(&guest.email).await;
        assert!(letters.iter().any(|letter| letter.text.contains("My sister comes that day")));

        let second = host.proposed(id, *check_in, 2).await;
        world.settle().await;
        let taken_back = host.withdraw(&second, "back").await;
        assert_eq!(taken_back["change"]["status"], "WITHDRAWN");
        assert_eq!(host.withdraw(&second, "back").await, taken_back);
        assert_eq!(only_error(&guest.answer(&second, true, "yes").await), "NOT_OPEN");

        let third = guest.proposed(id, *check_in, 5).await;
        let ends = instant(&seen(guest, id).await["openChange"]["endsAt"]);
        assert!((TimeDelta::hours(23)..=TimeDelta::hours(24)).contains(&(ends - world.now())));
        world.advance_to(ends).await;
        assert_eq!(only_error(&host.answer(&third, true, "too late").await), "NOT_OPEN");
        let booking = seen(guest, id).await;
        let states: Vec<_> = booking["changes"].as_array().unwrap().iter().map(|one| text(&one["status"])).collect();
        assert_eq!(states, ["DECLINED", "WITHDRAWN", "EXPIRED"]);
        assert_eq!(kinds(&booking)[2..], [
            "CHANGE_PROPOSED", "CHANGE_DECLINED", "CHANGE_PROPOSED", "CHANGE_WITHDRAWN", "CHANGE_PROPOSED", "CHANGE_EXPIRED",
        ]);
        assert_eq!(guest.notices().await, [
            "BOOKING_CONFIRMED", "BOOKING_CHANGE_DECLINED", "BOOKING_CHANGE_PROPOSED", "BOOKING_CHANGE_ENDED", "BOOKING_CHANGE_ENDED",
        ]);
        assert_eq!((&booking["total"]["amount"], intents_of(world, id).len()), (&json!("336.00"), 1));
    }
}

both! {
    async fn nights_that_are_taken_and_rules_of_the_listing_are_named(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, listing, id, check_in } = &scene;
        let other = world.guest("Olga").await;
        let day = |n: u64| *check_in + Days::new(n);
        let theirs = other.hold(listing, day(4), 2).await;
        let refused = guest.propose(id, *check_in, 5, "over theirs").await;
        assert_eq!((only_error(&refused), &refused["errors"][0]["nights"]), ("NIGHTS_TAKEN", &json!([day(4)])));

        // Proposed while they are free, and taken when the host says yes.
        let change = guest.proposed(id, *check_in, 4).await;
        host.done(RULES, json!({ "listingId": listing, "block": [{ "first": day(3), "last": day(3) }] })).await;
        let refused = host.answer(&change, true, "yes").await;
        assert_eq!((only_error(&refused), &refused["errors"][0]["nights"]), ("NIGHTS_TAKEN", &json!([day(3)])));
        host.done(RULES, json!({ "listingId": listing, "open": [{ "first": day(3), "last": day(3) }], "minNights": 3, "maxNights": 9 })).await;
        assert_eq!(guest.withdraw(&change, "back").await["errors"], json!([]));
        let short = guest.propose(id, *check_in, 2, "short").await;
        assert_eq!((only_error(&short), &short["errors"][0]["violations"]), ("NOT_AVAILABLE", &json!([{ "code": "MIN_NIGHTS", "limit": 3 }])));
        // Of what does not change, nothing is judged: more guests, though such a stay would be too short by now.
        host.done(RULES, json!({ "listingId": listing, "minNights": 5 })).await;
        let party = json!({ "bookingId": id, "party": { "adults": 3 }, "idempotencyKey": "three" });
        let change = text(&guest.done(PROPOSE, party).await["change"]["id"]).to_owned();

        // Kept off the market, nothing is changed; paused, it is.
        let admin = world.admin("Ada").await;
        for (action, errors) in [("SUSPEND", json!(["NOT_AVAILABLE"])), ("REINSTATE", json!([]))] {
            admin.done(MODERATE, json!({ "listingId": listing, "action": action, "reason": "We look into it" })).await;
            let answered = host.answer(&change, true, action).await;
            let codes: Vec<_> = answered["errors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
            assert_eq!(json!(codes), errors, "{answered}");
        }
        other.pay(text(&theirs["payment"]["id"]), CARD).await;
        world.settle().await;
    }
}

both! {
    async fn of_a_stay_that_has_begun_only_what_is_to_come_changes(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let booking = seen(guest, id).await;
        let begins = instant(&booking["checkInAt"]);
        // A proposal never outlives check-in.
        world.advance_to(begins - TimeDelta::hours(2)).await;
        let change = guest.proposed(id, *check_in, 4).await;
        assert_eq!(instant(&seen(guest, id).await["openChange"]["endsAt"]), begins);
        world.advance_to(begins).await;
        assert_eq!(only_error(&host.answer(&change, true, "late").await), "NOT_OPEN");
        let second_day = *check_in + Days::new(1);
        assert_eq!(only_error(&guest.propose(id, second_day, 2, "later").await), "CHECK_IN_PASSED");
        world.advance(TimeDelta::hours(30)).await;
        assert_eq!(only_error(&guest.propose(id, *check_in, 1, "too short").await), "NIGHTS_PASSED");
        scene.longer(world, 5).await;
        let change = guest.proposed(id, *check_in, 2).await;
        assert_eq!(host.answer(&change, true, "short after all").await["change"]["status"], "APPLIED");
        world.settle().await;
        let changed = seen(guest, id).await;
        assert_eq!((&changed["total"]["amount"], &changed["checkOut"]), (&json!("224.00"), &json!(*check_in + Days::new(2))));
        // All of the second payment goes back, and a part of the first.
        let back: Vec<_> = changed["payments"].as_array().unwrap().iter().map(|one| text(&one["refunded"]["amount"])).collect();
        assert_eq!(back, ["112.00", "224.00"]);
        stripe::no_charge_without_a_booking(world).await;
        world.advance_to(instant(&changed["checkOutAt"])).await;
        assert_eq!(only_error(&guest.propose(id, *check_in, 4, "over").await), "NOT_CHANGEABLE");
        assert_eq!(seen(guest, id).await["status"], "COMPLETED");
    }
}

both! {
    async fn nobody_but_its_sides_changes_a_booking(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, check_in, .. } = &scene;
        let change = guest.proposed(id, *check_in, 4).await;
        for stranger in [world.host("Hugo").await, world.admin("Ada").await] {
            for (mutation, input) in [
                (PROPOSE, json!({ "bookingId": id, "party": { "adults": 3 }, "idempotencyKey": "k" })),
                (ANSWER, json!({ "changeId": change, "accept": true, "idempotencyKey": "k" })),
                (WITHDRAW, json!({ "changeId": change, "idempotencyKey": "k" })),
            ] {
                assert_eq!(stranger.refused(mutation, json!({ "input": input })).await, "NOT_FOUND");
            }
        }
        let key = guest.attempt(PROPOSE, json!({ "bookingId": id, "party": { "adults": 3 }, "idempotencyKey": "" })).await;
        assert_eq!(only_error(&key), "IDEMPOTENCY_KEY_INVALID");
        let note = json!({ "bookingId": id, "party": { "adults": 3 }, "note": "x".repeat(501), "idempotencyKey": "k" });
        assert_eq!(only_error(&guest.attempt(PROPOSE, note).await), "NOTE_INVALID");
        // What is not confirmed is not changed.
        let unpaid = guest.hold(&scene.listing, *check_in + Days::new(10), 2).await;
        let unpaid = text(&unpaid["booking"]["id"]);
        assert_eq!(only_error(&guest.propose(unpaid, *check_in + Days::new(10), 3, "unpaid").await), "NOT_CHANGEABLE");
        // Called off, the open change ends with the booking.
        guest.cancel(id, "rain").await;
        assert_eq!(only_error(&host.answer(&change, true, "yes").await), "NOT_OPEN");
        let booking = seen(guest, id).await;
        assert_eq!((&booking["changes"][0]["status"], &booking["viewerActions"]), (&json!("ENDED"), &json!([])));
    }
}
