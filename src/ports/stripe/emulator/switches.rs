//! The switches that tests turn: slow, failing, silent, and webhooks that come twice, late or out of order. They
//! change how the emulator answers, never what is true in its books.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::service::Service;

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
        }
    }
}

/// What a call must go through.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    pub delay: Duration,
    pub fail: bool,
    pub silent: bool,
}

impl Settings {
    /// Counts a call and says what happens to it.
    pub fn meet(&mut self, route: &str) -> Trouble {
        *self.calls.entry(route.to_owned()).or_default() += 1;
        let take = |left: &mut HashMap<String, u32>| match left.get_mut(route) {
            Some(n) if *n > 0 => {
                *n -= 1;
                true
            }
            _ => false,
        };
        let fail = take(&mut self.failing);
        Trouble {
            delay: self.delays.get(route).copied().unwrap_or_default(),
            fail,
            // A call that fails before it is done has nothing to be silent about.
            silent: !fail && take(&mut self.silent),
        }
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

    /// The types of the webhooks that wait, oldest first: what a test holds back.
    pub fn waiting(&self) -> Vec<String> {
        self.0.waiting()
    }
}
