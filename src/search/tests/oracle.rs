//! What a search must find, by looking at every row of every table. It knows nothing of search rows but their scores.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, Days, Months, NaiveDate, Timelike};
use sea_orm::EntityTrait;

use crate::{
    calendar::{calendar_rules, night},
    db::Db,
    kernel::{Currency, ListingId, Money, Party, Stay, clock::Instant, country, fold},
    listings::{
        amenity::{Amenities, Amenity},
        listing::{self, PropertyType, RoomType},
        point::public_point,
    },
    pricing::{RatePlan, price_override, rates, rules, sellable::can_be_charged, settings, tax_rule},
    search::{Ask, Bounds, Facets, Flexible, Hit, Near, Sort, facets::Bar, row, sphere, total::worth_e6},
    seed::chance::Chance,
};

/// The tables.
pub struct Oracle {
    listings: Vec<listing::Model>,
    prices: HashMap<ListingId, settings::Model>,
    rules: HashMap<ListingId, calendar_rules::Model>,
    taken: BTreeSet<(ListingId, NaiveDate)>,
    overrides: Vec<price_override::Model>,
    taxes: Vec<tax_rule::Model>,
    cities: BTreeSet<String>,
    regions: BTreeSet<String>,
    countries: BTreeSet<String>,
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
        let listings = listing::Entity::find().all(conn).await.unwrap();
        let folded =
            |of: fn(&listing::Model) -> &str| listings.iter().map(|listing| fold(of(listing))).collect();
        Self {
            cities: folded(|listing| &listing.city),
            regions: folded(|listing| &listing.region),
            countries: folded(|listing| &listing.country),
            prices: prices.into_iter().map(|row| (row.listing_id, row)).collect(),
            rules: rules.into_iter().map(|row| (row.listing_id, row)).collect(),
            taken: nights.into_iter().map(|row| (row.listing_id, row.night)).collect(),
            overrides: price_override::Entity::find().all(conn).await.unwrap(),
            taxes: tax_rule::Entity::find().all(conn).await.unwrap(),
            scores: rows.into_iter().map(|row| (row.listing_id, row.score)).collect(),
            secret: *secret,
            listings,
        }
    }

    /// The ids that match, in order.
    pub fn answer(&self, ask: &Ask) -> Vec<ListingId> {
        let mut found: Vec<(i64, ListingId)> = self
            .listings
            .iter()
            .filter(|l| self.matches(l, ask))
            .map(|l| (self.value(l, ask), l.id))
            .collect();
        found.sort_unstable();
        if !matches!(ask.sort, Sort::PriceLow | Sort::Distance | Sort::TotalLow) {
            found.reverse();
        }
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn price(&self, listing: &listing::Model) -> i64 {
        rates::reference(Money::new(self.prices[&listing.id].nightly, listing.currency))
    }

    /// What a hit must say of itself beside its card.
    pub fn check(&self, hit: &Hit, ask: &Ask) {
        let listing = self.listings.iter().find(|listing| listing.id == hit.card.id).unwrap();
        assert_eq!(hit.stay, self.stay(listing, ask));
        let total =
            hit.stay.filter(|_| ask.totals || ask.needs_total()).map(|stay| self.total(listing, stay, ask));
        assert_eq!(hit.total, total, "{ask:?}");
        assert_eq!(hit.distance, ask.near.map(|near| self.distance(listing, near)));
    }

    /// What the facets must be.
    pub fn facets(&self, ask: &Ask, bars: u32) -> Facets {
        let found = |ask: Ask| -> Vec<&listing::Model> {
            self.listings.iter().filter(|listing| self.matches(listing, &ask)).collect()
        };
        let mut facets = Facets::default();
        for listing in found(Ask { room_types: Vec::new(), ..ask.clone() }) {
            count(&mut facets.room_types, listing.room_type);
        }
        for listing in found(Ask { property_types: Vec::new(), ..ask.clone() }) {
            count(&mut facets.property_types, listing.property_type);
        }
        for listing in found(Ask { bedrooms: None, ..ask.clone() }) {
            count(&mut facets.bedrooms, listing.bedrooms);
        }
        for listing in found(ask.clone()) {
            for amenity in Amenities::from_bits(listing.amenities).iter() {
                count(&mut facets.amenities, amenity);
            }
        }
        facets.bedrooms.sort_unstable();
        facets.amenities.sort_unstable();
        let instant = found(Ask { instant_book: false, ..ask.clone() });
        facets.instant_book = instant.into_iter().filter(|listing| listing.instant_book).count() as u64;
        let prices = found(Ask { price_min: None, price_max: None, ..ask.clone() });
        facets.nights = histogram(prices.into_iter().map(|listing| self.price(listing)).collect(), bars);
        let totals = found(Ask { total_min: None, total_max: None, ..ask.clone() }).into_iter();
        let worth = |listing: &listing::Model| {
            Some(worth_e6(self.total(listing, self.stay(listing, ask)?, ask)) / 1_000_000)
        };
        facets.totals = histogram(totals.filter_map(worth).collect(), bars);
        facets
    }

    fn stay(&self, listing: &listing::Model, ask: &Ask) -> Option<Stay> {
        match ask.flexible {
            Some(flexible) => flexible.stays().find(|stay| self.bookable(listing, *stay, ask)),
            None => ask.stay,
        }
    }

    /// By the rules of prices.
    pub fn total(&self, listing: &listing::Model, stay: Stay, ask: &Ask) -> Money {
        let tax = tax_rule::of(&self.taxes, &listing.country, &listing.region);
        let facts = rules::Facts {
            settings: self.prices[&listing.id].clone(),
            overrides: self.overrides.iter().filter(|o| o.listing_id == listing.id).cloned().collect(),
            tax: tax.cloned(),
            tax_rate: tax.map(|tax| rates::recorded(listing.currency) / rates::recorded(tax.currency)),
            currency: listing.currency,
            guest_fee: ask.guest_fee,
            host_fee: 300,
        };
        let party = Party {
            adults: ask.guests.unwrap_or(1).max(1),
            children: 0,
            infants: 2,
            pets: u32::from(ask.pets),
        };
        rules::price(&facts, stay, party, RatePlan::Standard).unwrap().total().unwrap()
    }

    fn distance(&self, listing: &listing::Model, near: Near) -> i64 {
        let (lat, lon) = public_point(&self.secret, listing.id, listing.lat_e6, listing.lon_e6);
        let (a, b) = (sphere::spot(lat, lon), sphere::spot(near.lat, near.lon));
        let squared = |a: i32, b: i32| (i64::from(a) - i64::from(b)).pow(2);
        squared(a.x, b.x) + squared(a.y, b.y) + squared(a.z, b.z)
    }

    fn value(&self, listing: &listing::Model, ask: &Ask) -> i64 {
        let worth = || worth_e6(self.total(listing, self.stay(listing, ask).unwrap(), ask));
        match ask.sort {
            Sort::Distance => self.distance(listing, ask.near.unwrap()),
            Sort::TotalLow | Sort::TotalHigh => worth(),
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
            ask.place.as_deref().is_none_or(|text| self.names(listing, text)),
            ask.bounds.is_none_or(|bounds| self.within(listing, bounds)),
            ask.stay.is_none_or(|stay| self.bookable(listing, stay, ask)),
            ask.flexible.is_none() || self.stay(listing, ask).is_some(),
            ask.near.is_none_or(|near| self.distance(listing, near) <= sphere::straight_squared(near.metres)),
            self.affordable(listing, ask),
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

    fn affordable(&self, listing: &listing::Model, ask: &Ask) -> bool {
        let Some(stay) = self.stay(listing, ask).filter(|_| ask.filters_total()) else { return true };
        let total = self.total(listing, stay, ask);
        // In one currency, an amount is what it is; between two, what the recorded rates say.
        let at_most = |a: Money, b: Money| {
            if a.currency == b.currency { a.minor <= b.minor } else { worth_e6(a) <= worth_e6(b) }
        };
        ask.total_min.is_none_or(|least| at_most(least, total))
            && ask.total_max.is_none_or(|most| at_most(total, most))
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

    /// Most asks have dates; some look at the total.
    fn dates(&self, ask: &mut Ask, like: &listing::Model, chance: &mut Chance) {
        let from = ask.now.date_naive() + Days::new(chance.count(0, 400)) - Days::new(chance.count(0, 4));
        match chance.index(10) {
            0..5 => {
                let nights = *chance.pick(&[1, 2, 3, 4, 5, 6, 7, 9, 12, 28, 31]);
                ask.stay = Stay::new(from, from + Days::new(nights)).ok();
            }
            5 => {
                let to = from + Days::new(chance.count(3, 40));
                ask.flexible = Flexible::new(from, to, None, true).ok();
            }
            6 => {
                let nights = u32::try_from(chance.between(1, 9)).unwrap();
                ask.flexible =
                    Flexible::new(from, from + Days::new(chance.count(9, 30)), Some(nights), false).ok();
            }
            _ => {}
        }
        if ask.nights().is_none() {
            return;
        }
        (ask.totals, ask.pets, ask.guest_fee) = (chance.percent(50), chance.percent(20), 1_200);
        if chance.percent(40) {
            ask.sort = *chance.pick(&[Sort::TotalLow, Sort::TotalHigh]);
        }
        if chance.percent(50) {
            // At some listing's very total, or about.
            let stay =
                ask.stay.or_else(|| ask.flexible.and_then(|flexible| flexible.stays().last())).unwrap();
            let total = self.total(like, stay, ask);
            let in_other = |currency: Currency| {
                let (up, down) = rates::ratio(total.currency, currency);
                Money::new(total.minor, currency).part(up, down).unwrap()
            };
            let bound = *chance.pick(&[total, in_other(Currency::USD), in_other(Currency::JPY)]);
            if chance.percent(70) { ask.total_max = Some(bound) } else { ask.total_min = Some(bound) }
        }
    }

    /// Whether it can be booked by the clock of the place.
    fn bookable(&self, listing: &listing::Model, stay: Stay, ask: &Ask) -> bool {
        let rules = &self.rules[&listing.id];
        let length = i32::try_from(stay.len()).unwrap();
        let local = ask.now.with_timezone(&listing.zone());
        let today = local.date_naive();
        let late = rules.cut_off_hour.is_some_and(|hour| local.hour() >= hour.unsigned_abs());
        let notice = if rules.notice_days == 0 && late { 1 } else { rules.notice_days };
        let notice = Days::new(u64::try_from(notice).unwrap());
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
            && stay.check_in() >= today + notice
            && stay.check_out() <= (today + window).min(today + Days::new(730))
            && stay.nights().all(|night| !self.taken.contains(&(listing.id, night)))
            && can_be_charged(self.total(listing, stay, ask))
    }

    /// An ask that somebody might have: a few filters at a time, mostly near what there is.
    pub fn random_ask(&self, chance: &mut Chance, now: Instant) -> Ask {
        let like = &self.listings[chance.index(self.listings.len())];
        let mut ask = Ask { now, ..Ask::default() };
        ask.sort =
            *chance.pick(&[Sort::Relevance, Sort::PriceLow, Sort::PriceHigh, Sort::Rating, Sort::Newest]);
        self.dates(&mut ask, like, chance);
        if chance.percent(20) {
            let (lat, lon) = public_point(&self.secret, like.id, like.lat_e6, like.lon_e6);
            let metres = *chance.pick(&[1, 800, 20_000, 900_000, 9_000_000, 20_000_000]);
            let off = chance.between(-20_000, 20_000);
            ask.near = Near::new(lat + off, lon + off, metres).ok();
            if chance.percent(60) && ask.near.is_some() {
                ask.sort = Sort::Distance;
            }
        }
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

impl Oracle {
    /// Whether the text names the listing, by a simple reading of its own of what `random_ask` writes.
    fn names(&self, listing: &listing::Model, text: &str) -> bool {
        let parts: Vec<String> = text.split(',').map(fold).collect();
        let (city, region, country) = (fold(&listing.city), fold(&listing.region), fold(&listing.country));
        match parts.as_slice() {
            [name, more] => city == *name && (region == *more || country == *more),
            [name] => {
                let prefix = name.chars().count() > 1;
                if self.cities.contains(name) {
                    city == *name
                } else if self.regions.contains(name) {
                    region == *name
                } else if self.countries.contains(name) {
                    country == *name
                } else if prefix && self.cities.iter().any(|city| city.starts_with(name.as_str())) {
                    city.starts_with(name.as_str())
                } else if prefix && self.regions.iter().any(|region| region.starts_with(name.as_str())) {
                    self.regions.iter().find(|region| region.starts_with(name.as_str())) == Some(&region)
                } else if let Some(code) = country::code_of_beginning(name).filter(|_| prefix) {
                    country == code
                } else {
                    name.split(' ').all(|word| fold(&listing.title).contains(word))
                }
            }
            _ => false,
        }
    }
}

fn count<K: PartialEq>(counts: &mut Vec<(K, u64)>, key: K) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, count)) => *count += 1,
        None => counts.push((key, 1)),
    }
}

fn histogram(values: Vec<i64>, bars: u32) -> Vec<Bar> {
    let (Some(low), Some(high)) = (values.iter().min().copied(), values.iter().max().copied()) else {
        return Vec::new();
    };
    let bars = i64::from(bars);
    let edge =
        |n: i64| low + (n * (high - low + 1)).div_euclid(bars) + i64::from((n * (high - low + 1)) % bars > 0);
    let bar = |n: i64| {
        let (from, to) = (edge(n), edge(n + 1));
        Bar { from, to, count: values.iter().filter(|value| (from..to).contains(*value)).count() as u64 }
    };
    (0..bars).map(bar).collect()
}
