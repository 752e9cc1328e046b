//! Backoff for who guesses: how long to wait after so many failures of a key. What is tried is not known here, nor where
//! failures are counted.

use chrono::TimeDelta;

use crate::{kernel::clock::Instant, ports::Tally};

/// So many failures cost no waiting.
const FREE: u32 = 5;

/// So many where the other servers' counts can't be asked for: whoever guesses may have failed there already.
const FREE_ALONE: u32 = 1;

/// How often what failed. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Attempts {
    tally: Tally,
    longest_wait: TimeDelta,
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
    pub fn new(tally: Tally, longest_wait: TimeDelta) -> Self {
        Self { tally, longest_wait }
    }

    /// Refused while the key is closed; such a call needn't be counted. `now` is the machine's time.
    pub async fn check(&self, key: &str, now: Instant) -> Result<(), TooMany> {
        let failed = self.tally.get(key).await;
        let wait = self.wait_after(failed.times, if failed.alone { FREE_ALONE } else { FREE });
        let left = wait - TimeDelta::milliseconds(now.timestamp_millis() - failed.last);
        if failed.times > 0 && left > TimeDelta::zero() { Err(too_many(left)) } else { Ok(()) }
    }

    /// Counts a failure. What was tried in parallel and failed is counted too, so a burst buys its guesses with a
    /// longer wait; there can be no more of them at once than `Hasher` has places.
    pub async fn count(&self, key: &str, now: Instant) {
        self.tally.add(key, now.timestamp_millis()).await;
    }

    /// The key starts anew: whoever it is knows the password.
    pub async fn clear(&self, key: &str) {
        self.tally.clear(key).await;
    }

    fn wait_after(&self, times: u32, free: u32) -> TimeDelta {
        // The exponent's bound is far beyond every wait that anybody sets.
        let wait = |more: u32| TimeDelta::seconds(1 << more.min(30)).min(self.longest_wait);
        times.checked_sub(free).map_or(TimeDelta::zero(), wait)
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
        let attempts = Attempts::new(Tally::default(), TimeDelta::minutes(15));
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
        let attempts = Attempts::new(Tally::default(), TimeDelta::minutes(1));
        futures_util::future::join_all((0..100).map(|_| attempts.count("ann", at(0)))).await;
        assert_eq!(attempts.check("ann", at(0)).await, Err(TooMany { retry_after_seconds: 60 }));
    }

    #[tokio::test]
    async fn without_the_other_servers_counts_it_is_strict() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let tally = Tally::open(Some(&format!("redis://{nobody}")), "").unwrap();
        let attempts = Attempts::new(tally, TimeDelta::minutes(15));
        assert_eq!(attempts.check("ann", at(0)).await, Ok(()));
        attempts.count("ann", at(0)).await;
        assert_eq!(attempts.check("ann", at(0)).await, Err(TooMany { retry_after_seconds: 1 }));
    }
}
