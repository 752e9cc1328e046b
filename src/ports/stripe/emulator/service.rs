//! The emulator behind its HTTP: who may call, what goes where, and one lock around it all. No sockets here.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rand::seq::IteratorRandom;
use serde_json::Value;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use url::Url;

use super::{
    books::{Books, Turn},
    contract,
    errors::ApiError,
    events::{Next, Outgoing},
    form::Params,
    idempotency::Answer,
    journal::Journal,
    paying, routes,
    switches::{self, Settings},
};
use crate::{config::Trouble, kernel::Clock};

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

    /// What makes it this call and no other, however often it is tried.
    pub fn name(&self) -> String {
        let which = self.key.clone().unwrap_or_else(|| self.params.fingerprint());
        format!("{} {} {which}", self.method, self.path)
    }

    /// The call's name for switches and counters: method and path, with `{id}` for ids.
    pub fn route(&self) -> String {
        let is_id = |part: &str| {
            part.split_once('_').is_some_and(|(prefix, _)| {
                matches!(prefix, "pi" | "ch" | "re" | "du" | "txn" | "acct" | "tr" | "trr")
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
    /// What was said that Stripe would not say.
    pub misfits: Mutex<Vec<String>>,
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
        if cfg!(debug_assertions) {
            self.note_misfits(contract::of_answer(&answer.body));
        }
        self.wake();
        (answer, replayed)
    }

    /// Remembers what was said that Stripe would not say.
    pub fn note_misfits(&self, found: Vec<String>) {
        for misfit in found {
            tracing::error!(misfit, "the Stripe emulator says what Stripe would not say");
            lock(&self.misfits).push(misfit);
        }
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
        let is_new = books.webhooks.len() != before;
        if is_new {
            // A failure is logged; the next call writes the file again.
            let _ = self.note(&mut books);
        }
        drop(books);
        // Those that were delayed may be due by now.
        if is_new || lock(&self.switches).is_on(Trouble::WebhooksDelayed) {
            self.wake();
        }
    }

    /// The webhook that is due, or when to look again.
    pub fn next(&self) -> Next {
        let Some(url) = lock(&self.webhook_url).clone() else { return Next::Nothing };
        let (held, newest_first, shuffled) = {
            let switches = lock(&self.switches);
            (switches.held, switches.newest_first, switches.is_on(Trouble::WebhooksShuffled))
        };
        let has_come = self.has_come();
        let books = lock(&self.books);
        if held || books.webhooks.is_empty() {
            return Next::Nothing;
        }
        let now = Instant::now();
        let due = |it: &&Outgoing| has_come(it) && it.not_before.is_none_or(|when| when <= now);
        let found = {
            let mut all = books.webhooks.values();
            match (newest_first, shuffled) {
                (true, _) => all.rfind(due),
                (_, true) => all.filter(due).choose(&mut rand::rng()),
                _ => all.find(due),
            }
        };
        match found {
            Some(outgoing) => Next::Send(Box::new(outgoing.clone()), url),
            None => {
                let later = books.webhooks.values().filter(|it| has_come(it)).filter_map(|it| it.not_before);
                later.min().map_or(Next::Nothing, Next::At)
            }
        }
    }

    /// Looks at a webhook that is about to go out: whether it gets lost on its way, and whether it is Stripe's.
    pub fn is_lost(&self, outgoing: &Outgoing) -> bool {
        if cfg!(debug_assertions) && outgoing.tries == 0 {
            let event: Value = serde_json::from_str(&outgoing.body).unwrap_or_default();
            self.note_misfits(contract::of_event(&event));
        }
        lock(&self.switches).is_on(Trouble::WebhooksLost)
    }

    /// Notes how a try to deliver went.
    pub fn tried(&self, id: &str, taken: bool) {
        let (doubled, first_retry) = {
            let switches = lock(&self.switches);
            (switches.doubled || switches.is_on(Trouble::WebhooksDoubled), switches.first_retry)
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

    /// Whether the time of a webhook has come, where they are delayed; by the domain's clock, which tests move.
    fn has_come(&self) -> impl Fn(&Outgoing) -> bool + use<> {
        let wait = if lock(&self.switches).is_on(Trouble::WebhooksDelayed) { switches::DELAY } else { 0 };
        let now = self.clock.now().timestamp();
        move |it| wait == 0 || it.created + wait <= now
    }

    fn count(&self) {
        let ready = lock(&self.webhook_url).is_some() && !lock(&self.switches).held;
        let has_come = self.has_come();
        let due = || lock(&self.books).webhooks.values().filter(|it| has_come(it)).count();
        let count = if ready { due() } else { 0 };
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
