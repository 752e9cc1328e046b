//! What a search must find, by looking at every row of every table. It knows nothing of search rows but their scores.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, Days, Months, NaiveDate};
use sea_orm::EntityTrait;

use crate::{
    calendar::{calendar_rules, night},
    db::Db,
    kernel::{Currency, ListingId, Money, Stay, clock::Instant},
    listings::{
        amenity::{Amenities, Amenity},
        listing::{self, PropertyType, RoomType},
        point::public_point,
    },
    pricing::{rates, settings},
    search::{Ask, Bounds, Sort, row},
    seed::chance::Chance,
};

/// The tables.
pub struct Oracle {
    listings: Vec<listing::Model>,
    prices: HashMap<ListingId, settings::Model>,
    rules: HashMap<ListingId, calendar_rules::Model>,
    taken: BTreeSet<(ListingId, NaiveDate)>,
    scores: HashMap<ListingId, i64>,
    secret: [u8; 32],
}

impl Oracle {
    /// Reads all of it.
    pub async fn load(db: &Db, secret: &[u8; 32]) -> Self {
        let conn = db.read();
        let nights = night::Entity::find().all(conn).await.unwrap();
        let prices = settings::Entity::find().all(conn).await.unwrap();
        let rules = calendar_rules::Entity::find().all(conn).await.unwrap();
        let rows = row::Entity::find().all(conn).await.unwrap();
        Self {
            listings: listing::Entity::find().all(conn).await.unwrap(),
            prices: prices.into_iter().map(|row| (row.listing_id, row)).collect(),
            rules: rules.into_iter().map(|row| (row.listing_id, row)).collect(),
            taken: nights.into_iter().map(|row| (row.listing_id, row.night)).collect(),
            scores: rows.into_iter().map(|row| (row.listing_id, row.score)).collect(),
            secret: *secret,
        }
    }

    /// The ids that match, in order.
    pub fn answer(&self, ask: &Ask) -> Vec<ListingId> {
        let mut found: Vec<(i64, ListingId)> = self
            .listings
            .iter()
            .filter(|l| self.matches(l, ask))
            .map(|l| (self.value(l, ask.sort), l.id))
            .collect();
        found.sort_unstable();
        if ask.sort != Sort::PriceLow {
            found.reverse();
        }
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn price(&self, listing: &listing::Model) -> i64 {
        rates::reference(Money::new(self.prices[&listing.id].nightly, listing.currency))
    }

    fn value(&self, listing: &listing::Model, sort: Sort) -> i64 {
        match sort {
            Sort::Relevance => self.scores[&listing.id],
            Sort::PriceLow | Sort::PriceHigh => self.price(listing),
            Sort::Rating => listing.rating().into(),
            Sort::Newest => listing.published_at.unwrap().timestamp_micros(),
        }
    }

    fn matches(&self, listing: &listing::Model, ask: &Ask) -> bool {
        let at_least = |have: i32, least: Option<u32>| i64::from(have) >= i64::from(least.unwrap_or(0));
        let price = self.price(listing);
        [
            ask.place.as_deref().is_none_or(|text| names(listing, text)),
            ask.bounds.is_none_or(|bounds| self.within(listing, bounds)),
            ask.stay.is_none_or(|stay| self.bookable(listing, stay, ask.now)),
            at_least(listing.max_guests, ask.guests),
            at_least(listing.bedrooms, ask.bedrooms),
            at_least(listing.beds, ask.beds),
            at_least(listing.half_bathrooms, ask.half_bathrooms),
            at_least(listing.rating(), ask.min_rating),
            ask.price_min.is_none_or(|least| price >= least)
                && ask.price_max.is_none_or(|most| price <= most),
            ask.room_types.is_empty() || ask.room_types.contains(&listing.room_type),
            ask.property_types.is_empty() || ask.property_types.contains(&listing.property_type),
            ask.amenities.iter().all(|amenity| Amenities::from_bits(listing.amenities).contains(amenity)),
            !ask.instant_book || listing.instant_book,
            ask.host.is_none_or(|host| listing.host_id == host),
        ]
        .into_iter()
        .all(|holds| holds)
    }

    fn within(&self, listing: &listing::Model, bounds: Bounds) -> bool {
        let (lat, lon) = public_point(&self.secret, listing.id, listing.lat_e6, listing.lon_e6);
        let across = bounds.west > bounds.east;
        let east_west = if across {
            lon >= bounds.west || lon <= bounds.east
        } else {
            lon >= bounds.west && lon <= bounds.east
        };
        lat >= bounds.south && lat <= bounds.north && east_west
    }

    /// Whether it could be booked if the listing's today were one of the three that it can be.
    fn bookable(&self, listing: &listing::Model, stay: Stay, now: Instant) -> bool {
        let rules = &self.rules[&listing.id];
        let length = i32::try_from(stay.len()).unwrap();
        let yesterday = now.date_naive().pred_opt().unwrap();
        let tomorrow = now.date_naive().succ_opt().unwrap();
        let notice = Days::new(u64::try_from(rules.notice_days).unwrap());
        let window = Months::new(u32::try_from(rules.window_months).unwrap());
        let open = |bits: i32, day: NaiveDate| bits >> day.weekday().num_days_from_monday() & 1 == 0;
        let range =
            rules.limits.ranges.iter().find(|r| r.first <= stay.check_in() && stay.check_in() <= r.last);
        let day = rules.limits.weekdays.iter().find(|day| day.weekday == stay.check_in().weekday());
        let min =
            range.and_then(|range| range.min).or(day.and_then(|day| day.min)).unwrap_or(rules.min_nights);
        let max =
            range.and_then(|range| range.max).or(day.and_then(|day| day.max)).unwrap_or(rules.max_nights);
        (min..=max).contains(&length)
            && open(rules.closed_to_arrival, stay.check_in())
            && open(rules.closed_to_departure, stay.check_out())
            && stay.check_in() >= yesterday + notice
            && stay.check_out() <= (tomorrow + window).min(tomorrow + Days::new(730))
            && stay.nights().all(|night| !self.taken.contains(&(listing.id, night)))
    }

    /// An ask that somebody might have: a few filters at a time, mostly near what there is.
    pub fn random_ask(&self, chance: &mut Chance, now: Instant) -> Ask {
        let like = &self.listings[chance.index(self.listings.len())];
        let mut ask = Ask { now, ..Ask::default() };
        ask.sort =
            *chance.pick(&[Sort::Relevance, Sort::PriceLow, Sort::PriceHigh, Sort::Rating, Sort::Newest]);
        if chance.percent(50) {
            ask.place = Some(match chance.index(7) {
                0 => like.city.to_uppercase(),
                1 => format!("{}, {}", like.city, like.country),
                2 => format!("{},{}", like.city, like.region),
                3 => like.region.clone(),
                4 => like.country.clone(),
                5 => like.city.chars().take(4).collect(),
                _ => like.title.split_whitespace().last().unwrap_or("x").to_owned(),
            });
        }
        if chance.percent(20) {
            let (lat, lon) = public_point(&self.secret, like.id, like.lat_e6, like.lon_e6);
            let size = *chance.pick(&[10_000, 100_000, 5_000_000]);
            let wide = chance.percent(20);
            let (west, east) = if wide { (lon + size, lon - size) } else { (lon - size, lon + size) };
            ask.bounds = Some(Bounds { south: lat - size, west, north: lat + size, east });
        }
        if chance.percent(60) {
            let from = now.date_naive() + Days::new(chance.count(0, 400)) - Days::new(chance.count(0, 4));
            ask.stay = Stay::new(from, from + Days::new(chance.count(1, 12))).ok();
        }
        ask.guests = chance.percent(40).then(|| u32::try_from(chance.between(1, 5)).unwrap());
        ask.bedrooms = chance.percent(15).then(|| u32::try_from(chance.between(0, 3)).unwrap());
        ask.beds = chance.percent(10).then(|| u32::try_from(chance.between(1, 3)).unwrap());
        ask.half_bathrooms = chance.percent(10).then(|| u32::try_from(chance.between(2, 4)).unwrap());
        ask.min_rating = chance.percent(15).then(|| u32::try_from(chance.between(300, 480)).unwrap());
        if chance.percent(30) {
            let usd = |units: i32| rates::reference(Money::new(i64::from(units) * 100, Currency::USD));
            let (a, b) = (chance.between(20, 300), chance.between(20, 300));
            ask.price_min = chance.percent(60).then(|| usd(a.min(b)));
            ask.price_max = Some(usd(a.max(b)));
        }
        if chance.percent(20) {
            ask.room_types = vec![*chance.pick(&[RoomType::EntirePlace, RoomType::PrivateRoom])];
        }
        if chance.percent(20) {
            ask.property_types = vec![PropertyType::Apartment, like.property_type];
        }
        if chance.percent(25) {
            let all = [
                Amenity::Kitchen,
                Amenity::Wifi,
                Amenity::Heating,
                Amenity::PetsAllowed,
                Amenity::Pool,
                Amenity::Terrace,
            ];
            ask.amenities = (0..chance.between(1, 3)).map(|_| *chance.pick(&all)).collect();
        }
        ask.instant_book = chance.percent(20);
        ask.host = chance.percent(5).then_some(like.host_id);
        ask
    }
}

/// Whether the text names the listing, by its own simple reading of what `random_ask` writes.
fn names(listing: &listing::Model, text: &str) -> bool {
    use crate::kernel::fold;
    let parts: Vec<String> = text.split(',').map(fold).collect();
    let (city, region, country) = (fold(&listing.city), fold(&listing.region), fold(&listing.country));
    match parts.as_slice() {
        [name, more] => city == *name && (region == *more || country == *more),
        [name] => {
            let known = |list: &[crate::seed::cities::City], of: fn(&crate::seed::cities::City) -> &str| {
                list.iter().any(|city| fold(of(city)) == *name)
            };
            let cities = crate::seed::cities::CITIES;
            let prefix =
                name.chars().count() > 1 && cities.iter().any(|c| fold(c.name).starts_with(name.as_str()));
            if known(cities, |c| c.name) {
                city == *name
            } else if known(cities, |c| c.region) {
                region == *name
            } else if known(cities, |c| c.country) {
                country == *name
            } else if prefix {
                city.starts_with(name.as_str())
            } else {
                name.split(' ').all(|word| fold(&listing.title).contains(word))
            }
        }
        _ => false,
    }
}
