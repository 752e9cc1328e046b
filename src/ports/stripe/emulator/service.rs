//! The emulator behind its HTTP: who may call, what goes where, and one lock around it all. No sockets here.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use url::Url;

use super::{
    books::{Books, Turn},
    errors::ApiError,
    events::{Next, Outgoing},
    form::Params,
    idempotency::Answer,
    journal::Journal,
    paying, routes,
    switches::Settings,
};
use crate::kernel::Clock;

/// A call as it came.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// `GET`, `POST`
    pub method: String,
    /// `/v1/…`
    pub path: String,
    /// As it came.
    pub query: Option<String>,
    /// From the query of a `GET`, from the body of a `POST`.
    pub params: Params,
    /// The secret key that it came with.
    pub secret: Option<String>,
    /// The idempotency key; of a `POST` only.
    pub key: Option<String>,
    /// `req_…`
    pub request: String,
}

impl Call {
    /// The path in parts, without `/v1`.
    pub fn parts(&self) -> Vec<&str> {
        self.path.trim_start_matches("/v1/").trim_end_matches('/').split('/').collect()
    }

    /// The call's name for switches and counters: method and path, with `{id}` for ids.
    pub fn route(&self) -> String {
        let is_id = |part: &str| {
            part.split_once('_').is_some_and(|(prefix, _)| {
                matches!(prefix, "pi" | "ch" | "re" | "txn" | "acct" | "tr" | "trr")
            })
        };
        let parts: Vec<&str> =
            self.parts().into_iter().map(|part| if is_id(part) { "{id}" } else { part }).collect();
        format!("{} /v1/{}", self.method, parts.join("/"))
    }
}

/// The whole emulator but its sockets.
pub(super) struct Service {
    /// Where it listens.
    pub url: Url,
    pub secret_key: String,
    pub webhook_secret: String,
    pub clock: Clock,
    /// The file; taken after the books.
    pub journal: Option<Mutex<Journal>>,
    pub books: Mutex<Books>,
    pub switches: Mutex<Settings>,
    pub webhook_url: Mutex<Option<Url>>,
    /// Keys whose first call is still under way.
    pub in_flight: Mutex<HashSet<String>>,
    /// Something changed that the delivery may want to know.
    pub changed: Notify,
    /// How many webhooks could be delivered and are not.
    pub undelivered: watch::Sender<usize>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic under the lock is a bug of the emulator; what it left is still the best there is.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// Does one call; the flag is true when the answer is one that was given before.
    pub fn answer(&self, call: &Call) -> (Answer, bool) {
        let outcome = self.authorise(call).and_then(|()| self.once(call));
        let (answer, replayed) = outcome.unwrap_or_else(|refusal| (refusal.answer(), false));
        self.wake();
        (answer, replayed)
    }

    fn authorise(&self, call: &Call) -> Result<(), ApiError> {
        match &call.secret {
            None => Err(ApiError::unauthorised("You did not provide an API key.")),
            Some(secret) if *secret == self.secret_key => Ok(()),
            Some(_) => Err(ApiError::unauthorised("Invalid API Key provided.")),
        }
    }

    /// Does the call, or gives the answer that was given to its key before.
    fn once(&self, call: &Call) -> Result<(Answer, bool), ApiError> {
        let mut books = lock(&self.books);
        let now = self.clock.now().timestamp();
        let fingerprint = format!("{} {}?{}", call.method, call.path, call.params.fingerprint());
        if let Some(key) = &call.key
            && let Some(answer) = books.keys.find(key, &fingerprint, now)?
        {
            return Ok((answer, true));
        }
        let mut turn = Turn { books: &mut books, now, request: None, key: None };
        paying::lapse(&mut turn);
        (turn.request, turn.key) = (Some(call.request.clone()), call.key.clone());
        let outcome = routes::go(&mut turn, call, self.url.as_str()).and_then(|mut value| {
            turn.books.expand(&mut value, &call.params)?;
            Ok(value)
        });
        let (answer, kept) = match outcome {
            Ok(body) => (Answer { status: 200, body }, true),
            Err(refusal) => {
                let kept = refusal.kept;
                (refusal.answer(), kept)
            }
        };
        if let Some(key) = call.key.as_ref().filter(|_| kept) {
            books.keys.keep(key, fingerprint, answer.clone(), now);
        }
        self.note(&mut books)?;
        Ok((answer, false))
    }

    /// Works on the books without a call, and writes down what changed.
    pub fn turn<T>(&self, work: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let mut books = lock(&self.books);
        let now = self.clock.now().timestamp();
        let outcome = work(&mut Turn { books: &mut books, now, request: None, key: None });
        // A failure is logged; the next call writes the file again.
        let _ = self.note(&mut books);
        drop(books);
        self.wake();
        outcome
    }

    /// Writes down what changed.
    pub fn note(&self, books: &mut Books) -> Result<(), ApiError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        lock(journal).note(books).map_err(|cause| {
            tracing::error!(%cause, "the Stripe emulator can't write its file");
            ApiError::broken()
        })
    }

    /// Does what Stripe would have done by itself up to the clock's now.
    pub fn catch_up(&self) {
        let mut books = lock(&self.books);
        let before = books.webhooks.len();
        let now = self.clock.now().timestamp();
        paying::lapse(&mut Turn { books: &mut books, now, request: None, key: None });
        if books.webhooks.len() != before {
            // A failure is logged; the next call writes the file again.
            let _ = self.note(&mut books);
            drop(books);
            self.wake();
        }
    }

    /// The webhook that is due, or when to look again.
    pub fn next(&self) -> Next {
        let Some(url) = lock(&self.webhook_url).clone() else { return Next::Nothing };
        let (held, newest_first) = {
            let switches = lock(&self.switches);
            (switches.held, switches.newest_first)
        };
        let books = lock(&self.books);
        if held || books.webhooks.is_empty() {
            return Next::Nothing;
        }
        let now = Instant::now();
        let due = |it: &&Outgoing| it.not_before.is_none_or(|when| when <= now);
        let found = {
            let mut all = books.webhooks.values();
            if newest_first { all.rfind(due) } else { all.find(due) }
        };
        match found {
            Some(outgoing) => Next::Send(Box::new(outgoing.clone()), url),
            None => {
                books.webhooks.values().filter_map(|it| it.not_before).min().map_or(Next::Nothing, Next::At)
            }
        }
    }

    /// Notes how a try to deliver went.
    pub fn tried(&self, id: &str, taken: bool) {
        let (doubled, first_retry) = {
            let switches = lock(&self.switches);
            (switches.doubled, switches.first_retry)
        };
        {
            let mut books = lock(&self.books);
            let Some(outgoing) = books.webhooks.get_mut(id) else { return };
            let done = if taken {
                outgoing.taken += 1;
                outgoing.taken >= if doubled { 2 } else { 1 }
            } else {
                outgoing.tries += 1;
                match outgoing.wait(first_retry) {
                    Some(wait) => {
                        outgoing.not_before = Some(Instant::now() + wait);
                        false
                    }
                    None => {
                        tracing::error!(event = id, "a webhook is given up");
                        true
                    }
                }
            };
            if done {
                books.forget_webhook(id);
                // A failure is logged, and costs at most that this webhook comes twice.
                let _ = self.note(&mut books);
            }
        }
        self.count();
    }

    /// Tells the delivery, and those who wait for quiet, that something changed.
    pub fn wake(&self) {
        self.count();
        self.changed.notify_one();
    }

    fn count(&self) {
        let ready = lock(&self.webhook_url).is_some() && !lock(&self.switches).held;
        let count = if ready { lock(&self.books).webhooks.len() } else { 0 };
        self.undelivered.send_replace(count);
    }

    /// The types of the webhooks that wait.
    pub fn waiting(&self) -> Vec<String> {
        let kind = |it: &Outgoing| {
            let event: Value = serde_json::from_str(&it.body).unwrap_or_default();
            event["type"].as_str().unwrap_or_default().to_owned()
        };
        lock(&self.books).webhooks.values().map(kind).collect()
    }

    /// Marks a key as under way; the guard ends that.
    pub fn begin<'a>(&'a self, key: Option<&'a str>) -> Result<Option<UnderWay<'a>>, ApiError> {
        let Some(key) = key else { return Ok(None) };
        if !lock(&self.in_flight).insert(key.to_owned()) {
            return Err(ApiError::key_in_use(key));
        }
        Ok(Some(UnderWay { service: self, key }))
    }
}

/// A key whose first call is under way.
pub(super) struct UnderWay<'a> {
    service: &'a Service,
    key: &'a str,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.service.in_flight).remove(self.key);
    }
}
