//! What results are ordered by. Pure.

use super::{ask::Sort, row, total, wanted::Match};

/// A value by which listings stand on shelves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    Score,
    Price,
    Rating,
    Published,
}

impl Rank {
    /// Each, in the order of the shelves.
    pub const ALL: [Self; 4] = [Self::Score, Self::Price, Self::Rating, Self::Published];

    /// The value of a row.
    pub fn of(self, row: &row::Model) -> i64 {
        match self {
            Self::Score => row.score,
            Self::Price => row.price,
            Self::Rating => row.rating.into(),
            Self::Published => row.published,
        }
    }
}

impl Sort {
    /// The shelf that has this order, where there is one.
    pub(super) fn rank(self) -> Option<Rank> {
        match self {
            Self::Relevance => Some(Rank::Score),
            Self::PriceLow | Self::PriceHigh => Some(Rank::Price),
            Self::Rating => Some(Rank::Rating),
            Self::Newest => Some(Rank::Published),
            Self::Distance | Self::TotalLow | Self::TotalHigh => None,
        }
    }

    /// Whether the first page has the largest values.
    pub(super) fn is_falling(self) -> bool {
        !matches!(self, Self::PriceLow | Self::Distance | Self::TotalLow)
    }

    /// The value of a match in this order. Who sorts by distance or total was asked from where, and when
    /// ([`super::Ask::check`]).
    pub(super) fn value(self, row: &row::Model, of: &Match) -> i64 {
        match self.rank() {
            Some(rank) => rank.of(row),
            None if self == Self::Distance => of.distance.unwrap_or(i64::MAX),
            None => total::worth(of.total.unwrap_or(i64::MAX), row.currency),
        }
    }
}
