//! How often something happened to a key, and when last: shared through Redis, or counted in this process. What follows
//! from a number is the callers' business.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use moka::{Entry, future::Cache, policy::EvictionPolicy};
use sha2::{Digest, Sha256};

use super::redis::{self, Redis};

/// A key to which nothing happens for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// So many keys are remembered in this process; the least recently counted goes first.
const MOST_KEYS: u64 = 100_000;

/// Servers' clocks may differ: the latest instant is kept.
const ADD: &str = "
local times = redis.call('HINCRBY', KEYS[1], 'times', 1)
local last = math.max(tonumber(redis.call('HGET', KEYS[1], 'last') or 0), tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'last', string.format('%.0f', last))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {times, last}";

/// How often, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How often.
    pub times: u32,
    /// When last, in milliseconds since 1970.
    pub last: i64,
    /// Whether others may know more: Redis doesn't answer, so this is what happened at this server only.
    pub alone: bool,
}

/// Counts. Clones share the counts.
#[derive(Clone)]
pub struct Tally {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Option<Shared>,
    /// Counted even while Redis answers, to know something when it doesn't.
    local: Cache<String, Count>,
}

struct Shared {
    redis: Redis,
    prefix: String,
}

impl Default for Tally {
    /// Counts in this process alone.
    fn default() -> Self {
        Self::over(None)
    }
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tally")
    }
}

impl Tally {
    /// Opens the Redis behind `redis://` or `rediss://`, or counts in this process alone.
    pub fn open(redis_url: Option<&str>, prefix: &str) -> anyhow::Result<Self> {
        let shared = match redis_url {
            None | Some("memory:") => None,
            Some(url) if url.starts_with("redis:") || url.starts_with("rediss:") => {
                Some(Shared { redis: Redis::new(redis::client(url)?)?, prefix: prefix.to_owned() })
            }
            Some(url) => bail!("nothing is counted behind {}:", super::scheme(url)),
        };
        Ok(Self::over(shared))
    }

    fn over(shared: Option<Shared>) -> Self {
        let local = Cache::builder()
            .max_capacity(MOST_KEYS)
            .time_to_idle(FORGOTTEN_AFTER)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { inner: Arc::new(Inner { shared, local }) }
    }

    /// How often it happened so far.
    pub async fn get(&self, key: &str) -> Count {
        let local = || async { self.inner.local.get(key).await.unwrap_or_default() };
        let Some(Shared { redis, prefix }) = &self.inner.shared else { return local().await };
        let mut ask = ::redis::cmd("HMGET");
        ask.arg(at(prefix, key)).arg("times").arg("last");
        match redis.ask::<(Option<u32>, Option<i64>)>(&ask).await {
            Some((times, last)) => {
                Count { times: times.unwrap_or_default(), last: last.unwrap_or_default(), alone: false }
            }
            None => Count { alone: true, ..local().await },
        }
    }

    /// It happened once more, `now`.
    pub async fn add(&self, key: &str, now: i64) {
        let count = |before: Option<Entry<String, Count>>| {
            let before = before.map(Entry::into_value).unwrap_or_default();
            let (times, last) = (before.times.saturating_add(1), before.last.max(now));
            std::future::ready(Count { times, last, alone: false })
        };
        self.inner.local.entry_by_ref(key).and_upsert_with(count).await;
        if let Some(Shared { redis, prefix }) = &self.inner.shared {
            let mut ask = ::redis::cmd("EVAL");
            ask.arg(ADD).arg(1).arg(at(prefix, key)).arg(now).arg(FORGOTTEN_AFTER.as_secs() * 1_000);
            redis.ask::<(u32, i64)>(&ask).await;
        }
    }

    /// It starts anew.
    pub async fn clear(&self, key: &str) {
        self.inner.local.invalidate(key).await;
        if let Some(Shared { redis, prefix }) = &self.inner.shared {
            redis.ask::<()>(::redis::cmd("DEL").arg(at(prefix, key))).await;
        }
    }
}

/// A key may be an email address, which is nothing for Redis to know.
fn at(prefix: &str, key: &str) -> String {
    format!("{prefix}:tally:{}", hex::encode(Sha256::digest(key.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::tests::{fresh_prefix, redis_url};

    async fn keeps_the_contract(tally: &Tally, alone: bool) {
        let is = |times, last| Count { times, last, alone };
        assert_eq!(tally.get("ann").await, is(0, 0));
        tally.add("ann", 1_800_000_000_123).await;
        tally.add("ann", 1_800_000_000_122).await;
        assert_eq!(tally.get("ann").await, is(2, 1_800_000_000_123));
        assert_eq!(tally.get("bob").await, is(0, 0));
        futures_util::future::join_all((0..100).map(|n| tally.add("bob", n))).await;
        assert_eq!(tally.get("bob").await, is(100, 99));
        tally.clear("bob").await;
        assert_eq!(tally.get("bob").await, is(0, 0));
    }

    #[tokio::test]
    async fn in_process_it_keeps_the_contract() {
        keeps_the_contract(&Tally::open(None, "").unwrap(), false).await;
    }

    #[tokio::test]
    async fn in_redis_it_keeps_the_contract_and_is_shared() {
        let Some(url) = redis_url() else { return };
        let prefix = fresh_prefix();
        keeps_the_contract(&Tally::open(Some(&url), &prefix).unwrap(), false).await;
        let elsewhere = Tally::open(Some(&url), &prefix).unwrap();
        assert_eq!(elsewhere.get("ann").await.times, 2, "another server knows it");
    }

    #[tokio::test]
    async fn without_its_redis_each_server_counts_for_itself_and_says_so() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        keeps_the_contract(&Tally::open(Some(&format!("redis://127.0.0.1:{port}")), "").unwrap(), true).await;
    }
}
