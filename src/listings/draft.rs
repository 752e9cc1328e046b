//! The fields of a listing as a host gives them: what is `None` stays as it is.

use chrono::NaiveTime;

use super::{
    amenity::Amenities,
    listing::{self, CancellationPolicy, PropertyType, RoomType},
    rules::Flaw,
};

/// Fields to set.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the fields of the listing, which are documented there")]
pub struct Draft {
    pub title: Option<String>,
    pub description: Option<String>,
    pub property_type: Option<PropertyType>,
    pub room_type: Option<RoomType>,
    pub street: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub country: Option<String>,
    pub lat_e6: Option<i32>,
    pub lon_e6: Option<i32>,
    pub time_zone: Option<String>,
    pub bedrooms: Option<i32>,
    pub beds: Option<i32>,
    pub half_bathrooms: Option<i32>,
    pub max_guests: Option<i32>,
    pub amenities: Option<Amenities>,
    pub house_rules: Option<String>,
    pub check_in_time: Option<NaiveTime>,
    pub check_out_time: Option<NaiveTime>,
    pub check_in_instructions: Option<String>,
    pub cancellation_policy: Option<CancellationPolicy>,
    pub instant_book: Option<bool>,
}

impl Draft {
    /// What is wrong with the fields themselves, whatever the listing is like.
    pub fn flaws(&self) -> Vec<Flaw> {
        let alone = match (self.lat_e6, self.lon_e6) {
            (Some(_), None) => "longitudeE6",
            (None, Some(_)) => "latitudeE6",
            _ => return Vec::new(),
        };
        vec![Flaw { field: alone, problem: "is missing: latitude and longitude come together".into() }]
    }

    /// The listing with these fields set.
    pub fn apply(self, mut listing: listing::Model) -> listing::Model {
        macro_rules! set {
            ($($field:ident)*) => { $(if let Some(value) = self.$field { listing.$field = value; })* };
        }
        set!(property_type room_type lat_e6 lon_e6 bedrooms beds half_bathrooms max_guests);
        set!(check_in_time check_out_time cancellation_policy instant_book);
        macro_rules! set_text {
            ($($field:ident)*) => { $(if let Some(text) = self.$field { listing.$field = text.trim().to_owned(); })* };
        }
        set_text!(title description street postal_code city region time_zone house_rules check_in_instructions);
        if let Some(country) = self.country {
            listing.country = country.trim().to_ascii_uppercase();
        }
        if let Some(amenities) = self.amenities {
            listing.amenities = amenities.bits();
        }
        listing
    }
}
