//! Search on the roof: what to look for, and the pages of what was found.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, connection::PageInfo};

use super::{
    context::{app, bad_input, id, loaders, readable},
    faults::{self, broken, shared},
    listing::{Listing, PropertyType, RoomType},
    loaders::{PriceOfStay, Row},
    money::{Money, MoneyInput},
    page,
    scalars::CurrencyCode,
    stay::{FlexibleStayInput, PartyInput, StayDates, StayInput},
    transport::{Rule, ruled},
};
use crate::{
    kernel::{self, Currency, Fault, Page, Party, Stay, page::write_cursor},
    listings::amenity::{Amenities, Amenity},
    pricing::{RatePlan, rates},
    search::{
        self, Ask, Bounds, Cursor, Facets, Flexible, Hit, Near, Refusal,
        facets::{self, Bar},
        kept, sphere,
    },
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
    /// The nearest to `filter.near` first.
    Distance,
    /// The lowest total of the stay first.
    TotalLow,
    /// The highest total of the stay first.
    TotalHigh,
}

/// What to look for; what is left out doesn't matter.
#[derive(Default, InputObject)]
pub struct SearchFilterInput {
    /// A city, region or country, or words of a title: `Lisbon`, `Lisbon, Portugal`.
    place: Option<String>,
    /// A part of the map.
    bounds: Option<BoundsInput>,
    /// Around a point.
    near: Option<NearInput>,
    /// How many adults and children.
    guests: Option<i32>,
    /// Who comes, instead of `guests`: the total of the stay is theirs.
    party: Option<PartyInput>,
    /// A night costs at least this, in any currency.
    price_min: Option<MoneyInput>,
    /// A night costs at most this, in any currency.
    price_max: Option<MoneyInput>,
    /// The whole stay costs at least this, with cleaning, fees and taxes, in any currency. It needs a stay.
    total_min: Option<MoneyInput>,
    /// The whole stay costs at most this.
    total_max: Option<MoneyInput>,
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

/// A circle on the map.
#[derive(InputObject)]
pub struct NearInput {
    /// Latitude of the point in millionths of a degree.
    latitude_e6: i32,
    /// Longitude of the point in millionths of a degree.
    longitude_e6: i32,
    /// How far from it, over ground: 1 to 20,000,000.
    radius_meters: i32,
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
        #[graphql(desc = "Or free for some stay of this shape; each edge says for which: the earliest.")]
        flexible: Option<FlexibleStayInput>,
        #[graphql(
            desc = "The currency to show totals and the histogram in; each listing's own if not given."
        )]
        currency: Option<CurrencyCode>,
        #[graphql(desc = "In which order.", default_with = "SearchSort::Relevance")] sort: SearchSort,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<SearchConnection> {
        let app = app(ctx);
        let dates = dates(stay, flexible)?;
        let ask = Ask {
            sort: sort.into(),
            totals: ctx.look_ahead().field("edges").field("totalPrice").exists(),
            guest_fee: app.settings.fees.guest_fee,
            now: app.clock.now(),
            ..read(filter.unwrap_or_default(), dates)?
        };
        let page = page::ask::<Cursor>("search", first, after, last, before)?;
        let found = kept::find(app, &ask, &page).await.map_err(|fault| match fault {
            Fault::Refused(refusal) => bad_input(field(refusal, page.backward), refusal),
            fault => faults::error(fault),
        })?;
        Ok(SearchConnection::of(found, ask, currency.map(|currency| currency.0)))
    }
}

/// A page of what was found.
pub struct SearchConnection {
    edges: Vec<SearchEdge>,
    has_previous: bool,
    has_next: bool,
    ask: Box<Ask>,
    currency: Option<Currency>,
}

impl SearchConnection {
    fn of(found: Page<Hit>, ask: Ask, currency: Option<Currency>) -> Self {
        let party = ask.party();
        let edge = |hit: Hit| SearchEdge {
            cursor: write_cursor("search", &hit.cursor),
            total: hit.total,
            is_estimate: hit.is_estimate,
            stay: hit.stay,
            distance: hit.distance,
            node: Listing::from(hit.card),
            party,
            currency,
        };
        Self {
            has_previous: found.has_previous,
            has_next: found.has_next,
            edges: found.rows.into_iter().map(edge).collect(),
            ask: Box::new(ask),
            currency,
        }
    }
}

/// A page of what was found, and how to walk on.
#[Object]
impl SearchConnection {
    /// The results of this page, each with its cursor and what is true of it in this search.
    async fn edges(&self) -> &[SearchEdge] {
        &self.edges
    }

    /// The places of this page.
    async fn nodes(&self) -> Vec<&Listing> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether there is more on either side, and from where to ask on.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// How many there are on all pages together; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        faults::read(kept::count(app(ctx), &self.ask).await)
    }

    /// What there is to narrow the search by, counted over all pages; only when asked for. Each count leaves its own
    /// filter aside, so that it says what choosing otherwise would find.
    async fn facets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many bars the histograms have, at most 50.", default = 20)] buckets: i32,
    ) -> Result<SearchFacets> {
        let bars = u32::try_from(buckets).ok().filter(|bars| (1..=facets::MOST_BARS).contains(bars));
        let bars =
            bars.ok_or_else(|| bad_input("buckets", format!("between 1 and {}", facets::MOST_BARS)))?;
        let found = faults::read(kept::facets(app(ctx), &self.ask, bars).await)?;
        Ok(SearchFacets { found, currency: self.currency.unwrap_or(Currency::EUR) })
    }
}

/// A place that was found.
pub struct SearchEdge {
    cursor: String,
    node: Listing,
    stay: Option<Stay>,
    /// What the stay costs, in the listing's currency.
    total: Option<kernel::Money>,
    is_estimate: bool,
    distance: Option<i64>,
    /// Who comes.
    party: Party,
    /// What the viewer wants totals in.
    currency: Option<Currency>,
}

/// A place that was found.
#[Object]
impl SearchEdge {
    /// Where a page begins that goes on from here.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The place.
    async fn node(&self) -> &Listing {
        &self.node
    }

    /// What the whole stay costs, with cleaning, fees and taxes: what its quote says. Null without a stay, and where
    /// it needs a rate of exchange and there is no recent one.
    async fn total_price(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let (Some(total), Some(stay)) = (self.total, self.stay) else { return Ok(None) };
        let currency = self.currency.filter(|currency| *currency != total.currency);
        if currency.is_none() && !self.is_estimate {
            return Ok(Some(Money(total)));
        }
        // Line by line at the rate of the day, as a quote is made: that can't be told from the total.
        let row = Row(self.node.row(ctx).await?.clone());
        let question = PriceOfStay(row, stay, self.party, RatePlan::Standard, currency);
        let price = loaders(ctx).load_one(question).await.map_err(shared)?;
        price.map(|price| price.to_pay().map(Money).map_err(broken)).transpose()
    }

    /// The stay that it is free for; null without a stay.
    async fn matched_stay(&self) -> Option<StayDates> {
        self.stay.map(StayDates::from)
    }

    /// How far it is from the point that was asked about, over ground. Null without `filter.near`.
    async fn distance_meters(&self) -> Option<i32> {
        self.distance.map(sphere::over_ground)
    }
}

/// What there is to narrow a search by.
pub struct SearchFacets {
    found: Facets,
    currency: Currency,
}

/// What there is to narrow a search by. Counts leave the facet's own filter aside, all others hold.
#[Object]
impl SearchFacets {
    /// Places by how much of them a guest has alone.
    async fn room_types(&self) -> Vec<RoomTypeCount> {
        let counts = self.found.room_types.iter();
        counts
            .map(|(room_type, count)| RoomTypeCount { room_type: (*room_type).into(), count: *count })
            .collect()
    }

    /// Places by kind of building.
    async fn property_types(&self) -> Vec<PropertyTypeCount> {
        let counts = self.found.property_types.iter();
        counts
            .map(|(kind, count)| PropertyTypeCount { property_type: (*kind).into(), count: *count })
            .collect()
    }

    /// Places that would be left with one amenity more; those of the filter hold.
    async fn amenities(&self) -> Vec<AmenityCount> {
        let counts = self.found.amenities.iter();
        counts.map(|(amenity, count)| AmenityCount { code: amenity.code().into(), count: *count }).collect()
    }

    /// Places by number of bedrooms, the fewest first.
    async fn bedrooms(&self) -> Vec<BedroomCount> {
        let counts = self.found.bedrooms.iter();
        counts.map(|(bedrooms, count)| BedroomCount { bedrooms: *bedrooms, count: *count }).collect()
    }

    /// Places that need no approval.
    async fn instant_book(&self) -> u64 {
        self.found.instant_book
    }

    /// Places by the price of a night, in bars of the same width from the cheapest to the dearest.
    async fn night_prices(&self) -> Vec<PriceBar> {
        self.bars(&self.found.nights)
    }

    /// Places by the total of the stay, likewise; empty without a stay.
    async fn totals(&self) -> Vec<PriceBar> {
        self.bars(&self.found.totals)
    }
}

impl SearchFacets {
    fn bars(&self, bars: &[Bar]) -> Vec<PriceBar> {
        let money = |cents| Money(rates::from_reference(cents, self.currency));
        let shown = |bar: &Bar| PriceBar { from: money(bar.from), to: money(bar.to), count: bar.count };
        bars.iter().map(shown).collect()
    }
}

/// How many places have a room type.
#[derive(SimpleObject)]
pub struct RoomTypeCount {
    /// Which.
    room_type: RoomType,
    /// How many places.
    count: u64,
}

/// How many places have a property type.
#[derive(SimpleObject)]
pub struct PropertyTypeCount {
    /// Which.
    property_type: PropertyType,
    /// How many places.
    count: u64,
}

/// How many places have an amenity.
#[derive(SimpleObject)]
pub struct AmenityCount {
    /// Which: see `Query.amenities`.
    code: String,
    /// How many places.
    count: u64,
}

/// How many places have so many bedrooms.
#[derive(SimpleObject)]
pub struct BedroomCount {
    /// So many.
    bedrooms: i32,
    /// How many places.
    count: u64,
}

/// A bar of a histogram of prices.
#[derive(SimpleObject)]
pub struct PriceBar {
    /// From this price on.
    from: Money,
    /// Up to below this price.
    to: Money,
    /// How many places.
    count: u64,
}

/// The argument that a refusal is about.
fn field(refusal: Refusal, backward: bool) -> &'static str {
    match refusal {
        Refusal::CursorOfAnotherSearch if backward => "before",
        Refusal::CursorOfAnotherSearch => "after",
        Refusal::NearToWhat | Refusal::SortOfWhatStay => "sort",
        Refusal::TotalOfWhatStay => "filter.totalMax",
    }
}

/// When, in one of both ways.
fn dates(
    stay: Option<StayInput>,
    flexible: Option<FlexibleStayInput>,
) -> Result<(Option<Stay>, Option<Flexible>)> {
    if stay.is_some() && flexible.is_some() {
        return Err(bad_input("flexible", "give `stay` or `flexible`, not both"));
    }
    let stay = stay.map(|stay| stay.read().map_err(|e| bad_input("stay", e))).transpose()?;
    let flexible = flexible.map(|dates| dates.read().map_err(|e| bad_input("flexible", e))).transpose()?;
    Ok((stay, flexible))
}

fn read(filter: SearchFilterInput, (stay, flexible): (Option<Stay>, Option<Flexible>)) -> Result<Ask> {
    let count = |field: &'static str, n: Option<i32>| {
        n.map(|n| u32::try_from(n).map_err(|_| bad_input(field, "must not be negative"))).transpose()
    };
    let money =
        |field: &'static str, money: Option<MoneyInput>| money.map(|money| money.read(field)).transpose();
    let price = |field: &'static str, amount: Option<MoneyInput>| -> Result<Option<i64>> {
        Ok(money(field, amount)?.map(rates::reference))
    };
    if filter.party.is_some() && filter.guests.is_some() {
        return Err(bad_input("filter.party", "give `guests` or `party`, not both"));
    }
    let party =
        filter.party.map(|party| party.read().map_err(|e| bad_input("filter.party", e))).transpose()?;
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
        near: filter.near.map(near).transpose()?,
        stay,
        flexible,
        guests: party.map(Party::guests).or(count("filter.guests", filter.guests)?),
        pets: party.is_some_and(|party| party.pets > 0),
        price_min: price("filter.priceMin", filter.price_min)?,
        price_max: price("filter.priceMax", filter.price_max)?,
        total_min: money("filter.totalMin", filter.total_min)?,
        total_max: money("filter.totalMax", filter.total_max)?,
        room_types: filter.room_types.into_iter().map(Into::into).collect(),
        property_types: filter.property_types.into_iter().map(Into::into).collect(),
        bedrooms: count("filter.bedrooms", filter.bedrooms)?,
        beds: count("filter.beds", filter.beds)?,
        half_bathrooms: count("filter.halfBathrooms", filter.half_bathrooms)?,
        amenities: filter.amenities.iter().map(amenity).collect::<Result<Amenities>>()?,
        instant_book: filter.instant_book,
        host: filter.host_id.map(|host| id("filter.hostId", &host)).transpose()?,
        min_rating: count("filter.minRatingHundredths", filter.min_rating_hundredths)?,
        ..Ask::default()
    })
}

fn near(input: NearInput) -> Result<Near> {
    let NearInput { latitude_e6, longitude_e6, radius_meters } = input;
    Near::new(latitude_e6, longitude_e6, radius_meters.into()).map_err(|e| bad_input("filter.near", e))
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
