//! The real client against the emulator, over HTTP: what each may rely on of the other. No bookings here either.

mod disputes;
mod payees;
mod payments;
mod trouble;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use url::Url;

use super::{
    emulator::{Emulator, EmulatorSettings},
    *,
};
use crate::kernel::{Clock, Currency, Money, clock::Instant};

const SECRET: &str = "whsec_contract";
const CREATE: &str = "POST /v1/payment_intents";
const CONFIRM: &str = "POST /v1/payment_intents/{id}/confirm";

/// Takes webhooks as a server would; the first `refusals` are answered with 500.
#[derive(Clone, Default)]
struct Inbox {
    taken: Arc<Mutex<Vec<(String, String)>>>,
    refusals: Arc<Mutex<u32>>,
}

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut refusals = inbox.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    inbox.taken.lock().unwrap().push((String::from_utf8(body.to_vec()).unwrap(), signature));
    StatusCode::OK
}

impl Inbox {
    async fn open(&self) -> Url {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/stripe", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(take).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url.parse().unwrap()
    }
}

struct Bench {
    emulator: Emulator,
    stripe: Stripe,
    inbox: Inbox,
    clock: Clock,
}

fn settings(url: Url) -> StripeSettings {
    StripeSettings {
        secret_key: "sk_test_contract".to_owned(),
        api_url: Some(url),
        on_emulator: true,
        publishable_key: "pk_test_contract".to_owned(),
        webhook_secrets: vec!["whsec_older".to_owned(), SECRET.to_owned()],
    }
}

async fn bench_with(snapshot: Option<PathBuf>) -> Bench {
    let inbox = Inbox::default();
    let clock = Clock::standing(Instant::from_timestamp(1_800_000_000, 0).unwrap());
    let emulator = Emulator::start(EmulatorSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        secret_key: "sk_test_contract".to_owned(),
        webhook_secret: SECRET.to_owned(),
        webhook_url: Some(inbox.open().await),
        clock: clock.clone(),
        snapshot,
    })
    .await
    .unwrap();
    let stripe = Stripe::open(&settings(emulator.url())).unwrap();
    Bench { emulator, stripe, inbox, clock }
}

async fn bench() -> Bench {
    bench_with(None).await
}

fn ask(minor: i64, manual_capture: bool) -> IntentAsk<'static> {
    IntentAsk {
        amount: Money::new(minor, Currency::EUR),
        manual_capture,
        metadata: vec![
            ("booking", "bok_1".to_owned()),
            ("payment", "pay_1".to_owned()),
            ("note", "a&b=c".to_owned()),
        ],
        description: "Two nights – Casa Ñandú".to_owned(),
        transfer_group: Some("bok_1".to_owned()),
    }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

impl Bench {
    async fn confirm(&self, id: &str, card: &str, key: &str) -> Result<Intent, StripeError> {
        let back = "https://example.test/back?a=1".parse().unwrap();
        self.stripe.confirm_intent(id, card, &back, key).await
    }

    /// A payment that is confirmed with `card`.
    async fn paid(&self, ask: &IntentAsk<'_>, card: &str) -> Intent {
        let begun = self.stripe.create_intent(ask, "create").await.unwrap();
        self.confirm(&begun.id, card, "confirm").await.unwrap()
    }

    /// Everything that was delivered, each proven to be signed well and readable by Stripe's own library.
    async fn notices(&self) -> Vec<Notice> {
        self.emulator.idle().await;
        assert_eq!(self.emulator.switches().misfits(), [] as [String; 0], "Stripe would not say so");
        let now = self.clock.real_now();
        let taken = self.inbox.taken.lock().unwrap().clone();
        let read = |(body, signature): &(String, String)| {
            let notice = self.stripe.verify(body.as_bytes(), signature, now).unwrap();
            let theirs = stripe_webhook::Webhook::construct_event_with_timestamp(
                body,
                signature,
                SECRET,
                now.timestamp(),
            );
            assert_eq!(theirs.unwrap().id.as_str(), notice.id);
            assert_ne!(notice.subject(), Subject::Other, "{}", notice.kind);
            notice
        };
        taken.iter().map(read).collect()
    }

    async fn kinds(&self) -> Vec<String> {
        self.notices().await.into_iter().map(|notice| notice.kind).collect()
    }
}

fn refused(outcome: Result<Intent, StripeError>) -> String {
    let error = outcome.unwrap_err();
    assert!(matches!(error, StripeError::Refused { .. }) && error.nothing_was_done(), "{error:?}");
    error.code().unwrap_or_default().to_owned()
}
