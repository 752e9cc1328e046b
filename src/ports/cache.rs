//! The cache: bytes that may be gone at any time, in process or in Redis. Nothing here may be the only copy.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use anyhow::bail;
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::redis::{self, Redis};

/// How many bytes the cache in process keeps, keys and a guess at the bookkeeping included.
const CAPACITY: u64 = 16 << 20;
/// What an entry costs besides its key and value, in bytes.
const OVERHEAD: usize = 96;

/// A store of bytes that forgets. Clones share it.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    /// Who loads what just now in this process; the weak ends die with the last who waits.
    loading: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

enum Store {
    Memory(moka::future::Cache<String, Held>),
    Redis { redis: Redis, prefix: String },
}

#[derive(Clone)]
struct Held {
    bytes: Bytes,
    ttl: Duration,
}

/// Each entry lives as long as it was put for, however often it is read.
struct EachItsOwn;

impl moka::Expiry<String, Held> for EachItsOwn {
    fn expire_after_create(&self, _: &String, held: &Held, _: Instant) -> Option<Duration> {
        Some(held.ttl)
    }

    fn expire_after_update(
        &self,
        _: &String,
        held: &Held,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(held.ttl)
    }
}

impl Cache {
    /// Opens the Redis behind `redis://` or `rediss://`, where all keys begin with `prefix`, or a cache in this
    /// process without a URL (or with `memory:`). Redis need not be up. Call it inside a Tokio runtime.
    pub fn open(redis_url: Option<&str>, prefix: &str) -> anyhow::Result<Self> {
        let store = match redis_url {
            None | Some("memory:") => in_process(CAPACITY),
            Some(url) if url.starts_with("redis:") || url.starts_with("rediss:") => {
                Store::Redis { redis: Redis::new(redis::client(url)?)?, prefix: prefix.to_owned() }
            }
            Some(url) => bail!("there is no cache behind {}:", super::scheme(url)),
        };
        Ok(Self { inner: Arc::new(Inner { store, loading: Mutex::default() }) })
    }

    /// What was put there, unless it was forgotten since, or can't be reached.
    pub async fn get(&self, key: &str) -> Option<Bytes> {
        match &self.inner.store {
            Store::Memory(entries) => entries.get(key).await.map(|held| held.bytes),
            Store::Redis { redis, prefix } => {
                let found: Option<Vec<u8>> = redis.ask(::redis::cmd("GET").arg(at(prefix, key))).await?;
                found.map(Bytes::from)
            }
        }
    }

    /// Keeps `bytes` for at most `ttl`, in place of what was there. A `ttl` under a millisecond keeps nothing.
    pub async fn put(&self, key: &str, bytes: Bytes, ttl: Duration) {
        let Some(millis) = u64::try_from(ttl.as_millis()).ok().filter(|millis| *millis > 0) else {
            return self.remove(key).await;
        };
        match &self.inner.store {
            Store::Memory(entries) => entries.insert(key.to_owned(), Held { bytes, ttl }).await,
            Store::Redis { redis, prefix } => {
                let mut set = ::redis::cmd("SET");
                set.arg(at(prefix, key)).arg(&bytes[..]).arg("PX").arg(millis);
                redis.ask::<()>(&set).await;
            }
        }
    }

    /// Forgets the entry. While Redis can't be reached, others may still see it until its time is over.
    pub async fn remove(&self, key: &str) {
        match &self.inner.store {
            Store::Memory(entries) => entries.invalidate(key).await,
            Store::Redis { redis, prefix } => {
                redis.ask::<()>(::redis::cmd("DEL").arg(at(prefix, key))).await;
            }
        }
    }

    /// The cached value, or what `load` finds, kept for `ttl`. In one process only one caller loads a key at a time,
    /// and the others wait for it; a failure is not kept. An entry that doesn't read as a `T` counts as none.
    /// `load` must not ask for the same key again: it would wait for itself.
    pub async fn get_or_load<T, E>(
        &self,
        key: &str,
        ttl: Duration,
        load: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        if let Some(value) = self.read(key).await {
            return Ok(value);
        }
        let turn = self.turn_to_load(key);
        let _mine = turn.lock().await;
        if let Some(value) = self.read(key).await {
            return Ok(value);
        }
        let value = load.await?;
        if let Ok(bytes) = serde_json::to_vec(&value) {
            self.put(key, bytes.into(), ttl).await;
        }
        Ok(value)
    }

    async fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_slice(&self.get(key).await?).ok()
    }

    fn turn_to_load(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut loading = self.inner.loading.lock().unwrap_or_else(PoisonError::into_inner);
        loading.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = loading.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        loading.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

fn in_process(capacity: u64) -> Store {
    let weight = |key: &String, held: &Held| {
        u32::try_from(key.len() + held.bytes.len() + OVERHEAD).unwrap_or(u32::MAX)
    };
    let entries = moka::future::Cache::builder()
        .max_capacity(capacity)
        .weigher(weight)
        .expire_after(EachItsOwn)
        .build();
    Store::Memory(entries)
}

fn at(prefix: &str, key: &str) -> String {
    format!("{prefix}{key}")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::ports::tests::{fresh_prefix, redis_url};

    const MINUTE: Duration = Duration::from_secs(60);

    async fn keeps_the_contract(cache: &Cache) {
        assert_eq!(cache.get("a").await, None);
        cache.put("a", "one".into(), MINUTE).await;
        assert_eq!(cache.get("a").await, Some("one".into()));
        cache.put("a", Bytes::from_static(b"\0\xff two"), MINUTE).await;
        assert_eq!(cache.get("a").await, Some(Bytes::from_static(b"\0\xff two")));
        assert_eq!(cache.get("A").await, None);
        cache.remove("a").await;
        assert_eq!(cache.get("a").await, None);

        cache.put("empty", Bytes::new(), MINUTE).await;
        assert_eq!(cache.get("empty").await, Some(Bytes::new()));
        cache.put("empty", "x".into(), Duration::ZERO).await;
        assert_eq!(cache.get("empty").await, None);

        cache.put("short", "x".into(), Duration::from_millis(1)).await;
        while cache.get("short").await.is_some() {
            tokio::task::yield_now().await;
        }
        loads_once(cache).await;
    }

    async fn loads_once(cache: &Cache) {
        let loads = AtomicU32::new(0);
        let ask = || {
            cache.get_or_load("sum", MINUTE, async {
                tokio::task::yield_now().await;
                Ok::<_, ()>(loads.fetch_add(1, Ordering::SeqCst))
            })
        };
        let answers = futures_util::future::join_all((0..20).map(|_| ask())).await;
        assert!(answers.iter().all(|answer| *answer == Ok(0)), "{answers:?}");
        assert_eq!(loads.load(Ordering::SeqCst), 1);

        let failed = cache.get_or_load::<u8, _>("none", MINUTE, async { Err("no") }).await;
        assert_eq!(failed, Err("no"));
        assert_eq!(cache.get("none").await, None);

        cache.put("sum", "not json".into(), MINUTE).await;
        assert_eq!(cache.get_or_load("sum", MINUTE, async { Ok::<_, ()>(7) }).await, Ok(7));
    }

    #[tokio::test]
    async fn in_process_it_keeps_the_contract() {
        keeps_the_contract(&Cache::open(None, "").unwrap()).await;
    }

    #[tokio::test]
    async fn in_redis_it_keeps_the_contract() {
        let Some(url) = redis_url() else { return };
        let cache = Cache::open(Some(&url), &fresh_prefix()).unwrap();
        keeps_the_contract(&cache).await;
        let other = Cache::open(Some(&url), &fresh_prefix()).unwrap();
        cache.put("mine", "x".into(), MINUTE).await;
        assert_eq!(other.get("mine").await, None);
    }

    #[tokio::test]
    async fn a_dead_redis_is_a_miss() {
        // Bound and not listening any more: connecting is refused.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cache = Cache::open(Some(&format!("redis://127.0.0.1:{port}")), "").unwrap();
        cache.put("a", "one".into(), MINUTE).await;
        assert_eq!(cache.get("a").await, None);
        cache.remove("a").await;
        assert_eq!(cache.get_or_load("a", MINUTE, async { Ok::<_, ()>(3) }).await, Ok(3));
    }

    #[tokio::test]
    async fn in_process_it_stays_within_its_bytes() {
        let Store::Memory(entries) = in_process(100_000) else { unreachable!() };
        for n in 0..1_000 {
            entries.insert(n.to_string(), Held { bytes: vec![0; 1_000].into(), ttl: MINUTE }).await;
        }
        entries.run_pending_tasks().await;
        assert!(entries.weighted_size() <= 100_000, "{}", entries.weighted_size());
        assert!(entries.entry_count() > 50);
    }

    #[tokio::test]
    async fn other_schemes_are_refused() {
        assert!(Cache::open(Some("memcached://127.0.0.1"), "").is_err());
    }
}
