//! Request to book: the card is authorised and the host asked; what the host, the guest and the clock make of it. Two at
//! once and trouble with the card are told in `request_races.rs` and `request_money.rs`.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::ledger::transaction;

use crate::{
    both,
    support::{
        ListingAsk, Person, World, only_error,
        people::{ACCEPT, DECLINE, in_days},
        stripe::{self, intents_of},
    },
};

/// Charges a card that was authorised.
pub const CAPTURE: &str = "POST /v1/payment_intents/{id}/capture";

const ARCHIVE: &str = "mutation($input: ListingIdInput!) { archiveListing(input: $input) { listing { status } errors { code } } }";

/// A host who is asked first, a guest who asks, and what they speak of.
pub struct Scene {
    pub host: Person,
    pub guest: Person,
    pub listing: String,
    /// The request.
    pub id: String,
}

/// A request for two nights in twenty days.
pub async fn scene(world: &World) -> Scene {
    let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
    let listing = host.asked_first().await;
    let id = guest.requested(world, &listing, in_days(world, 20), 2).await;
    Scene { host, guest, listing, id }
}

/// How often money was taken, as the ledger has it.
pub async fn charges(world: &World) -> u64 {
    let charges = transaction::Entity::find().filter(transaction::Column::Kind.eq("charge"));
    charges.count(world.app.db.read()).await.unwrap()
}

pub fn kinds(booking: &Value) -> Vec<&str> {
    booking["timeline"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect()
}

/// Until when the host can answer.
pub async fn respond_by(person: &Person, id: &str) -> DateTime<Utc> {
    person.booking(id).await["respondBy"].as_str().expect("it waits for the host").parse().unwrap()
}

impl Scene {
    /// The nights can be booked by anybody.
    pub async fn is_free(&self, world: &World) -> bool {
        let other = world.guest("Greta").await;
        other.quote(&self.listing, in_days(world, 20), 2).await["errors"] == json!([])
    }

    /// The request has ended as `status`, and the card was let go.
    pub async fn ended_as(&self, world: &World, status: &str) {
        world.settle().await;
        let booking = self.guest.booking(&self.id).await;
        let now = (&booking["status"], &booking["payment"]["status"], &booking["viewerActions"]);
        assert_eq!(now, (&json!(status), &json!("CANCELLED"), &json!([])));
        assert_eq!(booking["respondBy"], Value::Null);
        let intents = intents_of(world, &self.id);
        assert_eq!(intents.len(), 1);
        assert_eq!(intents[0]["status"].as_str().unwrap().to_lowercase(), "canceled");
        assert_eq!(charges(world).await, 0);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_request_is_accepted_and_only_then_charged(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, listing, id } = &scene;
        let asked = guest.get(
            "query($id: ID!) { booking(by: { id: $id }) { byRequest respondBy acceptedAt holdEndsAt createdAt } }",
            json!({ "id": id }),
        ).await;
        assert_eq!((&asked["byRequest"], &asked["acceptedAt"], &asked["holdEndsAt"]), (&json!(true), &Value::Null, &Value::Null));
        let made: DateTime<Utc> = asked["createdAt"].as_str().unwrap().parse().unwrap();
        let day = respond_by(guest, id).await - made;
        assert!((TimeDelta::hours(24)..TimeDelta::hours(25)).contains(&day), "{day}");

        // Set aside and not taken; held and not confirmed.
        let booking = guest.booking(id).await;
        assert_eq!((&booking["payment"]["status"], &booking["address"]), (&json!("AUTHORISED"), &Value::Null));
        assert_eq!(booking["viewerActions"], json!(["CANCEL"]));
        assert_eq!(host.booking(id).await["viewerActions"], json!(["ACCEPT", "DECLINE"]));
        assert_eq!((host.notices().await, guest.notices().await.len()), (vec!["BOOKING_REQUESTED".to_owned()], 0));
        let letters = world.letters(&host.email).await;
        assert!(letters.iter().any(|letter| letter.subject == "Gustavo would like to stay at A quiet home in Lisbon"));
        assert_eq!(charges(world).await, 0);
        assert!(!scene.is_free(world).await);
        let archived = host.attempt(ARCHIVE, json!({ "listingId": listing })).await;
        assert_eq!(only_error(&archived), "FUTURE_BOOKINGS");
        let again = guest.pay(booking["payment"]["id"].as_str().unwrap(), "5555555555554444").await;
        assert_eq!(only_error(&again), "NOT_PAYABLE");

        let accepted = host.accept(id, "yes").await;
        assert_eq!((&accepted["errors"], &accepted["booking"]["status"]), (&json!([]), &json!("CONFIRMED")));
        world.settle().await;
        let booking = guest.booking(id).await;
        assert_eq!(kinds(&booking), ["CREATED", "REQUESTED", "ACCEPTED", "CONFIRMED"]);
        assert_eq!((&booking["payment"]["status"], &booking["viewerActions"]), (&json!("SUCCEEDED"), &json!(["CANCEL", "PROPOSE_CHANGE"])));
        assert_eq!(booking["address"]["street"], "Rua das Flores 7");
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED"]);
        assert_eq!(host.notices().await, ["BOOKING_REQUESTED", "BOOKING_CONFIRMED"]);
        assert_eq!((charges(world).await, world.switches().calls(CAPTURE)), (1, 1));

        // The second click is the first one; another one finds nothing to answer.
        assert_eq!(host.accept(id, "yes").await, accepted);
        assert_eq!(only_error(&host.accept(id, "yes, again").await), "NOT_PENDING");
        assert_eq!(only_error(&host.decline(id, "").await), "NOT_PENDING");
        let next = guest.requested(world, listing, in_days(world, 40), 2).await;
        assert_eq!(only_error(&host.accept(&next, "yes").await), "IDEMPOTENCY_CONFLICT");
        assert_eq!(only_error(&host.accept(&next, "").await), "IDEMPOTENCY_KEY_INVALID");
        // Its day over, what was accepted stays what it is.
        world.advance(TimeDelta::hours(26)).await;
        assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
        assert_eq!(guest.booking(&next).await["status"], "EXPIRED");
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_declined_request_frees_the_nights_and_the_card(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        assert_eq!(only_error(&host.decline(id, &"x".repeat(501)).await), "REASON_INVALID");
        let declined = host.decline(id, "My sister comes that week").await;
        assert_eq!((&declined["errors"], &declined["booking"]["status"]), (&json!([]), &json!("DECLINED")));

        scene.ended_as(world, "DECLINED").await;
        let booking = guest.booking(id).await;
        assert_eq!(kinds(&booking), ["CREATED", "REQUESTED", "DECLINED"]);
        assert_eq!(booking["timeline"][2]["note"], "My sister comes that week");
        assert_eq!(guest.notices().await, ["BOOKING_DECLINED"]);
        let letters = world.letters(&guest.email).await;
        assert!(letters.iter().any(|letter| letter.text.contains("Hanna wrote: My sister comes that week")));
        assert!(scene.is_free(world).await);

        assert_eq!(only_error(&host.accept(id, "after all").await), "NOT_PENDING");
        assert_eq!(only_error(&host.decline(id, "").await), "NOT_PENDING");
        assert_eq!(only_error(&guest.cancel(id, "then not").await), "ALREADY_ENDED");
        assert_eq!(world.switches().calls(CAPTURE), 0);
    }
}

both! {
    async fn an_unanswered_request_expires_after_a_day(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        let until = respond_by(host, id).await;
        world.advance_to(until - TimeDelta::seconds(20)).await;
        assert_eq!(guest.booking(id).await["status"], "PENDING_APPROVAL");
        world.advance_to(until).await;
        assert_eq!(only_error(&host.accept(id, "too late").await), "NOT_PENDING");
        assert_eq!(only_error(&host.decline(id, "").await), "NOT_PENDING");

        scene.ended_as(world, "EXPIRED").await;
        let booking = guest.booking(id).await;
        assert_eq!(kinds(&booking), ["CREATED", "REQUESTED", "EXPIRED"]);
        assert_eq!(booking["timeline"][2]["note"], "the host did not answer in time");
        assert_eq!(guest.notices().await, ["BOOKING_EXPIRED"]);
        assert!(scene.is_free(world).await);
    }
}

both! {
    async fn a_host_can_not_answer_once_the_stay_has_begun(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.asked_first().await;
        // In the evening, for the next day: less than a day before the guest may come.
        world.advance_to(in_days(world, 1).and_hms_opt(20, 0, 0).unwrap().and_utc()).await;
        let id = guest.requested(world, &listing, in_days(world, 1), 2).await;
        let booking = guest.get("query($id: ID!) { booking(by: { id: $id }) { checkInAt respondBy } }", json!({ "id": id })).await;
        assert_eq!(booking["respondBy"], booking["checkInAt"]);
        world.advance_to(respond_by(&host, &id).await).await;
        assert_eq!(guest.booking(&id).await["status"], "EXPIRED");
    }
}

both! {
    async fn an_expired_request_is_taken_over_while_nobody_works(world: World) {
        let scene = scene(world).await;
        let Scene { guest, id, .. } = &scene;
        let until = respond_by(guest, id).await;
        let other = world.guest("Olga").await;
        world.without_workers().await;

        world.app.clock.advance_to(until + TimeDelta::seconds(1));
        let booking = guest.booking(id).await;
        assert_eq!((&booking["status"], &booking["viewerActions"]), (&json!("EXPIRED"), &json!([])));
        let check_in = in_days(world, 19);
        let taken = other.hold(&scene.listing, check_in, 2).await;
        assert_eq!(taken["booking"]["status"], "PENDING_PAYMENT");

        world.with_workers().await;
        scene.ended_as(world, "EXPIRED").await;
        assert_eq!(other.booking(taken["booking"]["id"].as_str().unwrap()).await["status"], "PENDING_PAYMENT");
    }
}

both! {
    async fn a_guest_calls_a_request_off_and_pays_nothing(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        assert_eq!(only_error(&host.cancel(id, "no").await), "DECLINE_INSTEAD");
        let cancelled = guest.cancel(id, "changed my mind").await;
        assert_eq!((&cancelled["errors"], &cancelled["booking"]["status"]), (&json!([]), &json!("CANCELLED")));

        scene.ended_as(world, "CANCELLED").await;
        assert_eq!(only_error(&host.accept(id, "yes").await), "NOT_PENDING");
        assert_eq!(guest.notices().await, ["BOOKING_CANCELLED"]);
        assert_eq!(host.notices().await, ["BOOKING_REQUESTED", "BOOKING_CANCELLED"]);
        assert!(scene.is_free(world).await);
    }
}

both! {
    async fn nobody_but_its_host_answers_a_request(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        let other = world.host("Hugo").await;
        let yes = json!({ "input": { "bookingId": id, "idempotencyKey": "yes" } });
        let no = json!({ "input": { "bookingId": id } });
        assert_eq!(other.refused(ACCEPT, yes.clone()).await, "NOT_FOUND");
        assert_eq!(other.refused(DECLINE, no.clone()).await, "NOT_FOUND");
        assert_eq!(guest.refused(ACCEPT, yes).await, "FORBIDDEN");
        assert_eq!(guest.refused(DECLINE, no).await, "FORBIDDEN");
        assert_eq!(guest.booking(id).await["status"], "PENDING_APPROVAL");

        // Nor does the host answer what nobody asks: a hold that is not paid, a booking at once.
        let unpaid = guest.hold(&scene.listing, in_days(world, 30), 2).await;
        assert_eq!(only_error(&host.accept(unpaid["booking"]["id"].as_str().unwrap(), "a").await), "NOT_PENDING");
        let at_once = host.listing(&ListingAsk::default()).await;
        let confirmed = guest.confirmed(world, &at_once, in_days(world, 20), 2).await;
        assert_eq!(only_error(&host.decline(&confirmed, "").await), "NOT_PENDING");
    }
}

both! {
    async fn requests_count_among_the_five_open_holds(world: World) {
        let scene = scene(world).await;
        let Scene { guest, listing, id, .. } = &scene;
        for n in 0..4 {
            guest.hold(listing, in_days(world, 30 + 3 * n), 2).await;
        }
        let more = guest.quoted(listing, in_days(world, 60), 2).await;
        assert_eq!(only_error(&guest.book(&more, "more").await), "TOO_MANY_HOLDS");
        guest.cancel(id, "room").await;
        assert_eq!(guest.book(&more, "more").await["errors"], json!([]));
    }
}
