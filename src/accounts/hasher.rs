//! Hashing passwords: slow on purpose, so a few at a time and never on an async thread. Which are good is `password`'s
//! question.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use argon2::{Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::password::{Password, Weakness};
use crate::kernel::Fault;

/// 19 MiB, two passes, one lane: what OWASP recommends, and argon2's own default. Raising a number re-hashes each
/// person's password when they next sign in.
const PARAMS: Params = Params::DEFAULT;

/// A hash with these parameters that no password has: who has no account waits as long as who has one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29qb3Vybi1ub2JvZHkx$GZRP1bWBqeJsYv7Zh3dJgpqV8tTn5nFxZkN0h2UwQ4s";

/// How long somebody who comes when too many wait is asked to stay away, in seconds.
const BUSY_SECONDS: u32 = 1;

/// Hashes passwords, at most one per core at once. Clones share the places.
#[derive(Debug, Clone)]
pub struct Hasher {
    /// Those who hash and those who wait.
    places: Arc<Semaphore>,
    /// Those who hash.
    turns: Arc<Semaphore>,
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum NotHashed {
    /// Too many wait already.
    #[error("too many people are signing in: try again in {retry_after_seconds} s")]
    Busy {
        /// When to come again.
        retry_after_seconds: u32,
    },
    /// It failed.
    #[error("hashing failed")]
    Broken(#[source] anyhow::Error),
}

impl NotHashed {
    /// As a use case's fault; `refusal` says "come again in so many seconds".
    pub(super) fn into_fault<R>(self, refusal: impl FnOnce(u32) -> R) -> Fault<R> {
        match self {
            Self::Busy { retry_after_seconds } => Fault::Refused(refusal(retry_after_seconds)),
            Self::Broken(cause) => Fault::Broken(cause),
        }
    }
}

/// How a password that was tried compares to a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It isn't the one.
    No,
    /// It is.
    Yes,
    /// It is, and its hash was made with weaker parameters than today's: hash it again.
    YesButOld,
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new(available_parallelism().map_or(1, NonZero::get))
    }
}

impl Hasher {
    /// At most `cores` at once, and twice as many waiting.
    pub fn new(cores: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(cores * 3)), turns: Arc::new(Semaphore::new(cores)) }
    }

    /// Judges a password that is being chosen against the person's `own` data, and hashes it: argon2id in PHC form.
    pub async fn hash_chosen(
        &self,
        password: Password,
        own: Vec<String>,
    ) -> Result<Result<String, Weakness>, NotHashed> {
        let work = move || {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            password.judge(&own).map(|()| hash(&password))
        };
        Ok(match self.run(work).await? {
            Ok(hash) => Ok(hash.map_err(NotHashed::Broken)?),
            Err(weakness) => Err(weakness),
        })
    }

    /// Hashes a password that was accepted before.
    pub async fn hash_again(&self, password: Password) -> Result<String, NotHashed> {
        self.run(move || hash(&password)).await?.map_err(NotHashed::Broken)
    }

    /// Compares a password to a stored hash. Without a hash it answers `No`, and takes as long.
    pub async fn compare(&self, password: Password, stored: Option<String>) -> Result<Match, NotHashed> {
        self.run(move || compare(&password, stored.as_deref())).await?.map_err(NotHashed::Broken)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotHashed> {
        let busy = |_| NotHashed::Busy { retry_after_seconds: BUSY_SECONDS };
        let place = self.places.clone().try_acquire_owned().map_err(busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|e| NotHashed::Broken(e.into()))?;
        let task = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who waits for it: a client who goes away frees nothing.
            let _held = (place, turn);
            work()
        });
        task.await.map_err(|e| NotHashed::Broken(e.into()))
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::from(PARAMS)
}

fn hash(password: &Password) -> anyhow::Result<String> {
    Ok(argon2().hash_password(password.as_bytes())?.to_string())
}

fn compare(password: &Password, stored: Option<&str>) -> anyhow::Result<Match> {
    let stored_hash = PasswordHash::new(stored.unwrap_or(NOBODYS))?;
    match argon2().verify_password(password.as_bytes(), &stored_hash) {
        Ok(()) if is_weaker(&stored_hash)? => Ok(Match::YesButOld),
        Ok(()) => Ok(Match::Yes),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Match::No),
        Err(error) => Err(error.into()),
    }
}

fn is_weaker(stored: &PasswordHash) -> anyhow::Result<bool> {
    let params = Params::try_from(stored)?;
    let id = argon2::Algorithm::Argon2id.ident();
    Ok(stored.algorithm != id || params.m_cost() < PARAMS.m_cost() || params.t_cost() < PARAMS.t_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::presented(text).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hasher = Hasher::default();
        let chosen = hasher.hash_chosen(password("vexing-Krakow-teapot"), vec![]).await.unwrap().unwrap();
        assert!(chosen.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{chosen}");
        let compare = |text: &str, stored: &str| hasher.compare(password(text), Some(stored.to_owned()));
        assert_eq!(compare("vexing-Krakow-teapot", &chosen).await.unwrap(), Match::Yes);
        assert_eq!(compare("vexing-Krakow-teapoT", &chosen).await.unwrap(), Match::No);
        assert_eq!(hasher.compare(password("anything"), None).await.unwrap(), Match::No);
        assert!(compare("x", "not a hash").await.is_err());
    }

    #[tokio::test]
    async fn a_hash_with_weaker_parameters_is_said_to_be_old() {
        let weak = Argon2::from(Params::new(8 * 1024, 1, 1, None).unwrap());
        let stored = PasswordHasher::hash_password(&weak, b"vexing-Krakow-teapot").unwrap().to_string();
        let outcome = Hasher::default().compare(password("vexing-Krakow-teapot"), Some(stored)).await;
        assert_eq!(outcome.unwrap(), Match::YesButOld);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_comes_when_too_many_wait_is_sent_away() {
        let hasher = Hasher::new(1);
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let (started, is_running) = tokio::sync::oneshot::channel();
        let work = {
            let hasher = hasher.clone();
            tokio::spawn(async move {
                let block = move || {
                    started.send(()).ok();
                    wait.recv().ok();
                };
                hasher.run(block).await
            })
        };
        is_running.await.unwrap();
        let mut first = Box::pin(hasher.run(|| 1));
        let mut second = Box::pin(hasher.run(|| 2));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(matches!(hasher.run(|| 3).await, Err(NotHashed::Busy { .. })));
        release.send(()).unwrap();
        work.await.unwrap().unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
        assert_eq!(hasher.run(|| 3).await.unwrap(), 3);
    }
}
