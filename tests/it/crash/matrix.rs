//! The server dies, as by `kill -9`, at every point between a write and a call and between a call and its write. Started
//! again, it and its clients, who click again with the same keys, come to exactly what comes about when nobody dies: the
//! same states, the same money at Stripe and in the ledger, each notice and each letter once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    bookings::{
        booking::{self, Status},
        booking_event,
    },
    calendar::night_reason,
    kernel::BookingId,
    ledger::{self, transaction},
    notifications::notification,
    payouts::payout,
};

use crate::{
    both,
    support::{
        ListingAsk, Person, World,
        people::{ACCEPT, BOOK, CANCEL, PASSWORD, PAY, QUOTE},
        process::{Process, leases_end, try_advance_to},
        stripe,
    },
};

/// Where the server dies: a point of `sojourn::drill`, of which kind of work where there are several, and the how manieth
/// time. The test below sees to it that no point is left out.
const POINTS: &[&str] = &[
    "payouts.onboard.chosen",
    "stripe.asked:payouts.onboard",
    "stripe.answered:payouts.onboard",
    "payouts.follow_account.seen",
    "bookings.create.held",
    "stripe.asked:payments.start",
    "stripe.answered:payments.start",
    "payments.sandbox_pay.answered",
    "webhooks.stored",
    "jobs.claimed:payments.settle",
    // The first time is when the payment begins; the second, when it is paid.
    "payments.settle.seen#2",
    "payments.settle.followed",
    "jobs.worked:payments.settle",
    "jobs.worked:bookings.confirm",
    "jobs.worked:notifications.booking_confirmed",
    "notifications.mail.sent",
    "bookings.accept.marked",
    "stripe.asked:payments.capture",
    "stripe.answered:payments.capture",
    "stripe.asked:payments.refund",
    "stripe.answered:payments.refund",
    "jobs.worked:bookings.expire",
    "payments.cancel.answered",
    "jobs.worked:bookings.complete",
    "jobs.worked:payouts.pay",
    "stripe.asked:payouts.send_leg",
    "stripe.answered:payouts.send_leg",
    "payouts.follow_transfer.seen",
    "stripe.asked:payouts.send_reversal",
    "stripe.answered:payouts.send_reversal",
];

const START: &str = "mutation($input: StartPayoutOnboardingInput!) { startPayoutOnboarding(input: $input) {
    payoutAccount { country } errors { code message } } }";
const REFUND: &str =
    "mutation($input: RefundBookingInput!) { refundBooking(input: $input) { errors { code message } } }";
const COMPLETE: &str = "mutation { sandboxCompleteOnboarding { errors { code } } }";

/// Whoever is there in all rounds.
struct Scene {
    host: Person,
    /// A host who gets another account in each round, and whom nobody books.
    mover: Person,
    guest: Person,
    admin: Person,
    /// Booked at once, and on request.
    listings: [String; 2],
}

/// The stays of a round: lived, lived after the host has agreed, called off, and never paid.
const STAYS: [&str; 4] = ["lived", "agreed", "called off", "unpaid"];

/// The main job, once. It may be played again from its beginning, by clients who click again.
struct Round<'a> {
    world: &'a World,
    scene: &'a Scene,
    began: DateTime<Utc>,
    quotes: [Option<String>; 4],
    bookings: [Option<BookingId>; 4],
}

impl<'a> Round<'a> {
    async fn new(world: &'a World, scene: &'a Scene) -> Self {
        sojourn::sandbox::read_offset(&world.app.db, &world.app.clock).await.unwrap();
        Self { world, scene, began: world.now(), quotes: Default::default(), bookings: [None; 4] }
    }

    /// All of it. An error: the server is gone.
    async fn play(&mut self) -> reqwest::Result<()> {
        self.until_all_holds_have_ended().await?;
        self.until_hosts_are_paid().await?;
        self.until_something_is_taken_back().await
    }

    async fn until_all_holds_have_ended(&mut self) -> reqwest::Result<()> {
        let (guest, host) = (&self.scene.guest, &self.scene.host);
        let start = json!({ "country": "PT", "password": PASSWORD, "replace": true });
        let begun = say(&self.scene.mover, START, start).await?;
        assert_eq!(begun["errors"], json!([]));
        say(&self.scene.mover, COMPLETE, json!(null)).await?;

        self.paid(0, 2).await?;
        let agreed = self.paid(1, 2).await?;
        let off = self.paid(2, 10).await?;
        self.booked(3, 15).await?;
        self.rest().await?;
        say(host, ACCEPT, json!({ "bookingId": agreed, "idempotencyKey": agreed })).await?;
        say(guest, CANCEL, json!({ "bookingId": off, "reason": "Rain", "idempotencyKey": off })).await?;
        try_advance_to(self.world, guest, self.began + TimeDelta::minutes(20)).await
    }

    async fn until_hosts_are_paid(&self) -> reqwest::Result<()> {
        let day = self.began.date_naive() + Days::new(4);
        let noon = day.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap()).and_utc();
        try_advance_to(self.world, &self.scene.guest, noon).await
    }

    /// An admin gives a guest some back at the cost of the host, who was paid.
    async fn until_something_is_taken_back(&self) -> reqwest::Result<()> {
        let euros = json!({ "amount": "10.00", "currencyCode": "EUR" });
        let lived = self.bookings[0].expect("a booking");
        let given = json!({
            "bookingId": lived, "amount": euros, "borneBy": { "host": euros }, "reason": "Mould",
            "idempotencyKey": format!("{lived} mould"),
        });
        let given = say(&self.scene.admin, REFUND, given).await?;
        assert_eq!(given["errors"], json!([]));
        self.rest().await
    }

    /// Whatever is due is done.
    async fn rest(&self) -> reqwest::Result<()> {
        // The server's clock may have been moved since it was last looked at.
        sojourn::sandbox::read_offset(&self.world.app.db, &self.world.app.clock).await.unwrap();
        try_advance_to(self.world, &self.scene.guest, self.world.now() + TimeDelta::seconds(5)).await
    }

    async fn booked(&mut self, stay: usize, in_days: u64) -> reqwest::Result<(BookingId, Value)> {
        let guest = &self.scene.guest;
        let check_in = self.began.date_naive() + Days::new(in_days);
        if self.quotes[stay].is_none() {
            let listing = &self.scene.listings[usize::from(stay == 1)];
            let dates = json!({ "checkIn": check_in, "checkOut": check_in + Days::new(1) });
            let input = json!({ "listingId": listing, "stay": dates, "party": { "adults": 2 } });
            let quoted = say(guest, QUOTE, input).await?;
            self.quotes[stay] = Some(quoted["quote"]["id"].as_str().expect("a quote").to_owned());
        }
        let quote = &self.quotes[stay];
        let booked = say(guest, BOOK, json!({ "quoteId": quote, "idempotencyKey": quote })).await?;
        assert_eq!(booked["errors"], json!([]));
        let id: BookingId = booked["booking"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(*self.bookings[stay].get_or_insert(id), id, "the same click is the same booking");
        Ok((id, booked["payment"]["id"].clone()))
    }

    async fn paid(&mut self, stay: usize, in_days: u64) -> reqwest::Result<BookingId> {
        let (booking, payment) = self.booked(stay, in_days).await?;
        let input = json!({ "paymentId": payment, "card": "4242424242424242", "idempotencyKey": payment });
        say(&self.scene.guest, PAY, input).await?;
        Ok(booking)
    }

    /// No booking without nights, and no nights without a reason.
    async fn nights_are_right(&self) {
        let db = self.world.app.db.read();
        let reasons = night_reason::Entity::find().all(db).await.unwrap();
        for id in self.bookings.iter().flatten() {
            let row = booking::Entity::find_by_id(*id).one(db).await.unwrap().unwrap();
            let nights: BTreeSet<NaiveDate> =
                reasons.iter().filter(|it| it.source_id == id.0).map(|it| it.night).collect();
            let all = match row.status {
                Status::Confirmed | Status::Completed => BTreeSet::from([row.check_in]),
                _ => BTreeSet::new(),
            };
            assert_eq!(nights, all, "{:?}", row.status);
        }
    }

    /// All that has become of each stay, in words that are the same in every round.
    async fn outcome(&self) -> BTreeMap<&'static str, Vec<String>> {
        let db = self.world.app.db.read();
        let books = stripe::books(self.world);
        let objects = |name: &str| books[name].as_object().cloned().unwrap_or_default();
        let outbox = self.world.app.mail.outbox().unwrap();
        let mut letters = Vec::new();
        for person in [&self.scene.guest, &self.scene.host] {
            letters.extend(outbox.letters_to(&person.email.parse().unwrap()).await.unwrap());
        }
        let mut all = BTreeMap::new();
        for (stay, id) in STAYS.iter().zip(self.bookings) {
            let id = id.expect("a booking");
            let row = booking::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
            let mut words = vec![format!("booking {:?}", row.status)];
            let events = booking_event::Entity::find().filter(booking_event::Column::BookingId.eq(id));
            words.extend(events.all(db).await.unwrap().iter().map(|it| format!("event {:?}", it.kind)));
            let notices = notification::Entity::find().filter(notification::Column::BookingId.eq(id));
            for notice in notices.all(db).await.unwrap() {
                // Whether a host is still asked when the request is answered already depends on who is faster.
                if notice.kind == notification::Kind::BookingRequested {
                    continue;
                }
                let to = if notice.user_id == row.guest_id { "guest" } else { "host" };
                let sent: Vec<_> =
                    letters.iter().filter(|it| it.message_id.contains(&notice.id.to_string())).collect();
                // A letter that is sent again by a crash is the same letter: nobody reads it twice.
                let is_same = sent.iter().all(|it| it.message_id == sent[0].message_id);
                words.push(format!("{to} hears {:?}, mailed: {}", notice.kind, is_same && !sent.is_empty()));
            }
            let posted = transaction::Entity::find().filter(transaction::Column::BookingId.eq(id));
            words.extend(posted.all(db).await.unwrap().iter().map(|it| format!("ledger {}", it.kind)));
            let payouts = payout::Entity::find().filter(payout::Column::BookingId.eq(id));
            words.extend(payouts.all(db).await.unwrap().iter().map(|it| format!("payout {:?}", it.status)));
            let mut intents = BTreeSet::new();
            for (intent, it) in objects("intents") {
                if it["metadata"]["booking"] == json!(id) {
                    words.push(format!("intent {} {}", it["status"], it["amount_received"]));
                    intents.insert(intent);
                }
            }
            for what in ["charges", "refunds"] {
                let of_stay = objects(what).into_iter().map(|(_, it)| it);
                let of_stay = of_stay.filter(|it| intents.contains(it["intent"].as_str().unwrap()));
                words.extend(of_stay.map(|it| format!("{what} {}", it["amount"])));
            }
            let transfers = objects("transfers").into_iter().map(|(_, it)| it);
            let transfers = transfers.filter(|it| it["transfer_group"] == json!(id));
            for it in transfers {
                let back =
                    it["reversals"].as_array().into_iter().flatten().map(|it| it["amount"].to_string());
                words.push(format!("transfer {}, taken back {:?}", it["amount"], back.collect::<Vec<_>>()));
            }
            words.sort();
            all.insert(*stay, words);
        }
        all
    }
}

/// Sends a mutation; an error: the server is gone.
async fn say(who: &Person, query: &str, input: Value) -> reqwest::Result<Value> {
    let answer = who.try_send(query, json!({ "input": input })).await?;
    assert!(answer.get("errors").is_none(), "{answer:#}\nfor {query}");
    Ok(answer["data"].as_object().unwrap().values().next().unwrap().clone())
}

/// Each of Stripe's accounts is another row of ours: none was made twice.
fn accounts_are_made_once(world: &World) {
    let books = stripe::books(world);
    let accounts = books["accounts"].as_object().unwrap();
    let rows: BTreeSet<_> = accounts.values().map(|it| it["metadata"]["payout_account"].as_str()).collect();
    assert_eq!(rows.len(), accounts.len());
}

both! {
    async fn a_server_that_dies_at_any_point_comes_to_what_it_would_have_come_to(world: World) {
        let (host, mover) = (world.host("Hanna").await, world.host("Mona").await);
        let (guest, admin) = (world.guest("Gustavo").await, world.admin("Ada").await);
        let listings = [host.listing(&ListingAsk::default()).await, host.asked_first().await];
        host.done(START, json!({ "country": "PT", "password": PASSWORD })).await;
        host.get(COMPLETE, json!({})).await;
        world.settle().await;
        world.stop().await;
        let scene = Scene { host, mover, guest, admin, listings };

        // Once in peace.
        let peaceful = Process::start(world).await;
        let mut round = Round::new(world, &scene).await;
        round.play().await.unwrap();
        let expected = round.outcome().await;
        assert!(expected["lived"].contains(&"payout Paid".to_owned()), "{expected:#?}");
        assert!(expected["lived"].contains(&"ledger transfer_reversed".to_owned()), "{expected:#?}");
        assert!(expected["agreed"].contains(&"payout Paid".to_owned()), "{expected:#?}");
        assert!(expected["called off"].iter().any(|word| word.starts_with("refunds")), "{expected:#?}");
        assert!(expected["unpaid"].contains(&"booking Expired".to_owned()), "{expected:#?}");
        peaceful.stop().await;

        for point in POINTS {
            let mut doomed = Process::start_to_die_at(world, point).await;
            let mut round = Round::new(world, &scene).await;
            let gone = round.play().await.is_err();
            assert!(gone || doomed.is_dead(), "{point} is never reached");
            let ended = tokio::time::timeout(Duration::from_secs(60), doomed.ended()).await;
            assert_eq!(ended.expect("it is dying"), None, "{point}: it was no end of its own");
            leases_end(world).await;

            let process = Process::start(world).await;
            // What the dead server had in hand is left to jobs for half a minute.
            let soon = world.now() + TimeDelta::minutes(1);
            try_advance_to(world, &scene.guest, soon).await.unwrap();
            round.until_all_holds_have_ended().await.unwrap();
            round.nights_are_right().await;
            round.until_hosts_are_paid().await.unwrap();
            round.until_something_is_taken_back().await.unwrap();
            assert_eq!(round.outcome().await, expected, "{point}");
            process.stop().await;
            assert_eq!(ledger::verify(&world.app.db).await.unwrap(), [], "{point}");
            stripe::no_charge_without_a_booking(world).await;
            accounts_are_made_once(world);
        }
    }
}

/// All names that stand between `before` and the next quotation mark.
fn named(source: &str, before: &str) -> Vec<String> {
    let after = source.split(before).skip(1);
    after.filter_map(|rest| Some(rest.split_once('"')?.1.split_once('"')?.0.to_owned())).collect()
}

fn sources(folder: &Path, all: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.file_name().is_some_and(|name| name != "drill.rs") {
            all.push(fs::read_to_string(path).unwrap_or_default());
        }
    }
}

#[test]
fn every_point_is_in_the_matrix_and_every_call_of_stripe_that_is_written_down() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let source = all.join("\n");
    let points: BTreeSet<String> =
        [named(&source, "drill::point("), named(&source, "drill::point_of(")].concat().into_iter().collect();
    assert!(points.len() > 10, "{points:?}");
    let bare = |point: &&str| point.split(['#', ':']).next().unwrap().to_owned();
    assert_eq!(points, POINTS.iter().map(bare).collect::<BTreeSet<_>>());

    let calls = named(&source, "asking::ask(");
    assert!(calls.len() >= 5, "{calls:?}");
    for call in calls {
        for point in [format!("stripe.asked:{call}"), format!("stripe.answered:{call}")] {
            assert!(POINTS.contains(&point.as_str()), "{point} is missing");
        }
    }
}
