//! Stories of payments against the emulator, over HTTP: lost answers, late money, webhooks in any order. What a booking
//! makes of it is told elsewhere.

use std::{path::PathBuf, sync::Arc};

use axum::{body::Bytes, extract::State, http::HeaderMap};
use chrono::TimeDelta;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use sha2::Sha256;
use tokio::sync::Mutex;

use super::{
    abandon::abandon,
    ask_refund::ask_refund,
    find,
    open::open,
    payment::{self, Status},
    receive::{Received, receive},
    refund, rules,
    sandbox_pay::{self, ThreeDSecure},
    send_refund::send_refund,
    settle::settle,
    start::start,
    stripe_event,
    testing::{app, booked, jobs_of, start_of_test},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    bookings::booking,
    db::Db,
    kernel::{Clock, Fault, Money, Never, PaymentId, SessionId, UserId, clock::Instant},
    ledger::{testing::on_each_database, verify},
    ports::stripe::{
        BadNotice, Stripe, StripeSettings,
        emulator::{Emulator, EmulatorSettings},
    },
};

const SECRET: &str = "whsec_payments";
const CREATE: &str = "POST /v1/payment_intents";
const REFUND: &str = "POST /v1/refunds";

/// A server's worth of payments: what it has, the emulator, and who takes the webhooks.
struct World {
    app: App,
    emulator: Emulator,
    _folder: tempfile::TempDir,
}

type Inbox = Arc<Mutex<Option<App>>>;

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> axum::http::StatusCode {
    let app = inbox.lock().await.clone().unwrap();
    receive(&app, &body, headers["stripe-signature"].to_str().unwrap()).await.unwrap();
    axum::http::StatusCode::OK
}

async fn world(db: Db) -> World {
    let inbox = Inbox::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhooks = format!("http://{}/", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(take).with_state(inbox.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let clock = Clock::standing(start_of_test());
    let emulator = Emulator::start(EmulatorSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        secret_key: "sk_test_payments".to_owned(),
        webhook_secret: SECRET.to_owned(),
        webhook_url: Some(webhooks.parse().unwrap()),
        clock: clock.clone(),
        snapshot: None::<PathBuf>,
    })
    .await
    .unwrap();
    let stripe = Stripe::open(&StripeSettings {
        secret_key: "sk_test_payments".to_owned(),
        api_url: Some(emulator.url()),
        on_emulator: true,
        publishable_key: "pk_test_payments".to_owned(),
        webhook_secrets: vec![SECRET.to_owned()],
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let app = app(db, clock, stripe, folder.path());
    *inbox.lock().await = Some(app.clone());
    World { app, emulator, _folder: folder }
}

impl World {
    async fn opened(&self, total: i64) -> (booking::Model, PaymentId) {
        let booking = booked(&self.app.db, total).await;
        let of = &booking;
        let opened = self
            .app
            .db
            .write(|tx| async move { Ok::<_, Fault<Never>>(open(&tx, of, start_of_test()).await?) });
        let id = opened.await.unwrap().id;
        (booking, id)
    }

    async fn pay(&self, guest: UserId, id: PaymentId, card: &str) -> sandbox_pay::Outcome {
        let viewer = viewer(guest);
        let ask = sandbox_pay::Ask {
            card: card.to_owned(),
            three_d_secure: ThreeDSecure::Succeed,
            key: card.to_owned(),
        };
        sandbox_pay::sandbox_pay(&self.app, &viewer, id, &ask).await.unwrap()
    }

    /// Waits for the webhooks and works on all of them, newest first or oldest first, twice.
    async fn settle_all(&self, newest_first: bool) {
        self.emulator.idle().await;
        let mut events = stripe_event::Entity::find().all(self.app.db.read()).await.unwrap();
        events.sort_by(|a, b| a.id.cmp(&b.id));
        if newest_first {
            events.reverse();
        }
        for event in events.iter().chain(&events) {
            settle(&self.app, &event.id).await.unwrap();
        }
    }

    async fn payment(&self, id: PaymentId) -> payment::Model {
        find::payment::<Never>(self.app.db.read(), id).await.unwrap()
    }

    async fn problems(&self) -> Vec<String> {
        let events = stripe_event::Entity::find().all(self.app.db.read()).await.unwrap();
        assert!(events.iter().all(|event| event.handled_at.is_some()));
        let mut problems: Vec<_> = events.into_iter().filter_map(|event| event.problem).collect();
        problems.sort();
        problems
    }

    /// The booking ends, as it would by `bookings/expire.rs`.
    async fn end(&self, booking: &booking::Model) {
        let mut row = booking.clone().into_active_model();
        row.status = Set(booking::Status::Expired);
        row.update(self.app.db.writer()).await.unwrap();
    }

    fn pass(&self, time: TimeDelta) {
        self.app.clock.advance_to(self.app.clock.now() + time);
        self.emulator.catch_up();
    }

    fn calls(&self, route: &str) -> u32 {
        self.emulator.switches().calls(route)
    }
}

fn viewer(user: UserId) -> Viewer {
    let session = SessionId::new();
    Viewer { user, session, is_host: false, is_admin: false, verified: true, suspended: false }
}

#[tokio::test]
async fn a_payment_is_started_declined_paid_and_settled_once_in_any_order_of_webhooks() {
    on_each_database(async |db| {
        let world = world(db).await;
        for newest_first in [false, true] {
            let before = jobs_of(&world.app.db, "bookings.confirm").await;
            let (booking, id) = world.opened(39_780).await;
            let started = join_all((0..4).map(|_| start(&world.app, id))).await;
            assert!(started.iter().all(Result::is_ok));
            let payment = start(&world.app, id).await.unwrap();
            assert_eq!(payment.status, Status::RequiresPaymentMethod);
            assert!(payment.client_secret.is_some() && payment.intent_id.is_some());

            let declined = world.pay(booking.guest_id, id, "4000000000009995").await;
            assert_eq!(declined.decline_code.as_deref(), Some("insufficient_funds"));
            if !newest_first {
                world.settle_all(newest_first).await;
                let payment = world.payment(id).await;
                assert_eq!(payment.decline_code.as_deref(), Some("insufficient_funds"));
                assert_eq!(jobs_of(&world.app.db, "notifications.payment_failed").await, 1);
            }
            assert_eq!(
                world.pay(booking.guest_id, id, "4000 0000 0000 3220").await.status,
                Status::Succeeded
            );
            world.settle_all(newest_first).await;

            let payment = world.payment(id).await;
            assert_eq!(
                (payment.status, payment.captured, payment.decline_code),
                (Status::Succeeded, 39_780, None)
            );
            assert_eq!(jobs_of(&world.app.db, "bookings.confirm").await - before, 1);
            assert_eq!(verify(&world.app.db).await.unwrap(), []);
            assert_eq!(world.problems().await, Vec::<String>::new());
        }
        // One fee per charge.
        use crate::ledger::transaction;
        use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
        let fees = transaction::Entity::find().filter(transaction::Column::Kind.eq("provider_fee"));
        assert_eq!(fees.count(world.app.db.read()).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_the_webhook_or_by_asking_again() {
    on_each_database(async |db| {
        let world = world(db).await;
        let (_, id) = world.opened(10_000).await;
        world.emulator.switches().silent_after_success(CREATE, 1);
        let payment = start(&world.app, id).await.unwrap();
        assert_eq!((payment.status, payment.intent_id), (Status::Unknown, None));
        world.settle_all(false).await;
        let by_webhook = world.payment(id).await;
        assert_eq!(by_webhook.status, Status::RequiresPaymentMethod);
        assert!(by_webhook.intent_id.is_some() && by_webhook.client_secret.is_some());
        assert_eq!(start(&world.app, id).await.unwrap(), by_webhook);
        assert_eq!(world.calls(CREATE), 1);

        world.emulator.switches().hold();
        let (_, id) = world.opened(10_000).await;
        world.emulator.switches().silent_after_success(CREATE, 1);
        assert_eq!(start(&world.app, id).await.unwrap().status, Status::Unknown);
        world.pass(TimeDelta::minutes(5));
        let again = start(&world.app, id).await.unwrap();
        assert_eq!((again.status, again.attempts), (Status::RequiresPaymentMethod, 2));
        // One created payment per key, however often it is asked for.
        let waiting = world.emulator.switches().waiting();
        assert_eq!(waiting, ["payment_intent.created"]);
        // Two wait from `open`, and one from each lost answer.
        assert_eq!(jobs_of(&world.app.db, "payments.start").await, 4);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_payment_of_an_ended_booking_is_looked_up_and_cancelled() {
    on_each_database(async |db| {
        let world = world(db).await;
        world.emulator.switches().hold();
        let (_, lost) = world.opened(10_000).await;
        world.emulator.switches().silent_after_success(CREATE, 1);
        start(&world.app, lost).await.unwrap();
        let (_, never) = world.opened(10_000).await;
        world.emulator.switches().fail(CREATE, 1);
        assert_eq!(start(&world.app, never).await.unwrap().status, Status::Unknown);

        world.pass(TimeDelta::hours(23));
        for id in [lost, never] {
            assert_eq!(start(&world.app, id).await.unwrap().status, Status::Cancelled);
        }
        assert!(world.payment(lost).await.intent_id.is_some());
        assert_eq!(world.payment(never).await.intent_id, None);
        // From 23 hours on nothing is sent again.
        assert_eq!(world.calls(CREATE), 2);
    })
    .await;
}

#[tokio::test]
async fn an_ended_booking_is_not_paid_any_more_and_money_that_came_is_settled() {
    on_each_database(async |db| {
        let world = world(db).await;
        // Never started: Stripe need not know.
        let (booking, id) = world.opened(10_000).await;
        assert_eq!(abandon(&world.app, id).await.unwrap().status, Status::Created, "it has not ended");
        world.end(&booking).await;
        assert_eq!(abandon(&world.app, id).await.unwrap().status, Status::Cancelled);
        assert_eq!(world.calls(CREATE), 0);

        // Started.
        let (booking, id) = world.opened(10_000).await;
        start(&world.app, id).await.unwrap();
        world.end(&booking).await;
        assert_eq!(abandon(&world.app, id).await.unwrap().status, Status::Cancelled);

        // Paid, and nobody has told us.
        let (booking, id) = world.opened(10_000).await;
        start(&world.app, id).await.unwrap();
        world.pay(booking.guest_id, id, "pm_card_visa").await;
        world.end(&booking).await;
        let late = abandon(&world.app, id).await.unwrap();
        assert_eq!((late.status, late.captured), (Status::Succeeded, 10_000));
        world.settle_all(true).await;
        assert_eq!(jobs_of(&world.app.db, "bookings.confirm").await, 1);
        assert_eq!(world.problems().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_refund_goes_back_once_whatever_is_lost() {
    on_each_database(async |db| {
        let world = world(db).await;
        let (booking, id) = world.opened(10_000).await;
        start(&world.app, id).await.unwrap();
        world.pay(booking.guest_id, id, "pm_card_visa").await;
        world.settle_all(false).await;
        let ask = async |minor| {
            let amount = Money::new(minor, booking.currency);
            let now = world.app.clock.now();
            let asked =
                world.app.db.write(|tx| async move { ask_refund(&tx, id, amount, "test", now).await }).await;
            asked.unwrap().id
        };

        let plain = ask(3_000).await;
        let sent = join_all((0..4).map(|_| send_refund(&world.app, plain))).await;
        assert!(sent.iter().all(Result::is_ok));
        world.settle_all(true).await;
        assert_eq!(send_refund(&world.app, plain).await.unwrap().status, refund::Status::Succeeded);

        // The answer is lost: asked again under the same key.
        world.emulator.switches().hold();
        let lost = ask(2_000).await;
        world.emulator.switches().silent_after_success(REFUND, 1);
        assert_eq!(send_refund(&world.app, lost).await.unwrap().status, refund::Status::Unknown);
        world.pass(TimeDelta::minutes(5));
        assert_eq!(send_refund(&world.app, lost).await.unwrap().status, refund::Status::Succeeded);

        // Lost, and a day has passed: looked up. One is there, the other was never made.
        let late = ask(1_000).await;
        world.emulator.switches().silent_after_success(REFUND, 1);
        send_refund(&world.app, late).await.unwrap();
        let never = ask(500).await;
        world.emulator.switches().fail(REFUND, 1);
        send_refund(&world.app, never).await.unwrap();
        let calls = world.calls(REFUND);
        world.pass(TimeDelta::hours(23));
        assert_eq!(send_refund(&world.app, late).await.unwrap().status, refund::Status::Succeeded);
        assert_eq!(send_refund(&world.app, never).await.unwrap().status, refund::Status::Failed);
        assert_eq!(world.calls(REFUND), calls);

        world.emulator.switches().release();
        world.settle_all(true).await;
        assert_eq!(world.payment(id).await.refunded, 6_000);
        assert_eq!(jobs_of(&world.app.db, "notifications.payment_refunded").await, 3);
        assert_eq!(verify(&world.app.db).await.unwrap(), []);
        assert_eq!(world.problems().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn only_the_guest_pays_and_only_in_the_sandbox() {
    on_each_database(async |db| {
        let world = world(db).await;
        let (booking, id) = world.opened(10_000).await;
        let pay = async |app: &App, who, card: &str| {
            let (viewer, key) = (viewer(who), "once".to_owned());
            let ask = sandbox_pay::Ask { card: card.to_owned(), three_d_secure: ThreeDSecure::Leave, key };
            sandbox_pay::sandbox_pay(app, &viewer, id, &ask).await.unwrap_err()
        };
        let refused = async |app: &App, card: &str| match pay(app, booking.guest_id, card).await {
            Fault::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        };
        assert!(matches!(pay(&world.app, booking.host_id, "pm_card_visa").await, Fault::Missing));
        assert_eq!(refused(&world.app, "pm_card_visa").await, sandbox_pay::Refusal::NotStarted);
        assert_eq!(refused(&world.app, "4111111111111111").await, sandbox_pay::Refusal::UnknownCard);
        let mut business = world.app.clone();
        let mut settings = (*business.settings).clone();
        settings.mode = crate::config::Mode::Production;
        business.settings = Arc::new(settings);
        assert_eq!(refused(&business, "pm_card_visa").await, sandbox_pay::Refusal::SandboxOnly);
        world.end(&booking).await;
        assert_eq!(refused(&world.app, "pm_card_visa").await, sandbox_pay::Refusal::BookingEnded);
    })
    .await;
}

/// `Stripe-Signature` over `body`.
fn signed(body: &[u8], at: Instant) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{}.", at.timestamp()).as_bytes());
    mac.update(body);
    format!("t={},v1={}", at.timestamp(), hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn webhooks_are_stored_once_and_strangers_turned_away() {
    on_each_database(async |db| {
        let world = world(db).await;
        let now = world.app.clock.real_now();
        let body =
            br#"{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_stranger"}}}"#;
        let header = signed(body, now);
        let taken = join_all((0..8).map(|_| receive(&world.app, body, &header))).await;
        let stored = taken.iter().filter(|it| matches!(it, Ok(Received::Stored))).count();
        assert_eq!((stored, taken.iter().filter(|it| it.is_ok()).count()), (1, 8));
        assert_eq!(jobs_of(&world.app.db, "payments.settle").await, 1);
        let forged = receive(&world.app, b"{}", &header).await;
        assert!(matches!(forged, Err(Fault::Refused(BadNotice::Forged))));

        // A text that can't be read is kept for an admin, with a zero in it as well.
        let nonsense = b"not\0json";
        receive(&world.app, nonsense, &signed(nonsense, now)).await.unwrap();
        assert_eq!(jobs_of(&world.app.db, "payments.settle").await, 1);

        // And so is what can't be matched.
        world.settle_all(false).await;
        assert_eq!(world.problems().await, ["Stripe does not know pi_stranger", "the text cannot be read"]);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_outcome_ends_with_an_admin() {
    on_each_database(async |db| {
        let world = world(db).await;
        // A confirmed booking's later payment: it does not end by itself.
        let (booking, id) = world.opened(10_000).await;
        let mut row = booking.into_active_model();
        row.status = Set(booking::Status::Confirmed);
        row.update(world.app.db.writer()).await.unwrap();
        world.emulator.switches().fail(CREATE, 100);
        world.emulator.switches().fail("GET /v1/payment_intents", 100);
        for attempts in 1.. {
            let payment = start(&world.app, id).await.unwrap();
            assert_eq!((payment.status, payment.attempts), (Status::Unknown, attempts));
            match rules::ask_again(attempts) {
                Some(wait) => world.pass(wait),
                None => break,
            }
        }
        // Five minutes, an hour and a day: sent three times in all; then looked up only.
        assert_eq!(world.calls(CREATE), 3);
        // One job from `open`, seven from unknown outcomes.
        assert_eq!(jobs_of(&world.app.db, "payments.start").await, 8);
    })
    .await;
}
