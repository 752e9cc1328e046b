//! Whether a listing is what is asked for, and for which stay, at which price, how far away. Pure: what an ask comes to is
//! worked out once, and each listing is then a few comparisons of numbers.

use super::{
    ask::{Ask, Bounds},
    index::Listed,
    nights::Nights,
    resolve::Spot,
    spans,
    sphere::{self, Spot3},
    stay_rules, total,
    zones::Clocks,
};
use crate::{
    kernel::{Money, Stay},
    pricing::sellable::can_be_charged,
};

/// What an ask comes to.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub ask: &'a Ask,
    pub spot: &'a Spot,
    /// The stays that will do, the earliest first; none where any time is right.
    stays: Option<Vec<Dated>>,
    clocks: Clocks,
    circle: Option<Circle>,
    total_bounds: Option<(i64, i64)>,
}

/// A stay that will do.
#[derive(Debug)]
struct Dated {
    /// Its first night, counted from 1970.
    first: i32,
    nights: u32,
    /// The chunks of its nights, with their bits.
    chunks: Vec<(usize, i64)>,
    rules: stay_rules::Asked,
}

#[derive(Debug)]
struct Circle {
    middle: Spot3,
    /// The square of the straight line.
    most: i64,
}

/// What can be said of a listing that is what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Match {
    /// The first night of the stay that it matches with, counted from 1970; where there is a stay.
    pub first: Option<i32>,
    /// The total of that stay in minor units of the listing's currency; where it is asked for, or needed.
    pub total: Option<i64>,
    /// The square of the distance from the point that is asked about.
    pub distance: Option<i64>,
}

impl<'a> Wanted<'a> {
    /// None where nothing can match.
    pub fn of(ask: &'a Ask, spot: &'a Spot) -> Option<Self> {
        let dated = |stay: Stay| {
            Some(Dated {
                first: spans::day(stay.check_in()),
                nights: stay.len(),
                chunks: stay.nights().collect::<Nights>().touched().collect(),
                rules: stay_rules::Asked::of(stay, ask.now)?,
            })
        };
        let stays: Option<Vec<Dated>> = match (ask.stay, ask.flexible) {
            (Some(stay), _) => Some(dated(stay).into_iter().collect()),
            (None, Some(flexible)) => Some(flexible.stays().filter_map(dated).collect()),
            (None, None) => None,
        };
        let can_match = stays.as_ref().is_none_or(|stays| !stays.is_empty());
        can_match.then(|| Self {
            ask,
            spot,
            stays,
            clocks: Clocks::at(ask.now),
            circle: ask.near.map(|near| Circle {
                middle: sphere::spot(near.lat, near.lon),
                most: sphere::straight_squared(near.metres),
            }),
            total_bounds: ask.filters_total().then(|| ask.total_bounds()),
        })
    }

    /// The part of the map in which everything lies that can match, where there is one.
    pub fn seen(&self) -> Option<Bounds> {
        let around = || self.ask.near.map(|near| sphere::box_around(near.lat, near.lon, near.metres));
        self.ask.bounds.or_else(around)
    }

    /// What can be said of the listing, if it is what is asked for. What is compared fastest, and what most listings
    /// fail, comes first; the total last, since it costs more than all others together.
    pub fn meet(&self, listed: &Listed) -> Option<Match> {
        if !(self.has_numbers(listed) && self.is_there(listed)) {
            return None;
        }
        let distance = self.circle.as_ref().map(|circle| circle.middle.squared(listed.point()));
        if self.circle.as_ref().zip(distance).is_some_and(|(circle, distance)| distance > circle.most) {
            return None;
        }
        let Some(stays) = &self.stays else { return Some(Match { distance, ..Match::default() }) };
        let (stay, total) =
            stays.iter().find_map(|stay| self.sold(listed, stay).map(|total| (stay, total)))?;
        if self.total_bounds.is_some_and(|(least, most)| !(least..=most).contains(&total::worth_e6(total))) {
            return None;
        }
        let is_shown = self.ask.totals || self.ask.needs_total();
        Some(Match { first: Some(stay.first), total: is_shown.then_some(total.minor), distance })
    }

    fn has_numbers(&self, listed: &Listed) -> bool {
        let (ask, row) = (self.ask, &listed.row);
        let at_least = |have: i32, least: Option<u32>| i64::from(have) >= i64::from(least.unwrap_or(0));
        let amenities = ask.amenities.bits();
        ask.price_max.is_none_or(|most| row.price <= most)
            && ask.price_min.is_none_or(|least| row.price >= least)
            && row.amenities & amenities == amenities
            && at_least(row.guests, ask.guests)
            && at_least(row.bedrooms, ask.bedrooms)
            && at_least(row.beds, ask.beds)
            && at_least(row.half_bathrooms, ask.half_bathrooms)
            && at_least(row.rating, ask.min_rating)
            && (row.instant_book || !ask.instant_book)
            && (ask.room_types.is_empty() || ask.room_types.contains(&row.room_type))
            && (ask.property_types.is_empty() || ask.property_types.contains(&row.property_type))
            && ask.host.is_none_or(|host| row.host_id == host)
    }

    fn is_there(&self, listed: &Listed) -> bool {
        let (spot, row) = (self.spot, &listed.row);
        (spot.cities.is_empty() || spot.cities.contains(&row.city))
            && spot.region.as_ref().is_none_or(|region| row.region == *region)
            && spot.country.as_ref().is_none_or(|country| row.country == *country)
            && self.ask.bounds.is_none_or(|bounds| bounds.contains(row.lat_e6, row.lon_e6))
            && spot.words.iter().all(|word| row.title.contains(word.as_str()))
    }

    /// The total of the stay, if it can be booked: it is free, the rules allow it, and its price can be charged.
    fn sold(&self, listed: &Listed, stay: &Dated) -> Option<Money> {
        if !self.is_free(listed, stay) {
            return None;
        }
        let Listed { row, spans, .. } = listed;
        let total = total::total(row, spans, self.ask, stay.first.into(), stay.nights);
        Some(Money::new(total, row.currency)).filter(|total| can_be_charged(*total))
    }

    fn is_free(&self, listed: &Listed, stay: &Dated) -> bool {
        let taken = listed.nights();
        stay.chunks.iter().all(|(chunk, bits)| taken.0[*chunk] & bits == 0)
            && stay.rules.is_allowed_by(&listed.row, &listed.ranges, self.clocks.ahead(listed.row.zone))
    }
}
