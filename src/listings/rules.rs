//! What a listing must be: judgements over plain values. No database, no clock.

use chrono_tz::Tz;

use super::listing::{self, Status};
use crate::kernel::{can_be_shown, country};

/// Most photos of a listing.
pub const MOST_PHOTOS: usize = 40;

/// A field that is not as it must be. `field` is its name in the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Flaw {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Every flaw of a listing's own fields; a draft may have gaps, but nothing wrong.
pub fn flaws(listing: &listing::Model) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut must = |ok: bool, field, problem: String| {
        if !ok {
            flaws.push(Flaw { field, problem });
        }
    };
    for (field, text, most) in [
        ("title", &listing.title, 80),
        ("description", &listing.description, 5_000),
        ("street", &listing.street, 200),
        ("postalCode", &listing.postal_code, 20),
        ("city", &listing.city, 80),
        ("region", &listing.region, 80),
        ("houseRules", &listing.house_rules, 3_000),
        ("checkInInstructions", &listing.check_in_instructions, 3_000),
    ] {
        must(text.chars().count() <= most, field, format!("has at most {most} characters"));
        must(can_be_shown(text), field, "has characters that cannot be shown".into());
    }
    must(
        listing.country.is_empty() || country::is_code(&listing.country),
        "country",
        "is an ISO 3166-1 code of two letters".into(),
    );
    must(
        listing.time_zone.is_empty() || listing.time_zone.parse::<Tz>().is_ok(),
        "timeZone",
        "is an IANA name such as Europe/Lisbon".into(),
    );
    must(
        (-90_000_000..=90_000_000).contains(&listing.lat_e6),
        "latitudeE6",
        "is between -90,000,000 and 90,000,000".into(),
    );
    must(
        (-180_000_000..=180_000_000).contains(&listing.lon_e6),
        "longitudeE6",
        "is between -180,000,000 and 180,000,000".into(),
    );
    for (field, count, least, most) in [
        ("bedrooms", listing.bedrooms, 0, 50),
        ("beds", listing.beds, 0, 100),
        ("halfBathrooms", listing.half_bathrooms, 0, 100),
        ("maxGuests", listing.max_guests, 1, 50),
    ] {
        must((least..=most).contains(&count), field, format!("is between {least} and {most}"));
    }
    flaws
}

/// Something that a listing lacks before it can be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A title of 10 characters or more.
    Title,
    /// A description of 50 characters or more.
    Description,
    /// Street and number.
    Street,
    /// City.
    City,
    /// Country.
    Country,
    /// Latitude and longitude.
    Location,
    /// The IANA time zone.
    TimeZone,
    /// At least one bed.
    Beds,
    /// At least one photo.
    Photos,
    /// A nightly price.
    Price,
    /// A host with a verified email address.
    VerifiedEmail,
}

/// Everything that is missing, at once.
pub fn missing(listing: &listing::Model, photos: usize, priced: bool, verified: bool) -> Vec<Missing> {
    let checks = [
        (listing.title.trim().chars().count() >= 10, Missing::Title),
        (listing.description.trim().chars().count() >= 50, Missing::Description),
        (!listing.street.trim().is_empty(), Missing::Street),
        (!listing.city.trim().is_empty(), Missing::City),
        (!listing.country.is_empty(), Missing::Country),
        ((listing.lat_e6, listing.lon_e6) != (0, 0), Missing::Location),
        (!listing.time_zone.is_empty(), Missing::TimeZone),
        (listing.beds > 0, Missing::Beds),
        (photos > 0, Missing::Photos),
        (priced, Missing::Price),
        (verified, Missing::VerifiedEmail),
    ];
    checks.into_iter().filter(|(there, _)| !there).map(|(_, missing)| missing).collect()
}

/// What a host, or an admin, may do with the state of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Put on sale.
    Publish,
    /// Take off sale for a while.
    Pause,
    /// Take off sale for good.
    Archive,
    /// An admin takes it off sale.
    Suspend,
    /// An admin hands it back, off sale.
    Reinstate,
}

/// The state after a move, or none where the move can't be made from here.
pub fn after(status: Status, step: Move) -> Option<Status> {
    match (step, status) {
        (Move::Publish, Status::Draft | Status::Paused) => Some(Status::Published),
        (Move::Pause, Status::Published) => Some(Status::Paused),
        (Move::Archive, Status::Draft | Status::Published | Status::Paused) => Some(Status::Archived),
        (Move::Suspend, Status::Published | Status::Paused) => Some(Status::Suspended),
        (Move::Reinstate, Status::Suspended) => Some(Status::Paused),
        _ => None,
    }
}

/// A readable address: the title in ASCII letters and digits, and the end of the id, which makes it unique.
pub fn slug(title: &str, id: crate::kernel::ListingId) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut words = String::new();
    for c in title.nfkd().filter(char::is_ascii).map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => words.push(c),
            ' ' | '-' | '_' if !words.ends_with('-') && !words.is_empty() => words.push('-'),
            _ => {}
        }
    }
    words.truncate(60);
    let hex = id.0.simple().to_string();
    let words = words.trim_end_matches('-');
    let tail = &hex[hex.len() - 10..];
    if words.is_empty() { format!("place-{tail}") } else { format!("{words}-{tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ListingId;

    #[test]
    fn slugs_are_plain_and_unique() {
        let id = ListingId::new();
        let slug = slug("Çafé  by the Sea – 2 Rooms!", id);
        assert!(slug.starts_with("cafe-by-the-sea-2-rooms-"), "{slug}");
        assert!(self::slug("東京", id).starts_with("place-"));
        assert_ne!(self::slug("same", ListingId::new()), self::slug("same", ListingId::new()));
    }

    #[test]
    fn states_move_only_where_they_may() {
        assert_eq!(after(Status::Draft, Move::Publish), Some(Status::Published));
        assert_eq!(after(Status::Archived, Move::Publish), None);
        assert_eq!(after(Status::Suspended, Move::Publish), None);
        assert_eq!(after(Status::Draft, Move::Pause), None);
        assert_eq!(after(Status::Published, Move::Pause), Some(Status::Paused));
        assert_eq!(after(Status::Paused, Move::Publish), Some(Status::Published));
        assert_eq!(after(Status::Published, Move::Suspend), Some(Status::Suspended));
        assert_eq!(after(Status::Suspended, Move::Reinstate), Some(Status::Paused));
        assert_eq!(after(Status::Draft, Move::Suspend), None);
        assert_eq!(after(Status::Suspended, Move::Archive), None);
    }
}
