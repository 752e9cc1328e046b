//! What hosts write: titles, descriptions, rules, put together so that a small market never says the same thing twice.
//!
//! Each list is walked by the number of the listing from a start of its own, so that a sentence comes back only after all
//! the others of its list.

use super::{
    chance::Chance,
    cities::City,
    phrases::{ADJECTIVES, AROUND, DETAILS, FEATURES, OPENINGS, PARTINGS, ROOMS},
};
use crate::listings::{
    amenity::Amenity,
    listing::{PropertyType, RoomType},
};

/// What is to be described.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its number in the market.
    pub number: u64,
    /// Shifts the lists, so that two markets differ.
    pub seed: u64,
    pub city: &'a City,
    /// The part of the city.
    pub quarter: &'a str,
    pub property: PropertyType,
    pub room: RoomType,
    pub bedrooms: i32,
    pub beds: i32,
    pub half_bathrooms: i32,
    pub guests: i32,
}

/// What is said of a place, and what it must therefore have.
#[derive(Debug, Clone)]
pub struct Words {
    pub title: String,
    pub description: String,
    pub has: Vec<Amenity>,
}

/// Describes a place.
pub fn describe(place: Place<'_>) -> Words {
    let (noun, adjective) = (noun(place), nth(ADJECTIVES, place, 1));
    let feature = nth(FEATURES, place, 2);
    let title = title(place, noun, adjective, feature.0);
    let fill = |text: &str| {
        text.replace("{city}", place.city.name)
            .replace("{quarter}", place.quarter)
            .replace("{noun}", noun)
            .replace("{guests}", &people(place.guests))
            .replace("{feature}", feature.0)
    };
    let first = format!("{} {}", fill(nth(OPENINGS, place, 3)), fill(nth(DETAILS, place, 4)));
    let second = format!("{} {}", rooms(place), fill(nth(ROOMS, place, 5)));
    let third = format!("{} {}", fill(nth(AROUND, place, 6)), fill(nth(PARTINGS, place, 7)));
    Words {
        title,
        description: format!("{first}\n\n{second}\n\n{third}"),
        has: feature.1.into_iter().collect(),
    }
}

/// A hundred listings later the sentence comes back in other company: each list has a length of its own.
fn nth<T: Copy>(list: &[T], place: Place<'_>, salt: u64) -> T {
    let start = Chance::new(place.seed, "words", salt).index(list.len());
    let number = usize::try_from(place.number).unwrap_or(0);
    list[(start + number) % list.len()]
}

fn noun(place: Place<'_>) -> &'static str {
    let nouns: &[&'static str] = match place.property {
        PropertyType::Apartment if place.bedrooms == 0 => &["studio", "studio flat"],
        PropertyType::Apartment => {
            &["apartment", "flat", "top-floor flat", "garden flat", "corner apartment"]
        }
        PropertyType::House => &["townhouse", "house", "courtyard house", "cottage", "terraced house"],
        PropertyType::Cabin => &["cabin", "log cabin", "timber cabin", "hut"],
        PropertyType::Villa => &["villa", "garden villa", "stone villa"],
        PropertyType::Loft => &["loft", "workshop loft", "attic loft", "printworks loft"],
        PropertyType::Boat => &["houseboat", "river barge", "wooden boat"],
        PropertyType::Farm => &["farmhouse", "converted barn", "farm cottage"],
        PropertyType::Hotel => &["guest house", "boutique hotel", "inn"],
    };
    nth(nouns, place, 8)
}

fn title(place: Place<'_>, noun: &str, adjective: &str, feature: &str) -> String {
    let quarter = place.quarter;
    let lower = adjective.to_lowercase();
    let a = if lower.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    match (place.room, place.number % 5) {
        (RoomType::SharedRoom, _) => format!("A bed in {a} {lower} {noun} in {quarter}"),
        (RoomType::PrivateRoom, 0 | 2) => format!("Room in {a} {lower} {noun} in {quarter}"),
        (RoomType::PrivateRoom, _) => format!("{adjective} room {feature}, {quarter}"),
        (RoomType::EntirePlace, 0) => format!("{adjective} {noun} in {quarter}"),
        (RoomType::EntirePlace, 1) => format!("{} {feature} in {quarter}", capital(noun)),
        (RoomType::EntirePlace, 2) => format!("{adjective} {noun} {feature}"),
        (RoomType::EntirePlace, 3) => format!("{}: {lower} {noun} {feature}", capital(quarter)),
        (RoomType::EntirePlace, _) => format!("{adjective} {noun} near the heart of {quarter}"),
    }
}

/// The sentence with the numbers.
fn rooms(place: Place<'_>) -> String {
    let baths = match (place.half_bathrooms / 2, place.half_bathrooms % 2) {
        (1, 0) => "one bathroom".to_owned(),
        (whole, 0) => format!("{} bathrooms", word(whole)),
        (1, _) => "a bathroom and a guest toilet".to_owned(),
        (whole, _) => format!("{} bathrooms and a guest toilet", word(whole)),
    };
    let beds = if place.beds == 1 { "one bed".to_owned() } else { format!("{} beds", word(place.beds)) };
    match (place.room, place.bedrooms) {
        (RoomType::SharedRoom, _) => format!("You share a room with {beds} and {baths} with other guests."),
        (RoomType::PrivateRoom, _) => {
            format!("You have a room of your own with {beds}; there is {baths} on your floor.")
        }
        (RoomType::EntirePlace, 0) => format!("It is one open space with {beds} and {baths}."),
        (RoomType::EntirePlace, 1) => format!("There is a bedroom, {beds} and {baths}."),
        (RoomType::EntirePlace, bedrooms) => {
            format!("There are {} bedrooms with {beds}, and {baths}.", word(bedrooms))
        }
    }
}

fn people(guests: i32) -> String {
    match guests {
        1 => "one guest".to_owned(),
        n => format!("{} people", word(n)),
    }
}

fn word(n: i32) -> String {
    const WORDS: [&str; 11] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = usize::try_from(n).ok().and_then(|n| WORDS.get(n));
    word.map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::seed::cities::{CITIES, quarters};

    #[test]
    fn sixty_places_are_described_in_sixty_ways_without_a_slot_left_open() {
        let (mut titles, mut firsts) = (BTreeSet::new(), BTreeSet::new());
        for number in 0..60 {
            let city = &CITIES[usize::try_from(number % 6).unwrap()];
            let quarters = quarters(city);
            let words = describe(Place {
                number,
                seed: 7,
                city,
                quarter: quarters[usize::try_from(number / 6).unwrap() % quarters.len()].0,
                property: PropertyType::Apartment,
                room: RoomType::EntirePlace,
                bedrooms: 2,
                beds: 3,
                half_bathrooms: 3,
                guests: 4,
            });
            assert!(!words.title.contains('{') && !words.description.contains('{'), "{words:?}");
            assert!(words.title.chars().count() <= 100, "{}", words.title);
            assert!(titles.insert(words.title));
            assert!(firsts.insert(words.description));
        }
    }
}
