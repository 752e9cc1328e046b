//! Search on the roof: what to look for, and the pages of what was found.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use super::{
    context::{app, bad_input, id, readable},
    faults,
    listing::{Listing, PropertyType, RoomType},
    money::MoneyInput,
    page::{self, List, Total},
    stay::StayInput,
    transport::{Rule, ruled},
};
use crate::{
    kernel::{Fault, clock::Instant},
    listings::amenity::{Amenities, Amenity},
    pricing::rates,
    search::{self, Ask, Bounds, Cursor, Hit, Refusal},
};

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "search::Sort")]
pub enum SearchSort {
    /// What most guests would like first.
    Relevance,
    /// The cheapest night first.
    PriceLow,
    /// The dearest night first.
    PriceHigh,
    /// The best rated first.
    Rating,
    /// The latest published first.
    Newest,
}

/// What to look for; what is left out doesn't matter.
#[derive(Default, InputObject)]
pub struct SearchFilterInput {
    /// A city, region or country, or words of a title: `Lisbon`, `Lisbon, Portugal`.
    place: Option<String>,
    /// A part of the map.
    bounds: Option<BoundsInput>,
    /// How many adults and children.
    guests: Option<i32>,
    /// A night costs at least this, in any currency.
    price_min: Option<MoneyInput>,
    /// A night costs at most this, in any currency.
    price_max: Option<MoneyInput>,
    /// One of these.
    #[graphql(default)]
    room_types: Vec<RoomType>,
    /// One of these.
    #[graphql(default)]
    property_types: Vec<PropertyType>,
    /// At least so many.
    bedrooms: Option<i32>,
    /// At least so many.
    beds: Option<i32>,
    /// At least so many, in halves of one.
    half_bathrooms: Option<i32>,
    /// All of these codes: see `Query.amenities`.
    #[graphql(default)]
    amenities: Vec<String>,
    /// Only what needs no approval.
    #[graphql(default)]
    instant_book: bool,
    /// Only places of this host.
    host_id: Option<ID>,
    /// Rated at least so many hundredths: 450 for 4.5.
    min_rating_hundredths: Option<i32>,
}

/// A part of the map, in millionths of a degree. With `west` beyond `east` it spans the date line.
#[derive(InputObject)]
pub struct BoundsInput {
    /// Southern edge.
    south_e6: i32,
    /// Western edge.
    west_e6: i32,
    /// Northern edge.
    north_e6: i32,
    /// Eastern edge.
    east_e6: i32,
}

/// Queries that find places.
#[derive(Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Places on sale that match all of the filter, and are free for the stay. A walk through the pages neither
    /// repeats nor skips what stays as it is.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    #[allow(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn search_listings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for.")] filter: Option<SearchFilterInput>,
        #[graphql(desc = "Free for these nights, and bookable by the host's rules.")] stay: Option<StayInput>,
        #[graphql(desc = "In which order.", default_with = "SearchSort::Relevance")] sort: SearchSort,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Listing>> {
        let app = app(ctx);
        let ask = read(filter.unwrap_or_default(), stay, sort, app.clock.now())?;
        let page = page::ask::<Cursor>("search", first, after, last, before)?;
        let found = search::find(&app.db, &ask, &page).await.map_err(|fault| match fault {
            Fault::Refused(refusal @ Refusal::CursorOfAnotherSort) => bad_input("after", refusal),
            fault => faults::error(fault),
        })?;
        let total = Total::Search(Box::new(ask));
        Ok(page::list("search", found, total, |hit: &Hit| hit.cursor, |hit| Listing::from(hit.card)))
    }
}

fn read(filter: SearchFilterInput, stay: Option<StayInput>, sort: SearchSort, now: Instant) -> Result<Ask> {
    let count = |field: &'static str, n: Option<i32>| {
        n.map(|n| u32::try_from(n).map_err(|_| bad_input(field, "must not be negative"))).transpose()
    };
    let price = |field: &'static str, money: Option<MoneyInput>| -> Result<Option<i64>> {
        Ok(money.map(|money| money.read(field)).transpose()?.map(rates::reference))
    };
    let amenity = |code: &String| {
        code.parse::<Amenity>().map_err(|_| bad_input("filter.amenities", format!("there is no {code}")))
    };
    let place = filter.place.map(|place| place.trim().to_owned()).filter(|place| !place.is_empty());
    if let Some(place) = &place {
        readable("filter.place", place)?;
    }
    Ok(Ask {
        place,
        bounds: filter.bounds.map(bounds).transpose()?,
        stay: stay.map(|stay| stay.read().map_err(|e| bad_input("stay", e))).transpose()?,
        guests: count("filter.guests", filter.guests)?,
        price_min: price("filter.priceMin", filter.price_min)?,
        price_max: price("filter.priceMax", filter.price_max)?,
        room_types: filter.room_types.into_iter().map(Into::into).collect(),
        property_types: filter.property_types.into_iter().map(Into::into).collect(),
        bedrooms: count("filter.bedrooms", filter.bedrooms)?,
        beds: count("filter.beds", filter.beds)?,
        half_bathrooms: count("filter.halfBathrooms", filter.half_bathrooms)?,
        amenities: filter.amenities.iter().map(amenity).collect::<Result<Amenities>>()?,
        instant_book: filter.instant_book,
        host: filter.host_id.map(|host| id("filter.hostId", &host)).transpose()?,
        min_rating: count("filter.minRatingHundredths", filter.min_rating_hundredths)?,
        sort: sort.into(),
        now,
    })
}

fn bounds(input: BoundsInput) -> Result<Bounds> {
    let BoundsInput { south_e6: south, west_e6: west, north_e6: north, east_e6: east } = input;
    let latitudes = -90_000_000..=90_000_000;
    let longitudes = -180_000_000..=180_000_000;
    let fits = latitudes.contains(&south) && latitudes.contains(&north) && south < north;
    if !fits || !longitudes.contains(&west) || !longitudes.contains(&east) || west == east {
        return Err(bad_input(
            "filter.bounds",
            "south lies below north, within the poles; west and east within ±180°",
        ));
    }
    Ok(Bounds { south, west, north, east })
}
