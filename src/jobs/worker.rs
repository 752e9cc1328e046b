//! The worker: claims due jobs, runs them side by side, keeps their leases, catches panics, stops when told.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{Claim, LEASE_SECONDS, claim, fail, finish};
use crate::{db::Db, drill, kernel::Clock};

/// What works on jobs: all kinds, by their payload.
pub type Handler = Arc<dyn Fn(Claim) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// How long an idle worker sleeps at most: another process may have stored a job, or a time may have come.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// How a worker keeps time.
#[derive(Clone, Copy)]
pub struct Pace {
    /// How often it prolongs the lease of a job that still runs.
    pub beat: Duration,
    /// How long a job may run; then the try has failed, and its place is free for another.
    pub limit: fn(&Claim) -> Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let beat = Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 3);
        Self { beat, limit: |_| Duration::from_secs(120) }
    }
}

/// A worker of this process.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    clock: Clock,
    handler: Handler,
    side_by_side: usize,
    pace: Pace,
}

impl Worker {
    /// A worker that hands claims to `handler`, so many at once: a slow job delays no other as long as there is a place.
    pub fn new(db: Db, clock: Clock, handler: Handler, side_by_side: usize) -> Self {
        Self { db, clock, handler, side_by_side, pace: Pace::default() }
    }

    /// The same worker with another pace.
    pub fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Works until `stop`; then claims nothing more and lets what runs come to its end.
    pub async fn run(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.side_by_side));
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            let free = places.available_permits();
            let claims = match free {
                0 => Vec::new(),
                _ => self.claim(free).await,
            };
            let idle = claims.is_empty();
            for claim in claims {
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let worker = self.clone();
                running.spawn(async move {
                    worker.work(claim).await;
                    drop(place);
                });
            }
            while running.try_join_next().is_some() {}
            if idle {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.db.job_stored() => {}
                    Some(_) = running.join_next(), if !running.is_empty() => {}
                    () = tokio::time::sleep(LONGEST_SLEEP) => {}
                }
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Works on everything that is due now, and on what follows from it, one after the other in order. For tests, for
    /// a clock that is moved by hand, and for the command line. Returns how many jobs ran.
    pub async fn run_due(&self) -> usize {
        let mut ran = 0;
        loop {
            let claims = self.claim(1).await;
            if claims.is_empty() {
                return ran;
            }
            for claim in claims {
                self.work(claim).await;
                ran += 1;
            }
        }
    }

    async fn claim(&self, most: usize) -> Vec<Claim> {
        match claim(&self.db, self.clock.now(), self.clock.real_now(), most as u64).await {
            Ok(claims) => claims,
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be claimed");
                tokio::time::sleep(LONGEST_SLEEP).await;
                Vec::new()
            }
        }
    }

    async fn work(&self, claim: Claim) {
        drill::point_of("jobs.claimed", &claim.kind);
        let limit = (self.pace.limit)(&claim);
        let work = std::panic::AssertUnwindSafe((self.handler)(claim.clone())).catch_unwind();
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(limit, work) => outcome,
            () = self.keep_lease(&claim) => {
                tracing::warn!(job = %claim.id, kind = claim.kind, "a job's claim was lost: another worker has it");
                return;
            }
        };
        drill::point_of("jobs.worked", &claim.kind);
        let now = self.clock.real_now();
        let ended = match outcome {
            Ok(Ok(Ok(()))) => finish(&self.db, &claim, now).await,
            Err(_late) => {
                tracing::warn!(job = %claim.id, kind = claim.kind, attempts = claim.attempts, ?limit, "a job hangs");
                fail(&self.db, &claim, &format!("took longer than {limit:?}"), now).await
            }
            Ok(Ok(Err(error))) => {
                tracing::warn!(job = %claim.id, kind = claim.kind, attempts = claim.attempts, error = format!("{error:#}"), "a job failed");
                fail(&self.db, &claim, &format!("{error:#}"), now).await
            }
            Ok(Err(_panic)) => {
                tracing::error!(job = %claim.id, kind = claim.kind, attempts = claim.attempts, "a job panicked");
                fail(&self.db, &claim, "panicked", now).await
            }
        };
        self.db.job_has_ended();
        match ended {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job = %claim.id, "a job ended after its claim was lost"),
            // The lease ends, and somebody works on it again.
            Err(error) => tracing::warn!(job = %claim.id, %error, "a job's end could not be written"),
        }
    }

    /// Returns when the claim is lost.
    async fn keep_lease(&self, claim: &Claim) {
        loop {
            tokio::time::sleep(self.pace.beat).await;
            if let Ok(false) = super::claim::heartbeat(&self.db, claim, self.clock.real_now()).await {
                return;
            }
        }
    }
}
