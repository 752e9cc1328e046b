//! Listings in an order: a sorted list in pieces, so that a change moves a few hundred numbers and not all of them. Pure.
//!
//! It holds slots only, four bytes each; what they are ordered by is asked of whoever holds the listings.

use crate::kernel::ListingId;

/// Where a listing stands in an order.
pub(super) type Key = (i64, ListingId);

/// A piece is halved when it has more.
const LONGEST: usize = 512;

/// Slots in ascending order of their keys. No piece is empty.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pieces: Vec<Vec<u32>>,
}

impl Shelf {
    /// Appends what comes after all others.
    pub fn push(&mut self, slot: u32) {
        match self.pieces.last_mut() {
            // Half full, as if they had come in any order: the next change need not halve each.
            Some(last) if last.len() < LONGEST / 2 => last.push(slot),
            _ => self.pieces.push(vec![slot]),
        }
    }

    /// Puts a slot where its key belongs.
    pub fn insert(&mut self, slot: u32, key: impl Fn(u32) -> Key) {
        let own = key(slot);
        let at = self.before(|other| key(other) < own).min(self.pieces.len().saturating_sub(1));
        let Some(piece) = self.pieces.get_mut(at) else { return self.pieces.push(vec![slot]) };
        let place = piece.partition_point(|other| key(*other) < own);
        piece.insert(place, slot);
        if piece.len() > LONGEST {
            let second = piece.split_off(LONGEST / 2);
            self.pieces.insert(at + 1, second);
        }
    }

    /// Takes a slot away; its key must still be what it was.
    pub fn remove(&mut self, slot: u32, key: impl Fn(u32) -> Key) {
        let own = key(slot);
        let at = self.before(|other| key(other) < own);
        let Some(piece) = self.pieces.get_mut(at) else { return };
        let place = piece.partition_point(|other| key(*other) < own);
        if piece.get(place) == Some(&slot) {
            piece.remove(place);
        }
        if piece.is_empty() {
            self.pieces.remove(at);
        }
    }

    /// All slots, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.pieces.iter().flatten().copied()
    }

    /// The slots beyond a key, ascending or falling; all where there is none.
    pub fn walk<'a>(
        &'a self,
        beyond: Option<Key>,
        falling: bool,
        key: impl Fn(u32) -> Key,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        let Some(beyond) = beyond else {
            return if falling {
                Box::new(self.pieces.iter().flatten().rev().copied())
            } else {
                Box::new(self.iter())
            };
        };
        // Where an ascending walk begins, and a falling one ends.
        let is_before = |slot: u32| if falling { key(slot) < beyond } else { key(slot) <= beyond };
        let at = self.before(is_before);
        let (before, after) = self.pieces.split_at(at);
        let (piece, after) =
            after.split_first().map_or((&[][..], after), |(piece, after)| (&piece[..], after));
        let (low, high) = piece.split_at(piece.partition_point(|slot| is_before(*slot)));
        if falling {
            Box::new(low.iter().rev().chain(before.iter().flatten().rev()).copied())
        } else {
            Box::new(high.iter().chain(after.iter().flatten()).copied())
        }
    }

    /// How many pieces hold nothing but what is before something.
    fn before(&self, is_before: impl Fn(u32) -> bool) -> usize {
        self.pieces.partition_point(|piece| piece.last().is_none_or(|last| is_before(*last)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(slot: u32) -> ListingId {
        // In another order than the slots.
        ListingId(Uuid::from_u128(u128::from(slot.wrapping_mul(2_654_435_761))))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Against the standard library's sorted map; with pieces that are halved, emptied, and walked from anywhere.
        #[test]
        fn a_shelf_is_a_sorted_list(
            first in 0_usize..2_000,
            changes in prop::collection::vec((0_u32..3_000, 0_i64..40), 0..3_000),
            looks in prop::collection::vec((0_i64..42, 0_u32..3_000), 30),
        ) {
            let mut values: BTreeMap<u32, i64> = (0_u32..).map(|slot| (slot, i64::from(slot % 37))).take(first).collect();
            let mut sorted: Vec<u32> = values.keys().copied().collect();
            sorted.sort_by_key(|slot| (values[slot], id(*slot)));
            let mut shelf = Shelf::default();
            sorted.iter().for_each(|slot| shelf.push(*slot));
            for (slot, value) in changes {
                let key = |slot: u32, values: &BTreeMap<u32, i64>| (values[&slot], id(slot));
                if values.contains_key(&slot) {
                    shelf.remove(slot, |slot| key(slot, &values));
                    values.remove(&slot);
                }
                if value > 5 {
                    values.insert(slot, value);
                    shelf.insert(slot, |slot| key(slot, &values));
                }
            }
            let key = |slot: u32| (values[&slot], id(slot));
            let mut expected: Vec<Key> = values.keys().map(|slot| key(*slot)).collect();
            expected.sort_unstable();
            prop_assert_eq!(shelf.iter().map(key).collect::<Vec<_>>(), expected.clone());
            prop_assert!(shelf.pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= LONGEST));
            for (value, slot) in looks {
                let from = (value, id(slot));
                let up: Vec<_> = expected.iter().copied().filter(|key| *key > from).collect();
                let down: Vec<_> = expected.iter().rev().copied().filter(|key| *key < from).collect();
                prop_assert_eq!(shelf.walk(Some(from), false, key).map(key).collect::<Vec<_>>(), up);
                prop_assert_eq!(shelf.walk(Some(from), true, key).map(key).collect::<Vec<_>>(), down);
            }
            expected.reverse();
            prop_assert_eq!(shelf.walk(None, true, key).map(key).collect::<Vec<_>>(), expected);
        }
    }
}
