//! How much somebody has taken in the last minute: shared through Redis, or counted in this process. Who is measured, and
//! what counts, is the callers' business.
//!
//! The rule is GCRA, once in Rust and once in Lua: of each key only one instant is kept, at which all that was taken will
//! have been given back. `governor` has no shared twin, takes from one key at a time, and keeps all keys that it ever saw.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::bail;
use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::time::Instant;

use super::redis::{self, Redis};

/// What may be taken at once is a minute's worth, in microseconds.
const WINDOW: u64 = 60_000_000;
/// So many keys are remembered in this process; the least recently measured goes first.
const MOST_KEYS: u64 = 100_000;

/// The same as [`judge`], where all servers see it. Of several keys, either all are taken from or none.
const SCRIPT: &str = "
local time = redis.call('TIME')
local now, window = time[1] * 1000000 + time[2], 60000000
local answer, wait, due = {0}, 0, {}
for i, key in ipairs(KEYS) do
  local before = tonumber(redis.call('GET', key) or now)
  due[i] = math.max(before, now) + tonumber(ARGV[i])
  wait = math.max(wait, due[i] - now - window)
  answer[i + 1] = due[i] - now
end
if wait > 0 then return {wait} end
for i, key in ipairs(KEYS) do
  if due[i] > now then
    redis.call('SET', key, string.format('%.0f', due[i]), 'PX', math.ceil((due[i] - now) / 1000))
  end
end
return answer";

/// One who is measured, and what may be taken per minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// Who, and what of.
    pub key: String,
    /// How much per minute, and at once; 0 is no limit.
    pub per_minute: u64,
}

impl Meter {
    /// How many microseconds an amount takes to be given back. What is more than a minute's worth takes all of it.
    fn step(&self, amount: u64) -> u64 {
        amount.saturating_mul(WINDOW).checked_div(self.per_minute).unwrap_or(0).min(WINDOW)
    }

    /// What is left when so many microseconds of the minute are taken.
    fn left(&self, taken: u64) -> u64 {
        let left =
            u128::from(WINDOW.saturating_sub(taken)) * u128::from(self.per_minute) / u128::from(WINDOW);
        u64::try_from(left).unwrap_or(u64::MAX)
    }
}

/// Measures. Clones share what is remembered.
#[derive(Clone)]
pub struct Throttle {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Option<Shared>,
    /// What counts while Redis can't be reached, or where there is none.
    local: Local,
}

struct Shared {
    redis: Redis,
    prefix: String,
}

struct Local {
    opened: Instant,
    due: Cache<String, u64>,
    /// Reading and writing are one step.
    turn: Mutex<()>,
}

impl Throttle {
    /// Opens the Redis behind `redis://` or `rediss://`, or measures in this process alone.
    pub fn open(redis_url: Option<&str>, prefix: &str) -> anyhow::Result<Self> {
        let shared = match redis_url {
            None | Some("memory:") => None,
            Some(url) if url.starts_with("redis:") || url.starts_with("rediss:") => {
                Some(Shared { redis: Redis::new(redis::client(url)?)?, prefix: prefix.to_owned() })
            }
            Some(url) => bail!("nothing is measured behind {}:", super::scheme(url)),
        };
        let due = Cache::builder()
            .max_capacity(MOST_KEYS)
            .time_to_idle(Duration::from_micros(WINDOW))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        let local = Local { opened: Instant::now(), due, turn: Mutex::default() };
        Ok(Self { inner: Arc::new(Inner { shared, local }) })
    }

    /// Takes an amount from each, or from none: then it says when to come again. Otherwise it says what each has left.
    pub async fn take(&self, meters: &[Meter], amount: u64) -> Result<Vec<u64>, Duration> {
        let steps: Vec<u64> = meters.iter().map(|meter| meter.step(amount)).collect();
        let shared = match &self.inner.shared {
            Some(shared) => shared.take(meters, &steps).await,
            None => None,
        };
        let taken = shared.unwrap_or_else(|| self.inner.local.take(meters, &steps));
        let taken = taken.map_err(Duration::from_micros)?;
        Ok(meters.iter().zip(taken).map(|(meter, taken)| meter.left(taken)).collect())
    }
}

impl Shared {
    /// What Redis says; `None` if it doesn't.
    async fn take(&self, meters: &[Meter], steps: &[u64]) -> Option<Result<Vec<u64>, u64>> {
        let mut ask = ::redis::cmd("EVAL");
        ask.arg(SCRIPT).arg(meters.len());
        for meter in meters {
            ask.arg(format!("{}:rate:{}", self.prefix, meter.key));
        }
        let answer: Vec<u64> = self.redis.ask(ask.arg(steps)).await?;
        let (wait, taken) = answer.split_first()?;
        Some(if *wait > 0 { Err(*wait) } else { Ok(taken.to_vec()) })
    }
}

impl Local {
    fn take(&self, meters: &[Meter], steps: &[u64]) -> Result<Vec<u64>, u64> {
        let now = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let before: Vec<u64> =
            meters.iter().map(|meter| self.due.get(&meter.key).unwrap_or_default()).collect();
        let due = judge(&before, steps, now)?;
        for (meter, due) in meters.iter().zip(&due) {
            self.due.insert(meter.key.clone(), *due);
        }
        Ok(due.iter().map(|due| due - now).collect())
    }
}

/// When each will have been given back what was taken, if all may take their step now; otherwise, how long to wait.
fn judge(before: &[u64], steps: &[u64], now: u64) -> Result<Vec<u64>, u64> {
    let due: Vec<u64> = before.iter().zip(steps).map(|(before, step)| (*before).max(now) + step).collect();
    match due.iter().map(|due| (due - now).saturating_sub(WINDOW)).max() {
        Some(wait) if wait > 0 => Err(wait),
        _ => Ok(due),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::tests::{fresh_prefix, redis_url};

    fn meter(key: &str, per_minute: u64) -> Meter {
        Meter { key: key.to_owned(), per_minute }
    }

    #[test]
    fn a_minutes_worth_may_be_taken_at_once_and_comes_back_bit_by_bit() {
        // 60 a minute are one a second.
        let second = meter("a", 60).step(1);
        let mut due = 0;
        for _ in 0..60 {
            due = judge(&[due], &[second], 5).unwrap()[0];
        }
        assert_eq!(judge(&[due], &[second], 5), Err(1_000_000));
        assert_eq!(judge(&[due], &[second], 400_005), Err(600_000));
        assert!(judge(&[due], &[second], 1_000_005).is_ok());
        // After a minute all of it is back, and no more than that.
        assert_eq!(judge(&[due], &[60 * second], 60_000_005), Ok(vec![120_000_005]));
        assert!(judge(&[due], &[60 * second + 1], 600_000_000).is_err());
    }

    #[test]
    fn what_is_more_than_a_minutes_worth_takes_all_of_it() {
        let small = meter("a", 100);
        assert_eq!((small.step(100), small.step(5_000), small.step(u64::MAX)), (WINDOW, WINDOW, WINDOW));
        assert_eq!((small.left(0), small.left(WINDOW / 2), small.left(WINDOW)), (100, 50, 0));
        assert_eq!(meter("a", u64::MAX).left(0), u64::MAX);
    }

    async fn keeps_the_contract(throttle: &Throttle) {
        let (ann, bob, net) = (meter("ann", 100), meter("bob", 100), meter("net", 150));
        assert_eq!(throttle.take(&[ann.clone(), net.clone()], 0).await, Ok(vec![100, 150]));
        let left = throttle.take(&[ann.clone(), net.clone()], 80).await.unwrap();
        assert!((20..25).contains(&left[0]) && (70..75).contains(&left[1]), "{left:?}");
        // Bob has enough left, the network that both share has not: nothing is taken from either.
        let wait = throttle.take(&[bob.clone(), net.clone()], 90).await.unwrap_err();
        assert!(wait > Duration::from_secs(1) && wait < Duration::from_secs(9), "{wait:?}");
        assert_eq!(throttle.take(std::slice::from_ref(&bob), 0).await, Ok(vec![100]));
        assert!(throttle.take(&[bob, net], 60).await.is_ok());
        assert!(throttle.take(&[ann], 50).await.is_err());
        assert_eq!(throttle.take(&[], 50).await, Ok(vec![]));
        assert_eq!(throttle.take(&[meter("off", 0)], 50).await, Ok(vec![0]));

        // One each millisecond: it comes back while we look.
        let fast = meter("fast", 60_000);
        assert!(throttle.take(std::slice::from_ref(&fast), 60_000).await.is_ok());
        let mut refused = 0;
        while throttle.take(std::slice::from_ref(&fast), 20).await.is_err() {
            refused += 1;
        }
        assert!(refused > 0);
        holds_in_a_crowd(throttle).await;
    }

    async fn holds_in_a_crowd(throttle: &Throttle) {
        let many = meter("many", 20);
        let takes = (0..100).map(|_| throttle.take(std::slice::from_ref(&many), 1));
        let passed = futures_util::future::join_all(takes).await.iter().filter(|taken| taken.is_ok()).count();
        assert!((20..=21).contains(&passed), "{passed}");
    }

    #[tokio::test]
    async fn in_process_it_keeps_the_contract() {
        keeps_the_contract(&Throttle::open(None, "").unwrap()).await;
    }

    #[tokio::test]
    async fn in_redis_it_keeps_the_contract_and_is_shared() {
        let Some(url) = redis_url() else { return };
        let prefix = fresh_prefix();
        let open = |prefix: &str| Throttle::open(Some(&url), prefix).unwrap();
        keeps_the_contract(&open(&prefix)).await;
        assert!(open(&prefix).take(&[meter("many", 20)], 10).await.is_err(), "another server knows it");
        assert!(open(&fresh_prefix()).take(&[meter("many", 20)], 10).await.is_ok(), "another market doesn't");
    }

    #[tokio::test]
    async fn without_its_redis_each_server_measures_for_itself() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let throttle = Throttle::open(Some(&format!("redis://127.0.0.1:{port}")), "").unwrap();
        keeps_the_contract(&throttle).await;
    }
}
