//! Stays and parties as a client writes them.

use async_graphql::{InputObject, SimpleObject};

use super::scalars::Date;
use crate::{
    kernel::{Party, Stay, party::NotAParty, stay::StayError},
    search::{Flexible, ask::NotFlexible},
};

/// When.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct StayInput {
    /// First night.
    pub check_in: Date,
    /// Day of leaving, which is free for the next guest.
    pub check_out: Date,
}

impl StayInput {
    /// A stay of at least one night, at most 365.
    pub fn read(self) -> Result<Stay, StayError> {
        Stay::new(self.check_in.0, self.check_out.0)
    }
}

/// When, if it doesn't matter exactly: so many nights within some days, or a weekend of them.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct FlexibleStayInput {
    /// The first day to arrive.
    pub from: Date,
    /// The last day to leave, at most 62 days later.
    pub to: Date,
    /// How many nights; a weekend has two if nothing is said, or three.
    pub nights: Option<i32>,
    /// Only weekends, which begin on a Friday.
    #[graphql(default)]
    pub weekend: bool,
}

impl FlexibleStayInput {
    /// A window in which there is such a stay.
    pub fn read(self) -> Result<Flexible, NotFlexible> {
        let nights = self.nights.map(|nights| u32::try_from(nights).map_err(|_| NotFlexible::Nights));
        Flexible::new(self.from.0, self.to.0, nights.transpose()?, self.weekend)
    }
}

/// When.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct StayDates {
    /// First night.
    check_in: Date,
    /// Day of leaving, which is free for the next guest.
    check_out: Date,
}

impl From<Stay> for StayDates {
    fn from(stay: Stay) -> Self {
        Self { check_in: Date(stay.check_in()), check_out: Date(stay.check_out()) }
    }
}

/// Nights in a row.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct NightRange {
    /// First night.
    pub first: Date,
    /// Last night, included.
    pub last: Date,
}

/// Who comes.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct PartyInput {
    /// Grown-ups, at least one.
    #[graphql(default = 1)]
    pub adults: i32,
    /// From two years on.
    #[graphql(default)]
    pub children: i32,
    /// Under two: they take no place of a guest.
    #[graphql(default)]
    pub infants: i32,
    /// Animals.
    #[graphql(default)]
    pub pets: i32,
}

impl PartyInput {
    /// A party with sane numbers.
    pub fn read(self) -> Result<Party, NotAParty> {
        Party::new(self.adults, self.children, self.infants, self.pets)
    }
}

/// Who comes.
#[derive(Debug, Clone, Copy, SimpleObject)]
#[graphql(name = "Party")]
pub struct PartyOf {
    /// Grown-ups.
    adults: u32,
    /// From two years on.
    children: u32,
    /// Under two.
    infants: u32,
    /// Animals.
    pets: u32,
}

impl From<Party> for PartyOf {
    fn from(party: Party) -> Self {
        Self { adults: party.adults, children: party.children, infants: party.infants, pets: party.pets }
    }
}
