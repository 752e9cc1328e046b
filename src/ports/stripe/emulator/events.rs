//! The delivery of webhooks: signed, at least once, tried again until somebody takes them. What they say is not
//! known here.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::service::Service;
use crate::ports::stripe::webhook;

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(60);

/// After so many tries nobody is going to take it.
const MOST_TRIES: u32 = 60;

/// How long the receiver may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A webhook that is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outgoing {
    /// `evt_…`
    pub id: String,
    /// The text as it goes out, the same at every try.
    pub body: String,
    /// When it happened, in the domain's seconds.
    #[serde(default)]
    pub created: i64,
    /// How often it was tried; a restart begins anew.
    #[serde(skip)]
    pub tries: u32,
    /// How often it was taken.
    #[serde(skip)]
    pub taken: u32,
    /// Not to be tried before.
    #[serde(skip)]
    pub not_before: Option<Instant>,
}

impl Outgoing {
    /// One that waits for its first try.
    pub fn new(id: String, body: String, created: i64) -> Self {
        Self { id, body, created, tries: 0, taken: 0, not_before: None }
    }

    /// The wait after the tries so far: `first`, twice that, four times that, up to a minute. None: give up.
    pub fn wait(&self, first: Duration) -> Option<Duration> {
        let doubled = 2_u32.checked_pow(self.tries.saturating_sub(1)).unwrap_or(u32::MAX);
        (self.tries < MOST_TRIES).then(|| first.saturating_mul(doubled).min(LONGEST))
    }
}

/// What is to be done next.
pub(super) enum Next {
    /// Send this one now.
    Send(Box<Outgoing>, url::Url),
    /// Nothing before this time.
    At(Instant),
    /// Nothing until something changes.
    Nothing,
}

/// Delivers until `stop`, one webhook at a time. Also lets time pass for the books once a second, so that what Stripe
/// would do by itself happens without a call.
pub(super) async fn deliver(service: &Service, http: &reqwest::Client, stop: &CancellationToken) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // Asked for before looking, so that a change in between is not missed.
        let changed = service.changed.notified();
        let wait = match service.next() {
            Next::Send(outgoing, url) => {
                let taken = tokio::select! {
                    () = stop.cancelled() => return,
                    taken = post(service, http, &outgoing, url) => taken,
                };
                service.tried(&outgoing.id, taken);
                continue;
            }
            Next::At(when) => Some(when),
            Next::Nothing => None,
        };
        let due = async {
            match wait {
                Some(when) => tokio::time::sleep_until(when).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed => {}
            () = due => {}
            _ = seconds.tick() => service.catch_up(),
        }
    }
}

/// One try; true when the receiver took it (2xx).
async fn post(service: &Service, http: &reqwest::Client, outgoing: &Outgoing, url: url::Url) -> bool {
    if service.is_lost(outgoing) {
        return true;
    }
    // Signed at each try: the age of the signature is that of the try, and real time, as the receiver checks it.
    let signature =
        webhook::sign(outgoing.body.as_bytes(), &service.webhook_secret, service.clock.real_now());
    let sent = http
        .post(url)
        .header("Content-Type", "application/json; charset=utf-8")
        .header("Stripe-Signature", signature)
        .body(outgoing.body.clone())
        .timeout(TIME_LIMIT)
        .send()
        .await;
    match sent {
        Ok(answer) if answer.status().is_success() => true,
        Ok(answer) => {
            tracing::warn!(event = outgoing.id, status = %answer.status(), "a webhook was not taken");
            false
        }
        Err(cause) => {
            tracing::warn!(event = outgoing.id, %cause, "a webhook found nobody");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_further_and_further_apart_and_end() {
        let mut outgoing = Outgoing::new("evt_1".to_owned(), String::new(), 0);
        let first = Duration::from_secs(1);
        let waits: Vec<u64> = (1..=8)
            .map(|tries| {
                outgoing.tries = tries;
                outgoing.wait(first).unwrap().as_secs()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        outgoing.tries = MOST_TRIES;
        assert_eq!(outgoing.wait(first), None);
    }
}
