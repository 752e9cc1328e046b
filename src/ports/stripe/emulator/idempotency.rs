//! Idempotency keys: the first answer is kept for 24 hours and given again. What an answer says is not known here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{errors::ApiError, shelf::Shelf};

/// How long Stripe remembers a key, in seconds.
const KEPT_FOR: i64 = 24 * 3600;

/// An answer on the wire.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    call: String,
    answer: Answer,
    at: i64,
}

/// Every key that is remembered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Keys(Shelf<Kept>);

impl Keys {
    /// The kept answer to `key`, if there is one; an error when the key was used for another `call` (address and
    /// parameters).
    pub fn find(&mut self, key: &str, call: &str, now: i64) -> Result<Option<Answer>, ApiError> {
        if key.len() > 255 {
            return Err(ApiError::parameter(
                "Idempotency-Key",
                None,
                "Idempotency keys can be at most 255 characters long.",
            ));
        }
        self.0.retain(|kept| now - kept.at < KEPT_FOR);
        match self.0.get(key) {
            Some(kept) if kept.call == call => Ok(Some(kept.answer.clone())),
            Some(_) => Err(ApiError::key_conflict(key)),
            None => Ok(None),
        }
    }

    /// Remembers the first answer.
    pub fn keep(&mut self, key: &str, call: String, answer: Answer, at: i64) {
        self.0.insert(key.to_owned(), Kept { call, answer, at });
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Self {
        Self(self.0.take_changes())
    }

    /// Adds what was written after this.
    pub fn follow(&mut self, later: Self) {
        self.0.follow(later.0);
    }

    /// Whether none is remembered.
    pub fn is_bare(&self) -> bool {
        self.0.is_bare()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_tied_to_its_call_for_a_day() {
        let mut keys = Keys::default();
        keys.keep("k", "a".to_owned(), Answer { status: 200, body: Value::Null }, 1_000);
        assert!(keys.find("k", "a", 1_000 + KEPT_FOR - 1).unwrap().is_some());
        assert!(keys.find("k", "b", 1_000).is_err());
        assert!(keys.find("other", "b", 1_000).unwrap().is_none());
        assert!(keys.find("k", "b", 1_000 + KEPT_FOR).unwrap().is_none());
        assert!(keys.find(&"k".repeat(256), "b", 1_000).is_err());
    }
}
