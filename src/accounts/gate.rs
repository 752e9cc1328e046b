//! What accounts remember for a while: who hashes, who guesses, who was let in a moment ago. Nothing that must not be
//! forgotten.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use moka::future::Cache;

use super::{
    Caller,
    access_token::Claims,
    attempts::{Attempts, TooMany},
    hasher::Hasher,
    viewer::Standing,
};
use crate::{
    kernel::{SessionId, clock::Instant},
    ports::Tally,
};

/// How long a session's standing is believed without asking again. A revocation acts within five seconds: the rest is
/// for the question itself.
const STANDING: Duration = Duration::from_secs(4);

/// How long a token that was verified needs no second look at its signature.
const TOKEN: Duration = Duration::from_secs(5 * 60);

/// How many sessions, and tokens, are remembered.
const MOST: u64 = 10_000;

/// The memory of who is at the gate; clones share it. One per server (`App.gate`).
#[derive(Debug, Clone)]
pub struct Gate {
    /// Hashes passwords, a few at a time.
    pub hasher: Hasher,
    /// Failures per account, and letters per address that signs up.
    pub accounts: Attempts,
    /// Failures per network address. Many people may share one, so its waits stay short.
    pub addresses: Attempts,
    /// Sessions, as they were at most four seconds ago; `None` for what is no session.
    pub(super) standings: Cache<SessionId, Option<Standing>>,
    /// Claims by the SHA-256 of their token: verifying a signature costs more than all else that a small query does.
    pub(super) tokens: Cache<[u8; 32], Arc<Claims>>,
}

impl Gate {
    /// A gate that remembers nothing yet; the servers that share a `tally` share what they know of who guesses.
    pub fn new(tally: Tally) -> Self {
        Self {
            hasher: Hasher::default(),
            accounts: Attempts::new(tally.clone(), TimeDelta::minutes(15)),
            addresses: Attempts::new(tally, TimeDelta::minutes(1)),
            standings: Cache::builder().max_capacity(MOST).time_to_live(STANDING).build(),
            tokens: Cache::builder().max_capacity(MOST).time_to_live(TOKEN).build(),
        }
    }

    /// Refused while the account or the network address has failed too often. Call it before the password is looked
    /// at, and `failed` or `succeeded` after.
    pub(super) async fn check(&self, account: &str, from: &Caller, now: Instant) -> Result<(), TooMany> {
        if let Some(address) = &from.address {
            self.addresses.check(&from_address(address), now).await?;
        }
        self.accounts.check(account, now).await
    }

    /// A guess was wrong.
    pub(super) async fn failed(&self, account: &str, from: &Caller, now: Instant) {
        if let Some(address) = &from.address {
            self.addresses.count(&from_address(address), now).await;
        }
        self.accounts.count(account, now).await;
    }

    /// It is the person. The network address keeps its count: knowing one password must not buy guesses at others.
    pub(super) async fn succeeded(&self, account: &str) {
        self.accounts.clear(account).await;
    }

    /// Drops what is remembered of a session, after a change of it or of its person. Other servers, and the person's
    /// other sessions, follow within four seconds.
    pub async fn forget(&self, session: SessionId) {
        self.standings.invalidate(&session).await;
    }
}

/// An account and a network address are counted side by side, and must not be taken for each other.
fn from_address(address: &str) -> String {
    format!("address {address}")
}
