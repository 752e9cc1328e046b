//! The fields of a listing, as a host writes them. No mutation.

use async_graphql::{InputObject, Result};

use crate::{
    graphql::{
        context::bad_input,
        listing::{CancellationPolicy, PropertyType, RoomType},
        scalars::{CountryCode, LocalTime, TimeZone},
    },
    listings::{
        amenity::{Amenities, Amenity},
        draft::Draft,
    },
};

/// Fields of a listing; what is left out stays as it is.
#[derive(InputObject)]
pub struct ListingFieldsInput {
    /// One line, at most 80 characters.
    title: Option<String>,
    /// Some paragraphs, at most 5,000 characters.
    description: Option<String>,
    /// What kind of building.
    property_type: Option<PropertyType>,
    /// How much of it a guest has alone.
    room_type: Option<RoomType>,
    /// Street and number; for the host and the confirmed guest only.
    street: Option<String>,
    /// Postal code; likewise.
    postal_code: Option<String>,
    /// City.
    city: Option<String>,
    /// Region or state.
    region: Option<String>,
    /// Country.
    country: Option<CountryCode>,
    /// Exact latitude × 1,000,000, north positive; for the host and the confirmed guest only.
    latitude_e6: Option<i32>,
    /// Exact longitude × 1,000,000, east positive; likewise.
    longitude_e6: Option<i32>,
    /// The zone of its local times.
    time_zone: Option<TimeZone>,
    /// How many bedrooms, 0 to 50.
    bedrooms: Option<i32>,
    /// How many beds, 0 to 100.
    beds: Option<i32>,
    /// How many bathrooms, in halves of one: 3 is one and a half.
    half_bathrooms: Option<i32>,
    /// Most adults and children together, 1 to 50.
    max_guests: Option<i32>,
    /// Codes of the catalogue: see `Query.amenities`.
    amenities: Option<Vec<String>>,
    /// What guests agree to, at most 3,000 characters.
    house_rules: Option<String>,
    /// From when on guests may come, local time.
    check_in_time: Option<LocalTime>,
    /// Until when guests leave, local time.
    check_out_time: Option<LocalTime>,
    /// Released to the guest 48 h before check-in, at most 3,000 characters.
    check_in_instructions: Option<String>,
    /// What a guest who cancels gets back.
    cancellation_policy: Option<CancellationPolicy>,
    /// Whether a booking needs no approval.
    instant_book: Option<bool>,
}

impl ListingFieldsInput {
    /// The change that they ask for.
    pub fn read(self) -> Result<Draft> {
        let amenities = self.amenities.map(|codes| {
            codes
                .iter()
                .map(|code| {
                    code.parse::<Amenity>().map_err(|_| bad_input("amenities", format!("there is no {code}")))
                })
                .collect::<Result<Amenities>>()
        });
        Ok(Draft {
            title: self.title,
            description: self.description,
            property_type: self.property_type.map(Into::into),
            room_type: self.room_type.map(Into::into),
            street: self.street,
            postal_code: self.postal_code,
            city: self.city,
            region: self.region,
            country: self.country.map(|country| country.0),
            lat_e6: self.latitude_e6,
            lon_e6: self.longitude_e6,
            time_zone: self.time_zone.map(|zone| zone.0),
            bedrooms: self.bedrooms,
            beds: self.beds,
            half_bathrooms: self.half_bathrooms,
            max_guests: self.max_guests,
            amenities: amenities.transpose()?,
            house_rules: self.house_rules,
            check_in_time: self.check_in_time.map(|time| time.0),
            check_out_time: self.check_out_time.map(|time| time.0),
            check_in_instructions: self.check_in_instructions,
            cancellation_policy: self.cancellation_policy.map(Into::into),
            instant_book: self.instant_book,
        })
    }
}
