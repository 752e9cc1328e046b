//! Chance that is the same on every machine and in every version: a market is a function of its numbers. Not for secrets.

use uuid::{Builder, Uuid};

use crate::kernel::clock::Instant;

/// A stream of chances (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of this seed for one thing; streams of different things don't hang together.
    pub fn new(seed: u64, kind: &str, number: u64) -> Self {
        let kind = kind.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut chance = Self(seed ^ kind.rotate_left(17) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        chance.draw();
        chance
    }

    /// Any number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is above 0.
    pub fn below(&mut self, n: u64) -> u64 {
        u64::try_from((u128::from(self.draw()) * u128::from(n)) >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = u64::from(high.abs_diff(low)) + 1;
        low.saturating_add(i32::try_from(self.below(width)).unwrap_or(0))
    }

    /// The same for counts.
    pub fn count(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Yes in so many of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them; there is at least one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// The index of one of `len` things.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// One of them, each as likely as its weight says.
    pub fn weighted<T: Copy>(&mut self, from: &[(T, u64)]) -> T {
        let mut rest = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (thing, weight) in from {
            if rest < *weight {
                return *thing;
            }
            rest -= weight;
        }
        from[0].0
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f32 {
        f32::from(u16::try_from(self.below(65_536)).unwrap_or(0)) / 65_535.0
    }

    /// An id as it would have been made at that instant.
    pub fn id(&mut self, at: Instant) -> Uuid {
        let mut tail = [0; 10];
        tail[..8].copy_from_slice(&self.draw().to_be_bytes());
        tail[8..].copy_from_slice(&self.draw().to_be_bytes()[..2]);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_says_the_same_and_others_say_other() {
        let say = |seed, kind, n| Chance::new(seed, kind, n).draw();
        assert_eq!(say(1, "home", 7), say(1, "home", 7));
        assert_ne!(say(1, "home", 7), say(1, "home", 8));
        assert_ne!(say(1, "home", 7), say(1, "host", 7));
        assert_ne!(say(1, "home", 7), say(2, "home", 7));
    }

    #[test]
    fn numbers_stay_within_their_limits_and_reach_them() {
        let mut chance = Chance::new(1, "test", 0);
        let seen: std::collections::BTreeSet<i32> = (0..1_000).map(|_| chance.between(-2, 2)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
        assert!((0..1_000).all(|_| chance.weighted(&[(1, 0), (2, 3), (3, 0)]) == 2));
    }
}
