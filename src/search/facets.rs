//! What there is to narrow a search by, counted over all that matches. Each count leaves its own filter aside. No card is
//! read here.

use std::{cmp::Reverse, collections::BTreeMap};

use sea_orm::{ActiveEnum, DbErr};
use serde::{Deserialize, Serialize};

use super::{
    ask::{Ask, Sort},
    index::Listed,
    memory::Memory,
    resolve::Spot,
    total,
    wanted::{Match, Wanted},
};
use crate::{
    db::Db,
    listings::{
        amenity::{Amenities, Amenity},
        listing::{PropertyType, RoomType},
    },
};

/// The most bars of a histogram.
pub const MOST_BARS: u32 = 50;

/// The counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facets {
    /// By room type.
    pub room_types: Vec<(RoomType, u64)>,
    /// By property type.
    pub property_types: Vec<(PropertyType, u64)>,
    /// With each amenity, where those that are asked for hold.
    pub amenities: Vec<(Amenity, u64)>,
    /// By number of bedrooms, ascending.
    pub bedrooms: Vec<(i32, u64)>,
    /// Without approval.
    pub instant_book: u64,
    /// By the price of a night.
    pub nights: Vec<Bar>,
    /// By the total of the stay.
    pub totals: Vec<Bar>,
}

/// A bar of a histogram, in euro cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// From this price on.
    pub from: i64,
    /// Up to below this one.
    pub to: i64,
    /// How many.
    pub count: u64,
}

/// Counts what matches at this spot, with histograms of so many bars.
pub async fn facets(db: &Db, memory: &Memory, ask: &Ask, spot: &Spot, bars: u32) -> Result<Facets, DbErr> {
    // All that matches without the filters which some count leaves aside.
    let wide = Ask {
        room_types: Vec::new(),
        property_types: Vec::new(),
        bedrooms: None,
        instant_book: false,
        price_min: None,
        price_max: None,
        total_min: None,
        total_max: None,
        sort: Sort::Relevance,
        totals: true,
        ..ask.clone()
    };
    let Some(wanted) = Wanted::of(&wide, spot) else { return Ok(Facets::default()) };
    let counted = memory.look(db, |index| {
        let mut counted = Counted::default();
        index.matches(&wanted).for_each(|(listed, of)| counted.take(listed, of, ask));
        counted
    });
    Ok(counted.await?.facets(bars))
}

/// The filters that some count leaves aside, a bit each.
mod own {
    pub const ROOM: u8 = 1;
    pub const PROPERTY: u8 = 2;
    pub const BEDROOMS: u8 = 4;
    pub const INSTANT: u8 = 8;
    pub const PRICE: u8 = 16;
    pub const TOTAL: u8 = 32;
}

/// What was counted so far.
#[derive(Default)]
struct Counted {
    room_types: BTreeMap<String, (RoomType, u64)>,
    property_types: BTreeMap<String, (PropertyType, u64)>,
    amenities: BTreeMap<Amenity, u64>,
    bedrooms: BTreeMap<i32, u64>,
    instant_book: u64,
    prices: Vec<i64>,
    totals: Vec<i64>,
}

impl Counted {
    fn take(&mut self, listed: &Listed, of: Match, ask: &Ask) {
        let row = &listed.row;
        let worth = of.total.map(|total| total::worth(total, row.currency));
        let failed = failed(listed, worth, ask);
        let holds_but = |own: u8| failed & !own == 0;
        if holds_but(own::ROOM) {
            self.room_types.entry(row.room_type.to_value()).or_insert((row.room_type, 0)).1 += 1;
        }
        if holds_but(own::PROPERTY) {
            self.property_types.entry(row.property_type.to_value()).or_insert((row.property_type, 0)).1 += 1;
        }
        if holds_but(own::BEDROOMS) {
            *self.bedrooms.entry(row.bedrooms).or_default() += 1;
        }
        if holds_but(own::INSTANT) && row.instant_book {
            self.instant_book += 1;
        }
        if holds_but(own::PRICE) {
            self.prices.push(row.price);
        }
        if holds_but(own::TOTAL) {
            self.totals.extend(worth.map(|worth| worth / 1_000_000));
        }
        if failed == 0 {
            for amenity in Amenities::from_bits(row.amenities).iter() {
                *self.amenities.entry(amenity).or_default() += 1;
            }
        }
    }

    fn facets(self, bars: u32) -> Facets {
        let mut room_types: Vec<_> = self.room_types.into_values().collect();
        room_types.sort_by_key(|(_, count)| Reverse(*count));
        let mut property_types: Vec<_> = self.property_types.into_values().collect();
        property_types.sort_by_key(|(_, count)| Reverse(*count));
        let of = |amenity: &Amenity| Some((*amenity, *self.amenities.get(amenity)?));
        Facets {
            room_types,
            property_types,
            amenities: Amenity::ALL.iter().filter_map(of).collect(),
            bedrooms: self.bedrooms.into_iter().collect(),
            instant_book: self.instant_book,
            nights: histogram(&self.prices, bars),
            totals: histogram(&self.totals, bars),
        }
    }
}

/// Which of those filters a listing fails.
fn failed(listed: &Listed, worth: Option<i64>, ask: &Ask) -> u8 {
    let row = &listed.row;
    let (least, most) = ask.total_bounds();
    [
        (own::ROOM, ask.room_types.is_empty() || ask.room_types.contains(&row.room_type)),
        (own::PROPERTY, ask.property_types.is_empty() || ask.property_types.contains(&row.property_type)),
        (own::BEDROOMS, i64::from(row.bedrooms) >= i64::from(ask.bedrooms.unwrap_or(0))),
        (own::INSTANT, row.instant_book || !ask.instant_book),
        (
            own::PRICE,
            (ask.price_min.unwrap_or(i64::MIN)..=ask.price_max.unwrap_or(i64::MAX)).contains(&row.price),
        ),
        (own::TOTAL, !ask.filters_total() || worth.is_none_or(|worth| (least..=most).contains(&worth))),
    ]
    .into_iter()
    .filter(|(_, holds)| !holds)
    .fold(0, |failed, (own, _)| failed | own)
}

/// So many bars of the same width, from the lowest amount to the highest; none where there is no amount.
fn histogram(amounts: &[i64], most: u32) -> Vec<Bar> {
    let (Some(low), Some(high)) = (amounts.iter().min(), amounts.iter().max()) else { return Vec::new() };
    let (low, width, most) = (i128::from(*low), i128::from(*high) - i128::from(*low) + 1, i128::from(most));
    // The first amount that falls into the bar.
    let edge = |n: i128| i64::try_from(low + (n * width + most - 1) / most).unwrap_or(i64::MAX);
    let mut bars: Vec<Bar> = (0..most).map(|n| Bar { from: edge(n), to: edge(n + 1), count: 0 }).collect();
    for amount in amounts {
        let bar = usize::try_from((i128::from(*amount) - low) * most / width).unwrap_or(usize::MAX);
        if let Some(bar) = bars.get_mut(bar) {
            bar.count += 1;
        }
    }
    bars
}
