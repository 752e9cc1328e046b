//! The switches that tests and the setting `STRIPE_TROUBLE` turn: slow, failing, silent, and webhooks that come twice,
//! late, out of order or never. They change how the emulator answers, never what is true in its books.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::service::Service;
use crate::config::Trouble;

/// How long a call takes where all are slow.
const SLOW: Duration = Duration::from_millis(500);

/// How late webhooks come where all are delayed, in seconds of the domain's clock.
pub(super) const DELAY: i64 = 10 * 60;

/// How the emulator misbehaves. A call is named by its route: `POST /v1/payment_intents/{id}/confirm`.
#[derive(Debug)]
pub(super) struct Settings {
    pub delays: HashMap<String, Duration>,
    pub failing: HashMap<String, u32>,
    pub silent: HashMap<String, u32>,
    pub calls: HashMap<String, u32>,
    pub held: bool,
    pub doubled: bool,
    pub newest_first: bool,
    pub first_retry: Duration,
    /// What goes wrong with every call, or every webhook.
    always: BTreeSet<Trouble>,
    /// Calls that went wrong the last time they were tried.
    failed: HashSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delays: HashMap::new(),
            failing: HashMap::new(),
            silent: HashMap::new(),
            calls: HashMap::new(),
            held: false,
            doubled: false,
            newest_first: false,
            first_retry: Duration::from_secs(1),
            always: BTreeSet::new(),
            failed: HashSet::new(),
        }
    }
}

/// What a call must go through.
#[derive(Debug, Default)]
pub(super) struct Met {
    pub delay: Duration,
    pub fail: bool,
    pub reset: bool,
    pub silent: bool,
}

impl Settings {
    /// Whether something goes wrong always.
    pub fn is_on(&self, trouble: Trouble) -> bool {
        self.always.contains(&trouble)
    }

    /// Counts a call and says what happens to it. `name` tells it from all others, but not from its own next try.
    pub fn meet(&mut self, route: &str, name: &str) -> Met {
        *self.calls.entry(route.to_owned()).or_default() += 1;
        let take = |left: &mut HashMap<String, u32>| match left.get_mut(route) {
            Some(n) if *n > 0 => {
                *n -= 1;
                true
            }
            _ => false,
        };
        let fail = take(&mut self.failing);
        // A call that fails before it is done has nothing to be silent about.
        let silent = !fail && take(&mut self.silent);
        let slow = if self.is_on(Trouble::Slow) { SLOW } else { Duration::ZERO };
        let again = self.goes_wrong(name);
        Met {
            delay: self.delays.get(route).copied().unwrap_or_default() + slow,
            fail: fail || (again && self.is_on(Trouble::Failing)),
            reset: again && self.is_on(Trouble::Reset),
            silent: silent || (again && self.is_on(Trouble::Silent)),
        }
    }
}

impl Settings {
    /// Whether this try of a call goes wrong: the first does, and the next one doesn't.
    fn goes_wrong(&mut self, name: &str) -> bool {
        let troubles = [Trouble::Failing, Trouble::Reset, Trouble::Silent];
        if !troubles.into_iter().any(|trouble| self.is_on(trouble)) || self.failed.remove(name) {
            return false;
        }
        self.failed.insert(name.to_owned())
    }
}

/// The handle that tests hold. Clones turn the same switches.
#[derive(Clone)]
pub struct Switches(pub(super) Arc<Service>);

impl Switches {
    fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.0.switches.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.wake();
    }

    /// Every call of `route` waits this long before it is done; zero ends it. A caller who gives up changes nothing:
    /// the call is done all the same.
    pub fn slow(&self, route: &str, delay: Duration) {
        self.set(|it| {
            it.delays.insert(route.to_owned(), delay);
        });
    }

    /// The next `times` calls of `route` answer 500 and do nothing.
    pub fn fail(&self, route: &str, times: u32) {
        self.set(|it| {
            it.failing.insert(route.to_owned(), times);
        });
    }

    /// The next `times` calls of `route` are done, and the connection breaks before the answer is through.
    pub fn silent_after_success(&self, route: &str, times: u32) {
        self.set(|it| {
            it.silent.insert(route.to_owned(), times);
        });
    }

    /// Every webhook is delivered twice.
    pub fn double(&self, on: bool) {
        self.set(|it| it.doubled = on);
    }

    /// Of the webhooks that wait, the newest goes first. With [`hold`](Self::hold), a reliable disorder.
    pub fn newest_first(&self, on: bool) {
        self.set(|it| it.newest_first = on);
    }

    /// Keeps webhooks back until [`release`](Self::release).
    pub fn hold(&self) {
        self.set(|it| it.held = true);
    }

    /// Lets the webhooks go that were held.
    pub fn release(&self) {
        self.set(|it| it.held = false);
    }

    /// The wait before a webhook's second try (1 s); it doubles with each further one.
    pub fn first_retry(&self, wait: Duration) {
        self.set(|it| it.first_retry = wait);
    }

    /// How often `route` was called.
    pub fn calls(&self, route: &str) -> u32 {
        let switches = self.0.switches.lock().unwrap_or_else(PoisonError::into_inner);
        switches.calls.get(route).copied().unwrap_or_default()
    }

    /// From now on this goes wrong always.
    pub fn turn_on(&self, trouble: Trouble) {
        self.set(|it| {
            it.always.insert(trouble);
        });
    }

    /// What was said so far that Stripe would not say: debug builds look at each answer and each webhook.
    pub fn misfits(&self) -> Vec<String> {
        self.0.misfits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The types of the webhooks that wait, oldest first: what a test holds back.
    pub fn waiting(&self) -> Vec<String> {
        self.0.waiting()
    }
}
