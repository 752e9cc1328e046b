//! Listings on the roof: what everybody sees, what only the host sees. No SQL, no rule.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, OneofObject, Result, SimpleObject};
use tokio::sync::OnceCell;

use super::{
    calendar::{Availability, CalendarNight, CalendarRules},
    context::{app, bad_input, id, loaders, readable, viewer},
    faults::{broken, shared},
    feed::{self, CalendarConflict, CalendarFeed},
    loaders::{
        AvailabilityOfStay, CalendarRulesOfListing, ListingById, NightReasons, PhotosOfListing, PriceOfStay,
        ReviewsOfListing, Row, SavedListing, ShownListing, SimilarListings, TakenNights, UserById,
    },
    market::Amenity,
    money::Money,
    page::{self, List, Total},
    photo::Photo,
    pricing::{Pricing, RatePlan, StayPrice},
    review::Review,
    scalars::{CountryCode, CurrencyCode, Date, DateTime, LocalTime, TimeZone, Url},
    stay::{PartyInput, StayInput},
    transport::{Rule, ruled},
    user::User,
};
use crate::{
    calendar,
    kernel::{ListingId, page::Moment},
    listings::{
        self,
        amenity::Amenities,
        listing::{self, CancellationPolicy as Policy, PropertyType as Property, RoomType as Room, Status},
        point,
    },
    pricing, reviews,
    search::Card,
};

/// Where a listing is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum ListingStatus {
    /// Being written; only the host sees it.
    Draft,
    /// In search, bookable.
    Published,
    /// Out of search, back with one word.
    Paused,
    /// Gone for good, kept for its bookings.
    Archived,
    /// Taken out by an admin.
    Suspended,
}

/// What kind of building.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Property")]
pub enum PropertyType {
    /// A flat in a larger building.
    Apartment,
    /// A house of its own.
    House,
    /// A hut or cabin.
    Cabin,
    /// A villa.
    Villa,
    /// A loft.
    Loft,
    /// A boat.
    Boat,
    /// On a farm.
    Farm,
    /// In a hotel or guest house.
    Hotel,
}

/// How much of it a guest has alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Room")]
pub enum RoomType {
    /// All of it.
    EntirePlace,
    /// A room.
    PrivateRoom,
    /// A bed in a shared room.
    SharedRoom,
}

/// What a guest who cancels gets back. Within 24 hours of a confirmation a week or more before check-in, everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Policy")]
pub enum CancellationPolicy {
    /// All nights until a day before check-in; then all but the nights stayed and the next one.
    Flexible,
    /// All nights until 5 days before; then half of what follows the next night.
    Moderate,
    /// All nights until 14 days before, half until 7.
    Limited,
    /// All nights until 30 days before, half until 7.
    Firm,
    /// All nights within 48 h of confirmation and until 14 days before, half until 7.
    Strict,
}

/// A place that can be booked. It comes as the row of its table, or as the card that search has made ready; a field
/// that the card has not loads the row.
#[derive(Clone)]
pub struct Listing {
    id: ListingId,
    card: Option<Arc<Card>>,
    row: OnceCell<Arc<listing::Model>>,
}

impl From<listing::Model> for Listing {
    fn from(row: listing::Model) -> Self {
        Self { id: row.id, card: None, row: OnceCell::new_with(Some(Arc::new(row))) }
    }
}

impl From<Arc<Card>> for Listing {
    fn from(card: Arc<Card>) -> Self {
        Self { id: card.id, card: Some(card), row: OnceCell::new() }
    }
}

/// Reads a field from the card if there is one, otherwise from the row.
macro_rules! from_card_or_row {
    ($self:ident, $ctx:ident, |$it:ident| $read:expr) => {
        match &$self.card {
            Some(card) => {
                let $it = &**card;
                $read
            }
            None => {
                let $it = $self.row($ctx).await?;
                $read
            }
        }
    };
}

impl Listing {
    /// A listing that the viewer may see and of which nothing was read yet.
    pub fn by_id(id: ListingId) -> Self {
        Self { id, card: None, row: OnceCell::new() }
    }

    /// Its row, which is loaded once.
    pub(super) async fn row(&self, ctx: &Context<'_>) -> Result<&Arc<listing::Model>> {
        let load = || async {
            // The card was found a moment ago. Whatever became of the listing since, its page is answered whole.
            let row = loaders(ctx).load_one(ShownListing(self.id)).await.map_err(shared)?;
            row.map(Arc::new).ok_or_else(|| super::transport::Code::NotFound.error("This listing is gone."))
        };
        self.row.get_or_try_init(load).await
    }

    async fn is_mine(&self, ctx: &Context<'_>) -> Result<bool> {
        let host = from_card_or_row!(self, ctx, |it| it.host_id);
        Ok(viewer(ctx).is_some_and(|viewer| viewer.user == host))
    }
}

/// A place that can be booked.
#[Object]
impl Listing {
    /// Names the listing everywhere.
    pub async fn id(&self) -> ID {
        self.id.to_string().into()
    }

    /// Its readable address; it never changes.
    async fn slug(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(from_card_or_row!(self, ctx, |it| it.slug.clone()))
    }

    /// One line.
    async fn title(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(from_card_or_row!(self, ctx, |it| it.title.clone()))
    }

    /// Some paragraphs.
    async fn description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.description.clone())
    }

    /// Where it is in its life.
    async fn status(&self, ctx: &Context<'_>) -> Result<ListingStatus> {
        Ok(self.row(ctx).await?.status.into())
    }

    /// What kind of building.
    async fn property_type(&self, ctx: &Context<'_>) -> Result<PropertyType> {
        Ok(from_card_or_row!(self, ctx, |it| it.property_type.into()))
    }

    /// How much of it a guest has alone.
    async fn room_type(&self, ctx: &Context<'_>) -> Result<RoomType> {
        Ok(from_card_or_row!(self, ctx, |it| it.room_type.into()))
    }

    /// City.
    async fn city(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(from_card_or_row!(self, ctx, |it| it.city.clone()))
    }

    /// Region or state.
    async fn region(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(from_card_or_row!(self, ctx, |it| it.region.clone()))
    }

    /// Country; null for a draft that has none yet.
    async fn country(&self, ctx: &Context<'_>) -> Result<Option<CountryCode>> {
        let country = from_card_or_row!(self, ctx, |it| it.country.clone());
        Ok(Some(CountryCode(country)).filter(|country| !country.0.is_empty()))
    }

    /// A point up to 500 m from the place, always the same; null for a draft that has none yet. The exact place is for
    /// the confirmed guest.
    async fn point(&self, ctx: &Context<'_>) -> Result<Option<Point>> {
        if let Some(card) = &self.card {
            return Ok(Some(Point::of(card.lat_e6, card.lon_e6)));
        }
        let row = self.row(ctx).await?;
        let secret = app(ctx).keys.derive("public-point", b"");
        let (lat, lon) = point::public_point(&secret, row.id, row.lat_e6, row.lon_e6);
        Ok((row.lat_e6, row.lon_e6) != (0, 0)).map(|is| is.then(|| Point::of(lat, lon)))
    }

    /// The exact address; null for everybody but the host. A confirmed guest finds it on the booking.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<Address>> {
        Ok(if self.is_mine(ctx).await? { Some(Address::of(self.row(ctx).await?)) } else { None })
    }

    /// The zone of its local times; null for a draft that has none yet.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<Option<TimeZone>> {
        let zone = self.row(ctx).await?.time_zone.clone();
        Ok(Some(TimeZone(zone)).filter(|zone| !zone.0.is_empty()))
    }

    /// How many bedrooms.
    async fn bedrooms(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(from_card_or_row!(self, ctx, |it| it.bedrooms))
    }

    /// How many beds.
    async fn beds(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(from_card_or_row!(self, ctx, |it| it.beds))
    }

    /// How many bathrooms, in halves of one: 3 is one and a half.
    async fn half_bathrooms(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(from_card_or_row!(self, ctx, |it| it.half_bathrooms))
    }

    /// Most adults and children together.
    async fn max_guests(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(match &self.card {
            Some(card) => card.guests,
            None => self.row(ctx).await?.max_guests,
        })
    }

    /// What it has.
    async fn amenities(&self, ctx: &Context<'_>) -> Result<Vec<Amenity>> {
        let bits = from_card_or_row!(self, ctx, |it| it.amenities);
        Ok(Amenities::from_bits(bits).iter().map(Amenity).collect())
    }

    /// What guests agree to.
    async fn house_rules(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.house_rules.clone())
    }

    /// From when on guests may come, local time.
    async fn check_in_time(&self, ctx: &Context<'_>) -> Result<LocalTime> {
        Ok(LocalTime(self.row(ctx).await?.check_in_time))
    }

    /// Until when guests leave, local time.
    async fn check_out_time(&self, ctx: &Context<'_>) -> Result<LocalTime> {
        Ok(LocalTime(self.row(ctx).await?.check_out_time))
    }

    /// How guests get in; null for everybody but the host. A guest finds it on the booking, 48 hours before check-in.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn check_in_instructions(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(if self.is_mine(ctx).await? {
            Some(self.row(ctx).await?.check_in_instructions.clone())
        } else {
            None
        })
    }

    /// What a guest who cancels gets back.
    async fn cancellation_policy(&self, ctx: &Context<'_>) -> Result<CancellationPolicy> {
        Ok(self.row(ctx).await?.cancellation_policy.into())
    }

    /// Whether a booking needs no approval.
    async fn instant_book(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(from_card_or_row!(self, ctx, |it| it.instant_book))
    }

    /// Of all its prices.
    async fn currency_code(&self, ctx: &Context<'_>) -> Result<CurrencyCode> {
        Ok(from_card_or_row!(self, ctx, |it| CurrencyCode(it.currency)))
    }

    /// What a night costs before everything else; null until the host has set it.
    async fn nightly_price(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        if let Some(card) = &self.card {
            return Ok(Some(Money::new(card.nightly, card.currency)));
        }
        let currency = self.row(ctx).await?.currency;
        let prices = loaders(ctx).load_one(super::loaders::PricesOfListing(self.id)).await.map_err(shared)?;
        Ok(prices.map(|prices| Money::new(prices.nightly, currency)))
    }

    /// The rates that guests can choose from.
    async fn rate_plans(&self, ctx: &Context<'_>) -> Result<Vec<RatePlan>> {
        let prices = loaders(ctx).load_one(super::loaders::PricesOfListing(self.id)).await.map_err(shared)?;
        let plans = prices.map_or(&[pricing::RatePlan::Standard][..], |prices| prices.rate_plans());
        Ok(plans.iter().copied().map(RatePlan::from).collect())
    }

    /// All its prices; null for everybody but the host, and until a nightly price is set.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn pricing(&self, ctx: &Context<'_>) -> Result<Option<Pricing>> {
        if !self.is_mine(ctx).await? {
            return Ok(None);
        }
        let currency = self.row(ctx).await?.currency;
        let prices = loaders(ctx).load_one(super::loaders::PricesOfListing(self.id)).await.map_err(shared)?;
        Ok(prices.map(|row| Pricing { row, currency }))
    }

    /// Average of the overall ratings in hundredths, 487 for 4.87; null until there is one.
    async fn rating_hundredths(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let rating = match &self.card {
            Some(card) => card.rating,
            None => self.row(ctx).await?.rating(),
        };
        Ok(Some(rating).filter(|rating| *rating > 0))
    }

    /// How many guests have said something of it.
    async fn review_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(match &self.card {
            Some(card) => card.review_count,
            None => self.row(ctx).await?.rating_count,
        })
    }

    /// The first photo; null for a draft without any.
    async fn cover_photo(&self, ctx: &Context<'_>) -> Result<Option<Photo>> {
        if let Some(card) = &self.card {
            return Ok(card.cover.clone().map(Photo::from));
        }
        let photos = loaders(ctx).load_one(PhotosOfListing(self.id)).await.map_err(shared)?;
        Ok(photos.and_then(|photos| photos.into_iter().next()).map(Photo::from))
    }

    /// The photos, in order.
    async fn photos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, from the first on; at most 40.", default = 40)] first: i32,
    ) -> Result<Vec<Photo>> {
        let most = usize::try_from(first).map_err(|_| bad_input("first", "must not be negative"))?;
        let photos = loaders(ctx).load_one(PhotosOfListing(self.id)).await.map_err(shared)?;
        Ok(photos.into_iter().flatten().take(most).map(Photo::from).collect())
    }

    /// Whose place it is; null if the host has gone.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let host = from_card_or_row!(self, ctx, |it| it.host_id);
        Ok(loaders(ctx).load_one(UserById(host)).await.map_err(shared)?.map(User))
    }

    /// Every line of what a stay costs as of now, whether or not it can be booked; null where it has no price, or
    /// not at this rate, or there is no recent rate of exchange to the currency. Nothing is kept: see `createQuote`.
    async fn quote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When.")] stay: StayInput,
        #[graphql(desc = "Who comes.")] party: PartyInput,
        #[graphql(desc = "At which rate.", default_with = "RatePlan::Standard")] rate_plan: RatePlan,
        #[graphql(desc = "In which currency it is paid; the listing's, when nothing is said.")]
        currency: Option<CurrencyCode>,
    ) -> Result<Option<StayPrice>> {
        let stay = stay.read().map_err(|e| bad_input("stay", e))?;
        let party = party.read().map_err(|e| bad_input("party", e))?;
        let row = Row(self.row(ctx).await?.clone());
        let question = PriceOfStay(row, stay, party, rate_plan.into(), currency.map(|code| code.0));
        Ok(loaders(ctx).load_one(question).await.map_err(shared)?.map(StayPrice::paid))
    }

    /// Whether a stay can be booked, every rule that it breaks, and the nearest stays that can.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When.")] stay: StayInput,
        #[graphql(desc = "Who comes.")] party: PartyInput,
    ) -> Result<Availability> {
        let stay = stay.read().map_err(|e| bad_input("stay", e))?;
        let party = party.read().map_err(|e| bad_input("party", e))?;
        let question = AvailabilityOfStay(Row(self.row(ctx).await?.clone()), stay, party);
        let judged = loaders(ctx).load_one(question).await.map_err(shared)?;
        judged.map(Availability).ok_or_else(|| broken(anyhow::anyhow!("{} was not judged", self.id)))
    }

    /// Each night between two dates, both included, at most 400 of them.
    async fn calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First night.")] from: Date,
        #[graphql(desc = "Last night, included.")] to: Date,
    ) -> Result<Vec<CalendarNight>> {
        if !(0..400).contains(&(to.0 - from.0).num_days()) {
            return Err(bad_input("to", "ask for 1 to 400 nights"));
        }
        let reasons = if self.is_mine(ctx).await? {
            loaders(ctx).load_one(NightReasons(self.id, from.0, to.0)).await.map_err(shared)?
        } else {
            None
        };
        let taken = loaders(ctx).load_one(TakenNights(self.id, from.0, to.0)).await.map_err(shared)?;
        let (taken, reasons) = (taken.unwrap_or_default(), reasons.unwrap_or_default());
        Ok(CalendarNight::between(from.0, to.0, &taken, reasons))
    }

    /// Where other sites find its calendar: a secret of the host's; null for everybody else.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn calendar_export_url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        if self.is_mine(ctx).await? { feed::export_url(ctx, self.id).await } else { Ok(None) }
    }

    /// The calendars of other sites whose nights are off sale here; for the host only, empty for everybody else.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn calendar_feeds(&self, ctx: &Context<'_>) -> Result<Vec<CalendarFeed>> {
        if self.is_mine(ctx).await? { feed::feeds_of(ctx, self.id).await } else { Ok(Vec::new()) }
    }

    /// Where other sites and stays have the same nights; for the host only, empty for everybody else.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn calendar_conflicts(&self, ctx: &Context<'_>) -> Result<Vec<CalendarConflict>> {
        if self.is_mine(ctx).await? { feed::conflicts_of(ctx, self.id).await } else { Ok(Vec::new()) }
    }

    /// The host's rules for bookings.
    async fn calendar_rules(&self, ctx: &Context<'_>) -> Result<CalendarRules> {
        let rules = loaders(ctx).load_one(CalendarRulesOfListing(self.id)).await.map_err(shared)?;
        Ok(CalendarRules(rules.unwrap_or_else(|| calendar::default_rules(self.id))))
    }

    /// What guests say of it, latest first.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Review>> {
        let ask = page::ask("reviews", first, after, last, before)?;
        let found = loaders(ctx).load_one(ReviewsOfListing(self.id, ask)).await.map_err(shared)?;
        let found = found.ok_or_else(|| broken(anyhow::anyhow!("no page of reviews of {}", self.id)))?;
        let key = |row: &reviews::review::Model| (Moment(row.released_at.unwrap_or_default()), row.id);
        Ok(page::list("reviews", found, Total::ReviewsOf(self.id), key, Review))
    }

    /// Since when an admin keeps it off sale; null for everybody but the host.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn suspended_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(if self.is_mine(ctx).await? { self.row(ctx).await?.suspended_at.map(DateTime) } else { None })
    }

    /// Why an admin keeps it off sale; null for everybody but the host.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn suspended_reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(if self.is_mine(ctx).await? { self.row(ctx).await?.suspended_reason.clone() } else { None })
    }

    /// Whether it is on a wish list of whoever asks.
    async fn is_saved(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(loaders(ctx).load_one(SavedListing(self.id)).await.map_err(shared)?.is_some())
    }

    /// A few places of the same city for about as many people, the most relevant first.
    async fn similar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; at most 12.", default = 6)] first: i32,
    ) -> Result<Vec<Listing>> {
        let most = u32::try_from(first).ok().filter(|most| *most <= 12);
        let most = most.ok_or_else(|| bad_input("first", "between 0 and 12"))?;
        let question = SimilarListings(Row(self.row(ctx).await?.clone()), most);
        let cards = loaders(ctx).load_one(question).await.map_err(shared)?;
        Ok(cards.into_iter().flatten().map(Into::into).collect())
    }

    /// When it was first published.
    async fn published_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.row(ctx).await?.published_at.map(DateTime))
    }
}

/// A point on the map, in millionths of a degree: integers, since a float is no place.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Point {
    /// Latitude × 1,000,000, north positive.
    latitude_e6: i32,
    /// Longitude × 1,000,000, east positive.
    longitude_e6: i32,
}

impl Point {
    /// A point from millionths of a degree.
    pub fn of(latitude_e6: i32, longitude_e6: i32) -> Self {
        Self { latitude_e6, longitude_e6 }
    }
}

/// Where exactly a place is.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct Address {
    /// Street and number.
    street: String,
    /// Postal code.
    postal_code: String,
    /// City.
    city: String,
    /// Region or state.
    region: String,
    /// Country.
    country: CountryCode,
    /// The exact point.
    point: Point,
}

impl Address {
    /// The exact address; only for the host and a confirmed guest.
    pub fn of(row: &listing::Model) -> Self {
        Self {
            street: row.street.clone(),
            postal_code: row.postal_code.clone(),
            city: row.city.clone(),
            region: row.region.clone(),
            country: CountryCode(row.country.clone()),
            point: Point::of(row.lat_e6, row.lon_e6),
        }
    }
}

/// How to name a listing.
#[derive(OneofObject)]
pub enum ListingBy {
    /// By its id.
    Id(ID),
    /// By its readable address.
    Slug(String),
}

/// Queries about listings.
#[derive(Default)]
pub struct ListingQuery;

#[Object]
impl ListingQuery {
    /// A listing that is on sale, or one of one's own.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ListingBy,
    ) -> Result<Option<Listing>> {
        match by {
            ListingBy::Id(text) => by_id(ctx, id("by.id", &text)?).await,
            ListingBy::Slug(slug) => {
                readable("by.slug", &slug)?;
                let me = viewer(ctx).map(|viewer| viewer.user);
                let found = listings::find::by_slug(app(ctx).db.read(), me, &slug).await;
                Ok(found.map_err(broken)?.map(Listing::from))
            }
        }
    }
}

/// A listing that the viewer may see.
pub async fn by_id(ctx: &Context<'_>, id: ListingId) -> Result<Option<Listing>> {
    Ok(loaders(ctx).load_one(ListingById(id)).await.map_err(shared)?.map(Listing::from))
}
