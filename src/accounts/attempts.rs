//! Backoff for who guesses: counts failures by a key, and says how long to wait. What is tried is not known here.
//!
//! Kept in this process. With several servers each counts for itself, until the counts move to Redis.

use std::time::Duration;

use chrono::TimeDelta;
use moka::{Entry, future::Cache, policy::EvictionPolicy};

use crate::kernel::clock::Instant;

/// So many failures cost no waiting.
const FREE: u32 = 5;

/// A key that isn't tried for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// So many keys are remembered; the least recently tried goes first.
const MOST_KEYS: u64 = 100_000;

/// How often what failed. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Attempts {
    failed: Cache<String, Failed>,
    longest_wait: TimeDelta,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    closed_until: Instant,
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries: wait {retry_after_seconds} s")]
pub struct TooMany {
    /// When to come again: 1 and more.
    pub retry_after_seconds: u32,
}

impl Attempts {
    /// After the fifth failure, waits of 1 s, 2 s, 4 s … up to `longest_wait`.
    pub fn new(longest_wait: TimeDelta) -> Self {
        let failed = Cache::builder()
            .max_capacity(MOST_KEYS)
            .time_to_idle(FORGOTTEN_AFTER)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { failed, longest_wait }
    }

    /// Refused while the key is closed; such a call needn't be counted. `now` is the machine's time.
    pub async fn check(&self, key: &str, now: Instant) -> Result<(), TooMany> {
        match self.failed.get(key).await {
            Some(failed) if now < failed.closed_until => Err(too_many(failed.closed_until - now)),
            _ => Ok(()),
        }
    }

    /// Counts a failure. What was tried in parallel and failed is counted too, so a burst buys its guesses with a
    /// longer wait; there can be no more of them at once than `Hasher` has places.
    pub async fn count(&self, key: &str, now: Instant) {
        let count = |before: Option<Entry<String, Failed>>| {
            let times = before.map_or(0, |entry| entry.value().times).saturating_add(1);
            std::future::ready(Failed { times, closed_until: now + self.wait_after(times) })
        };
        self.failed.entry_by_ref(key).and_upsert_with(count).await;
    }

    /// The key starts anew: whoever it is knows the password.
    pub async fn clear(&self, key: &str) {
        self.failed.invalidate(key).await;
    }

    fn wait_after(&self, times: u32) -> TimeDelta {
        // The exponent's bound is far beyond every wait that anybody sets.
        let wait = |more: u32| TimeDelta::seconds(1 << more.min(30)).min(self.longest_wait);
        times.checked_sub(FREE).map_or(TimeDelta::zero(), wait)
    }
}

fn too_many(left: TimeDelta) -> TooMany {
    let seconds = (left.num_milliseconds().max(1) + 999) / 1_000;
    TooMany { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[tokio::test]
    async fn after_five_failures_each_costs_twice_the_wait() {
        let attempts = Attempts::new(TimeDelta::minutes(15));
        for _ in 0..5 {
            assert_eq!(attempts.check("ann", at(0)).await, Ok(()));
            attempts.count("ann", at(0)).await;
        }
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(attempts.check("ann", at(now)).await, Err(TooMany { retry_after_seconds: wait }));
            assert_eq!(attempts.check("bob", at(now)).await, Ok(()), "others don't wait");
            now += i64::from(wait);
            assert_eq!(attempts.check("ann", at(now)).await, Ok(()));
            attempts.count("ann", at(now)).await;
        }
        attempts.clear("ann").await;
        assert_eq!(attempts.check("ann", at(now)).await, Ok(()));
    }

    #[tokio::test]
    async fn failures_at_once_are_all_counted() {
        let attempts = Attempts::new(TimeDelta::minutes(1));
        futures_util::future::join_all((0..100).map(|_| attempts.count("ann", at(0)))).await;
        assert_eq!(attempts.check("ann", at(0)).await, Err(TooMany { retry_after_seconds: 60 }));
    }
}
