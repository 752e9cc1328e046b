//! What search stores of a listing, made from what the tables say: the one place where that is decided. Pure.

use super::{
    card::{Card, CardPhoto},
    card_row, memory,
    nights::Nights,
    place, range_row, row, span, spans, sphere, stay_rules, zones,
};
use crate::{
    calendar::calendar_rules,
    kernel::{Money, fold},
    listings::{listing, photo, point::public_point},
    pricing::{price_override, rates, rules, settings, tax_rule},
};

/// What the tables say of a listing that is on sale.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The listing, published, of an active host.
    pub listing: listing::Model,
    /// Its prices.
    pub prices: settings::Model,
    /// Ranges with prices of their own.
    pub overrides: Vec<price_override::Model>,
    /// The tax of its region, or else of its country.
    pub tax: Option<tax_rule::Model>,
    /// The rules of its calendar.
    pub rules: calendar_rules::Model,
    /// Its photos, in order.
    pub photos: Vec<photo::Model>,
    /// The nights that are not for sale.
    pub nights: Nights,
}

/// What search stores of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is filtered and sorted by.
    pub row: row::Model,
    /// The nights that have a price of their own.
    pub spans: Vec<span::Model>,
    /// What is shown.
    pub card: card_row::Model,
    /// Dates with lengths of their own.
    pub ranges: Vec<range_row::Model>,
}

impl Entry {
    /// The entry of a listing. `secret` moves its public point.
    pub fn of(facts: &Facts, secret: &[u8; 32]) -> Self {
        let card = card(facts, secret);
        // A struct of plain values always serializes.
        let text = serde_json::to_string(&card).unwrap_or_default();
        let spans = spans::spans(card.id, &facts.overrides);
        let row = priced(row(facts, &card), facts, !spans.is_empty());
        Self {
            row: row::Model { card_stamp: memory::stamp(&text), ..row },
            spans,
            card: card_row::Model { listing_id: card.id, card: text },
            ranges: stay_rules::ranges(&facts.rules),
        }
    }

    /// The names under which people may look for it; those that are empty are left out.
    pub fn places(&self) -> impl Iterator<Item = place::Model> {
        let names = [
            (&self.row.city, place::Kind::City),
            (&self.row.region, place::Kind::Region),
            (&self.row.country, place::Kind::Country),
        ];
        names
            .map(|(name, kind)| place::Model { name: name.clone(), kind })
            .into_iter()
            .filter(|p| !p.name.is_empty())
    }
}

fn card(facts: &Facts, secret: &[u8; 32]) -> Card {
    let listing = &facts.listing;
    let (lat_e6, lon_e6) = public_point(secret, listing.id, listing.lat_e6, listing.lon_e6);
    Card {
        id: listing.id,
        slug: listing.slug.clone(),
        host_id: listing.host_id,
        title: listing.title.clone(),
        property_type: listing.property_type,
        room_type: listing.room_type,
        city: listing.city.clone(),
        region: listing.region.clone(),
        country: listing.country.clone(),
        lat_e6,
        lon_e6,
        currency: listing.currency,
        nightly: facts.prices.nightly,
        guests: listing.max_guests,
        bedrooms: listing.bedrooms,
        beds: listing.beds,
        half_bathrooms: listing.half_bathrooms,
        amenities: listing.amenities,
        instant_book: listing.instant_book,
        rating: listing.rating(),
        review_count: listing.rating_count,
        cancellation_policy: listing.cancellation_policy,
        cover: facts.photos.first().map(CardPhoto::from),
    }
}

fn row(facts: &Facts, card: &Card) -> row::Model {
    let (listing, rules) = (&facts.listing, &facts.rules);
    let (week_min, week_max) = stay_rules::packed(rules);
    let space = sphere::spot(card.lat_e6, card.lon_e6);
    row::Model {
        listing_id: listing.id,
        host_id: listing.host_id,
        city: fold(&listing.city),
        region: fold(&listing.region),
        country: fold(&listing.country),
        title: fold(&listing.title),
        lat_e6: card.lat_e6,
        lon_e6: card.lon_e6,
        price: rates::reference(Money::new(facts.prices.nightly, listing.currency)),
        guests: listing.max_guests,
        bedrooms: listing.bedrooms,
        beds: listing.beds,
        half_bathrooms: listing.half_bathrooms,
        room_type: listing.room_type,
        property_type: listing.property_type,
        amenities: listing.amenities,
        instant_book: listing.instant_book,
        rating: card.rating,
        review_count: card.review_count,
        score: score(listing, facts.photos.len()),
        published: listing.published_at.unwrap_or(listing.created_at).timestamp_micros(),
        week_min,
        week_max,
        has_ranges: !rules.limits.ranges.is_empty(),
        zone: zones::number(listing.zone()),
        notice_minutes: stay_rules::notice_minutes(rules),
        window_months: rules.window_months,
        closed_to_arrival: rules.closed_to_arrival,
        closed_to_departure: rules.closed_to_departure,
        nights_0: 0,
        nights_1: 0,
        nights_2: 0,
        nights_3: 0,
        nights_4: 0,
        nights_5: 0,
        nights_6: 0,
        nights_7: 0,
        nights_8: 0,
        nights_9: 0,
        nights_10: 0,
        nights_11: 0,
        nights_12: 0,
        currency: listing.currency,
        nightly: facts.prices.nightly,
        weekend: facts.prices.nightly,
        discount_7: 0,
        discount_28: 0,
        cleaning_fee: 0,
        guests_included: 0,
        extra_guest_fee: 0,
        pet_fee: 0,
        tax_percent: 0,
        tax_person: 0,
        tax_up: 1,
        tax_down: 1,
        has_spans: false,
        card_stamp: 0,
        space_x: space.x,
        space_y: space.y,
        space_z: space.z,
    }
    .with_nights(facts.nights)
}

/// The row with what the total of a stay is made of: what [`crate::pricing::rules::price`] reads.
fn priced(row: row::Model, facts: &Facts, has_spans: bool) -> row::Model {
    let prices = &facts.prices;
    let discount = |nights| i32::try_from(rules::length_discount(prices, nights)).unwrap_or(0);
    let tax = facts.tax.as_ref();
    let (tax_up, tax_down) = tax.map_or((1, 1), |tax| rates::ratio(tax.currency, row.currency));
    row::Model {
        weekend: prices.weekend.unwrap_or(prices.nightly),
        discount_7: discount(7),
        discount_28: discount(28),
        cleaning_fee: prices.cleaning_fee,
        guests_included: prices.guests_included,
        extra_guest_fee: prices.extra_guest_fee,
        pet_fee: prices.pet_fee,
        tax_percent: tax.map_or(0, |tax| tax.percent.max(0)),
        tax_person: tax.map_or(0, |tax| tax.per_person_night),
        tax_up,
        tax_down,
        has_spans,
        ..row
    }
}

/// Relevance: what guests said, how many did, and what makes a place easy to choose. Nothing of it changes with time
/// alone, so that a row is wrong only when somebody changed something.
fn score(listing: &listing::Model, photos: usize) -> i64 {
    let (sum, count) = (i64::from(listing.rating_sum), i64::from(listing.rating_count));
    // As if five guests had said 4.4 before: one five-star review doesn't beat fifty of 4.8.
    let rating = (sum * 100 + 5 * 440) / (count + 5);
    let photos = i64::try_from(photos.min(10)).unwrap_or(10);
    let instant = i64::from(listing.instant_book) * 8;
    rating * 100 + (count.min(60) * 40) + photos * 60 + instant * 25
}
