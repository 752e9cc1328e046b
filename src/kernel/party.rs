//! Who comes. A value.

use serde::{Deserialize, Serialize};

/// The people and animals of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Grown-ups, at least one.
    pub adults: u32,
    /// From two years on.
    pub children: u32,
    /// Under two: they take no place of a guest.
    pub infants: u32,
    /// Animals.
    pub pets: u32,
}

/// The most of each kind that makes sense; a listing has limits of its own.
const MOST: u32 = 50;

/// Why numbers are no party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a party has at least one adult, and none of its numbers is above {MOST} or below 0")]
pub struct NotAParty;

impl Party {
    /// A party of numbers from outside.
    pub fn new(adults: i32, children: i32, infants: i32, pets: i32) -> Result<Self, NotAParty> {
        let count = |n: i32| u32::try_from(n).ok().filter(|n| *n <= MOST).ok_or(NotAParty);
        let party = Self {
            adults: count(adults)?,
            children: count(children)?,
            infants: count(infants)?,
            pets: count(pets)?,
        };
        if party.adults == 0 { Err(NotAParty) } else { Ok(party) }
    }

    /// Those who count against the listing's limit, the extra-guest fee and taxes per person.
    pub fn guests(self) -> u32 {
        self.adults + self.children
    }
}
