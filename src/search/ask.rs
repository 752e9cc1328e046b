//! What a search asks for, and where its pages begin. Values; no SQL.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::{sphere, total::worth_e6};
use crate::{
    kernel::{ListingId, Money, Party, Stay, UserId, clock::Instant, money::BasisPoints},
    listings::{
        amenity::Amenities,
        listing::{PropertyType, RoomType},
    },
};

/// The order of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sort {
    /// The most relevant first.
    #[default]
    Relevance,
    /// The cheapest first.
    PriceLow,
    /// The dearest first.
    PriceHigh,
    /// The best rated first.
    Rating,
    /// The newest first.
    Newest,
    /// The nearest first; needs a point to be near to.
    Distance,
    /// The lowest total of the stay first; needs a stay.
    TotalLow,
    /// The highest total of the stay first; needs a stay.
    TotalHigh,
}

/// What is looked for; everything that is left out is any.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A city, region, country or words of a title, as people type it.
    pub place: Option<String>,
    /// Within this part of the map.
    pub bounds: Option<Bounds>,
    /// Not farther from a point than so.
    pub near: Option<Near>,
    /// Free for these nights, and bookable by the host's rules on the listing's own clock.
    pub stay: Option<Stay>,
    /// Or for a stay of this shape: the earliest that is free is the one that is meant.
    pub flexible: Option<Flexible>,
    /// Room for so many adults and children; the total of a stay is theirs, or one guest's.
    pub guests: Option<u32>,
    /// Whether animals come: what they cost is in the total.
    pub pets: bool,
    /// Base price of a night at least, in euro cents ([`crate::pricing::rates::reference`]).
    pub price_min: Option<i64>,
    /// Base price of a night at most, in euro cents.
    pub price_max: Option<i64>,
    /// Total of the stay at least, cleaning, fees and taxes included; in any currency.
    pub total_min: Option<Money>,
    /// Total of the stay at most.
    pub total_max: Option<Money>,
    /// One of these; none means any.
    pub room_types: Vec<RoomType>,
    /// One of these; none means any.
    pub property_types: Vec<PropertyType>,
    /// At least so many.
    pub bedrooms: Option<u32>,
    /// At least so many.
    pub beds: Option<u32>,
    /// At least so many halves.
    pub half_bathrooms: Option<u32>,
    /// All of these.
    pub amenities: Amenities,
    /// Only what needs no approval.
    pub instant_book: bool,
    /// Only of this host.
    pub host: Option<UserId>,
    /// Rated at least so many hundredths.
    pub min_rating: Option<u32>,
    /// In which order.
    pub sort: Sort,
    /// Whether each hit's total is asked for; it is known anyway where a filter or the order needs it.
    pub totals: bool,
    /// What the operator takes from guests now: it is in the total.
    pub guest_fee: BasisPoints,
    /// The domain's now: notice and booking window are judged by it.
    pub now: Instant,
}

impl Ask {
    /// How many nights the stay has, whenever it is.
    pub fn nights(&self) -> Option<u32> {
        self.stay.map(Stay::len).or(self.flexible.map(|flexible| flexible.nights))
    }

    /// Who comes, as far as a price depends on it.
    pub fn party(&self) -> Party {
        let adults = self.guests.unwrap_or(1).max(1);
        Party { adults, children: 0, infants: 0, pets: u32::from(self.pets) }
    }

    /// Whether some part of the answer depends on the total of the stay.
    pub fn needs_total(&self) -> bool {
        self.filters_total() || matches!(self.sort, Sort::TotalLow | Sort::TotalHigh)
    }

    /// Whether the total of the stay is a filter.
    pub fn filters_total(&self) -> bool {
        self.total_min.or(self.total_max).is_some()
    }

    /// What can't be answered as it is asked.
    pub fn check(&self) -> Result<(), Refusal> {
        let dated = self.stay.or(self.flexible.and_then(|flexible| flexible.stays().next())).is_some();
        match self.sort {
            Sort::Distance if self.near.is_none() => Err(Refusal::NearToWhat),
            Sort::TotalLow | Sort::TotalHigh if !dated => Err(Refusal::SortOfWhatStay),
            _ if self.filters_total() && !dated => Err(Refusal::TotalOfWhatStay),
            _ => Ok(()),
        }
    }

    /// What makes two asks the same search: all but when it is asked, and what is shown of it.
    pub fn identity(&self) -> String {
        format!("{:?}", Self { now: Instant::UNIX_EPOCH, totals: false, ..self.clone() })
    }

    /// A number that says whether two asks are the same search: a cursor of another one is refused.
    pub fn fingerprint(&self) -> u64 {
        // FNV-1a: the same on every server, unlike the standard library's.
        self.identity()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    /// The bounds of the total, as totals are compared.
    pub fn total_bounds(&self) -> (i64, i64) {
        (self.total_min.map_or(i64::MIN, worth_e6), self.total_max.map_or(i64::MAX, worth_e6))
    }
}

/// Around a point, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Near {
    /// Latitude.
    pub lat: i32,
    /// Longitude.
    pub lon: i32,
    /// So far over ground, in metres.
    pub metres: i64,
}

/// Why there is no such circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a radius is 1 to {} metres, around a point between the poles and within ±180°", sphere::FARTHEST)]
pub struct NoCircle;

impl Near {
    /// A circle of numbers from outside.
    pub fn new(lat: i32, lon: i32, metres: i64) -> Result<Self, NoCircle> {
        let on_the_map = lat.unsigned_abs() <= 90_000_000 && lon.unsigned_abs() <= 180_000_000;
        let fits = on_the_map && (1..=sphere::FARTHEST).contains(&metres);
        if fits { Ok(Self { lat, lon, metres }) } else { Err(NoCircle) }
    }
}

/// A stay that may be any of several: so many nights within a window, or a weekend of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flexible {
    from: NaiveDate,
    to: NaiveDate,
    nights: u32,
    weekend: bool,
}

/// The longest window, in days: so many stays at most are tried.
pub const LONGEST_WINDOW: i64 = 62;

/// Why dates aren't flexible in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFlexible {
    /// No nights, or more than fit.
    #[error("so many nights don't fit between these days")]
    Nights,
    /// The window ends before it begins, or is too long.
    #[error("the last day comes after the first, at most {LONGEST_WINDOW} days later")]
    Window,
    /// A weekend of other than two or three nights.
    #[error("a weekend has two nights, or three")]
    Weekend,
}

impl Flexible {
    /// `nights` somewhere between `from`, the first day to arrive, and `to`, the last day to leave. A weekend begins on
    /// a Friday and has two nights; with three it ends on a Monday.
    pub fn new(
        from: NaiveDate,
        to: NaiveDate,
        nights: Option<u32>,
        weekend: bool,
    ) -> Result<Self, NotFlexible> {
        let length = (to - from).num_days();
        let nights = nights.unwrap_or(if weekend { 2 } else { 0 });
        if !(1..=LONGEST_WINDOW).contains(&length) {
            return Err(NotFlexible::Window);
        }
        if weekend && !(2..=3).contains(&nights) {
            return Err(NotFlexible::Weekend);
        }
        let flexible = Self { from, to, nights, weekend };
        if flexible.stays().next().is_none() { Err(NotFlexible::Nights) } else { Ok(flexible) }
    }

    /// How many nights.
    pub fn nights(self) -> u32 {
        self.nights
    }

    /// The stays that it may be, the earliest first.
    pub fn stays(self) -> impl Iterator<Item = Stay> {
        let days = self.from.iter_days().take_while(move |day| *day < self.to);
        let fitting = days.filter(move |day| !self.weekend || day.weekday() == Weekday::Fri);
        fitting.filter_map(move |day| {
            let check_out = day.checked_add_days(Days::new(self.nights.into()))?;
            Stay::new(day, check_out).ok().filter(|stay| stay.check_out() <= self.to)
        })
    }
}

/// A part of the map in millionths of a degree, edges included. With `west` beyond `east` it spans the date line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bounds {
    /// Lowest latitude.
    pub south: i32,
    /// Westernmost longitude.
    pub west: i32,
    /// Highest latitude.
    pub north: i32,
    /// Easternmost longitude.
    pub east: i32,
}

impl Bounds {
    /// Whether a point lies in it.
    pub fn contains(self, lat_e6: i32, lon_e6: i32) -> bool {
        let east_west = if self.west <= self.east {
            (self.west..=self.east).contains(&lon_e6)
        } else {
            lon_e6 >= self.west || lon_e6 <= self.east
        };
        (self.south..=self.north).contains(&lat_e6) && east_west
    }
}

/// The row next to which a page begins: its sort value and its id, in the order that they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The order of the page that it comes from.
    pub sort: Sort,
    /// The search that it comes from: [`Ask::fingerprint`].
    pub of: u64,
    /// The row's value in that order.
    pub value: i64,
    /// The row.
    pub id: ListingId,
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The cursor comes from a page of another search, or in another order.
    #[error("this cursor belongs to another search: filter, stay or order were others")]
    CursorOfAnotherSearch,
    /// By distance from nowhere.
    #[error("to sort by distance, say from where: `near` in the filter")]
    NearToWhat,
    /// By the total of no stay.
    #[error("to sort by the total, say when: `stay` or `flexible`")]
    SortOfWhatStay,
    /// The total of no stay.
    #[error("a total needs a stay: `stay` or `flexible`")]
    TotalOfWhatStay,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn stays(flexible: Flexible) -> Vec<String> {
        flexible.stays().map(|stay| format!("{} {}", stay.check_in(), stay.check_out())).collect()
    }

    #[test]
    fn a_weekend_in_october_and_seven_nights_within_nine_days() {
        let october = Flexible::new(day("2027-10-01"), day("2027-10-31"), None, true).unwrap();
        let fridays = ["01 2027-10-03", "08 2027-10-10", "15 2027-10-17", "22 2027-10-24", "29 2027-10-31"];
        assert_eq!(stays(october), fridays.map(|rest| format!("2027-10-{rest}")));
        let long = Flexible::new(day("2027-10-01"), day("2027-10-31"), Some(3), true).unwrap();
        assert_eq!(stays(long).len(), 4);
        let week = Flexible::new(day("2027-03-01"), day("2027-03-10"), Some(7), false).unwrap();
        assert_eq!(stays(week), ["2027-03-01 2027-03-08", "2027-03-02 2027-03-09", "2027-03-03 2027-03-10"]);
    }

    #[test]
    fn windows_that_hold_no_stay_are_refused() {
        let ask = |from, to, nights, weekend| Flexible::new(day(from), day(to), nights, weekend);
        assert_eq!(ask("2027-03-02", "2027-03-01", Some(1), false), Err(NotFlexible::Window));
        assert_eq!(ask("2027-03-01", "2027-03-01", Some(1), false), Err(NotFlexible::Window));
        assert_eq!(ask("2027-03-01", "2027-06-01", Some(1), false), Err(NotFlexible::Window));
        assert_eq!(ask("2027-03-01", "2027-03-05", Some(5), false), Err(NotFlexible::Nights));
        assert_eq!(ask("2027-03-01", "2027-03-05", None, false), Err(NotFlexible::Nights));
        assert_eq!(ask("2027-03-01", "2027-03-05", None, true), Err(NotFlexible::Nights));
        assert_eq!(ask("2027-03-01", "2027-03-20", Some(5), true), Err(NotFlexible::Weekend));
        assert!(Flexible::new(NaiveDate::MIN, NaiveDate::MAX, Some(1), false).is_err());
    }

    #[test]
    fn circles_have_a_radius_of_a_metre_to_twenty_thousand_kilometres() {
        assert!(Near::new(0, 0, 1).is_ok() && Near::new(90_000_000, -180_000_000, 20_000_000).is_ok());
        for (lat, lon, metres) in [
            (0, 0, 0),
            (0, 0, -5),
            (0, 0, 20_000_001),
            (90_000_001, 0, 5),
            (0, 180_000_001, 5),
            (i32::MIN, i32::MIN, 5),
        ] {
            assert_eq!(Near::new(lat, lon, metres), Err(NoCircle));
        }
    }
}
