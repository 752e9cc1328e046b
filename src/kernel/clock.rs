//! The one source of time. The domain asks `now()`; only tokens, leases and webhook ages ask `real_now()`.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// An instant; everything that is stored or compared is in UTC.
pub type Instant = DateTime<Utc>;

/// A clock that can be moved forward, never back. Clones share the same hands.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// A clock that stands still until it is moved, for tests; `None` ticks with the machine.
    stands_at: Option<Instant>,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's time plus an offset, which starts at nothing.
    pub fn ticking() -> Self {
        Self::default()
    }

    /// A clock that stands at `at` until somebody moves it.
    pub fn standing(at: Instant) -> Self {
        Self { stands_at: Some(at), offset_ms: Arc::default() }
    }

    /// The domain's now, in whole microseconds: what PostgreSQL can store, so that what is read back is equal.
    pub fn now(&self) -> Instant {
        let base = self.stands_at.unwrap_or_else(|| self.real_now());
        let now = base + TimeDelta::milliseconds(self.offset_ms.load(Ordering::SeqCst));
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// The machine's own time, which nobody moves: for leases, token ages, webhook ages and rate limits.
    #[allow(clippy::disallowed_methods, reason = "this is the door that time comes by")]
    pub fn real_now(&self) -> Instant {
        Utc::now()
    }

    /// How far the domain's time is ahead, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::SeqCst)
    }

    /// Takes over a stored offset; a smaller one than now is ignored, since time does not run backward.
    pub fn set_offset_ms(&self, offset_ms: i64) {
        self.offset_ms.fetch_max(offset_ms, Ordering::SeqCst);
    }

    /// Moves the clock so that `now()` is at least `to`.
    pub fn advance_to(&self, to: Instant) {
        let ahead = to - self.now();
        if ahead > TimeDelta::zero() {
            // Rounded up: a clock that stops a part of a millisecond before an instant has not reached it.
            let whole = ahead.num_milliseconds();
            let rest = i64::from(ahead > TimeDelta::milliseconds(whole));
            self.offset_ms.fetch_add(whole + rest, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_only_moves_forward_and_clones_move_together() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = Clock::standing(start);
        let other = clock.clone();
        clock.advance_to(start + TimeDelta::hours(2));
        assert_eq!(other.now(), start + TimeDelta::hours(2));
        clock.advance_to(start);
        other.set_offset_ms(5);
        assert_eq!(clock.now(), start + TimeDelta::hours(2));
    }

    #[test]
    fn a_clock_that_is_moved_to_an_instant_has_reached_it() {
        let start = DateTime::from_timestamp(1_800_000_000, 300_000).unwrap();
        let clock = Clock::standing(start);
        let midnight = DateTime::from_timestamp(1_800_057_600, 0).unwrap();
        clock.advance_to(midnight);
        assert!(
            clock.now() >= midnight && clock.now() < midnight + TimeDelta::milliseconds(1),
            "{}",
            clock.now()
        );
    }
}
