//! One connection to Redis that may be lost: short time limits, and a rest after a failure. No keys, no meaning.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use redis::{
    Client, Cmd, FromRedisValue, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::{Instant, timeout};

/// How long one question may take: whatever Redis is asked for, going without it must stay cheap.
const LIMIT: Duration = Duration::from_millis(200);
/// How long nothing is asked after a failure, so that a dead Redis doesn't cost every request its time limit.
const REST: Duration = Duration::from_millis(500);
/// How far apart two complaints in the log are.
const COMPLAINT: Duration = Duration::from_secs(10);

/// A connection that is made when it is first needed, and again when it was lost.
pub(super) struct Redis {
    manager: ConnectionManager,
    trouble: Mutex<Trouble>,
}

#[derive(Default)]
struct Trouble {
    rest_until: Option<Instant>,
    complained_at: Option<Instant>,
}

/// A client for `redis://` and `rediss://` URLs.
pub(super) fn client(url: &str) -> anyhow::Result<Client> {
    super::use_ring_for_tls();
    Client::open(url).context("this is not the URL of a Redis server")
}

impl Redis {
    /// Opens without connecting, inside a Tokio runtime: a server starts while its Redis is down.
    pub fn new(client: Client) -> anyhow::Result<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(LIMIT));
        Ok(Self {
            manager: ConnectionManager::new_lazy_with_config(client, config)?,
            trouble: Mutex::default(),
        })
    }

    /// Redis's answer, or `None` when there is none in time; the reason goes to the log.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        if self.rests() {
            return None;
        }
        let mut manager = self.manager.clone();
        let answer = timeout(LIMIT, async {
            match command.query_async(&mut manager).await {
                // The connection was lost since we last used it: the manager has begun a new one.
                Err(lost) if lost.is_io_error() || lost.is_connection_dropped() => {
                    command.query_async(&mut manager).await
                }
                answer => answer,
            }
        });
        self.heed(
            answer.await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
        )
    }

    fn rests(&self) -> bool {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.rest_until.is_some_and(|until| Instant::now() < until)
    }

    fn heed<T>(&self, answer: RedisResult<T>) -> Option<T> {
        let fault = match answer {
            Ok(value) => return Some(value),
            Err(fault) => fault,
        };
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        trouble.rest_until = Some(now + REST);
        if trouble.complained_at.is_none_or(|at| now > at + COMPLAINT) {
            trouble.complained_at = Some(now);
            tracing::warn!(%fault, "Redis does not answer; going on without it");
        }
        None
    }
}
