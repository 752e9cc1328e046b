//! Calendars of other sites on the roof, and a listing's own for them. All of it is its host's.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    booking::Booking,
    context::{app, id, loaders, signed_in},
    errors::{CalendarFeedError, CalendarFeedErrorCode as Code},
    faults::{settle, shared},
    loaders::{ConflictsOfListing, ExportOfListing, FeedById, FeedsOfListing},
    scalars::{Date, DateTime, Url},
    transport::{Rule, ruled},
};
use crate::{
    calendar::{
        self,
        feeds::{self, calendar_feed, find::Conflict},
    },
    kernel::{BookingId, FeedId, ListingId, Never},
};

/// A calendar of another site, whose nights are off sale here.
pub struct CalendarFeed(pub calendar_feed::Model);

/// A calendar of another site, whose nights are off sale here.
#[Object(directive = ruled::apply(Rule::Owner))]
impl CalendarFeed {
    /// Names the feed everywhere.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What the host calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is.
    async fn url(&self) -> Url {
        Url(self.0.url.clone())
    }

    /// When it was fetched last, whatever came of it; null until then.
    async fn last_checked_at(&self) -> Option<DateTime> {
        self.0.checked_at.map(DateTime)
    }

    /// When it was taken in last; null until then. What it said then holds until it is taken in again.
    async fn last_synced_at(&self) -> Option<DateTime> {
        self.0.synced_at.map(DateTime)
    }

    /// When it is fetched next.
    async fn next_check_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// What was wrong the last time; null if nothing was.
    async fn problem(&self) -> Option<FeedProblem> {
        self.0.problem.map(|problem| FeedProblem::of(problem, self.0.answered))
    }

    /// How many of its events were left out since they can't be read, or were read by a guess at their zone or at how
    /// often they come.
    async fn skipped_events(&self) -> i32 {
        self.0.skipped
    }

    /// Its events that have nights which stays of ours have.
    async fn conflicts(&self, ctx: &Context<'_>) -> Result<Vec<CalendarConflict>> {
        let all = conflicts_of(ctx, self.0.listing_id).await?;
        Ok(all.into_iter().filter(|conflict| conflict.0.feed == self.0.id).collect())
    }
}

/// What keeps a feed from being taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "calendar_feed::Problem")]
pub enum FeedProblemCode {
    /// We were sent on to something that is not of the web.
    NotHttp,
    /// It is at no public address.
    AddressNotAllowed,
    /// Nobody answers there.
    Unreachable,
    /// It takes too long.
    TooSlow,
    /// It is too large, or has no end.
    TooLarge,
    /// It comes compressed.
    Encoded,
    /// The site says that it has no feed for us.
    Status,
    /// The site sends us from one address to the next.
    TooManyRedirects,
    /// What comes is no calendar.
    NotACalendar,
    /// Its end is missing.
    CutShort,
    /// It has more events than are read.
    TooManyEvents,
}

/// What was wrong with a feed.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct FeedProblem {
    /// What, for programs.
    code: FeedProblemCode,
    /// A sentence for people.
    message: String,
}

impl FeedProblem {
    fn of(problem: calendar_feed::Problem, answered: Option<i32>) -> Self {
        use calendar_feed::Problem as P;
        let message = match (problem, answered) {
            (P::NotHttp, _) => "The site sent us on to something that is not of the web.".to_owned(),
            (P::AddressNotAllowed, _) => "The feed is at no public address.".to_owned(),
            (P::Unreachable, _) => "The site could not be reached.".to_owned(),
            (P::TooSlow, _) => "The site took too long to answer.".to_owned(),
            (P::TooLarge, _) => "The feed is too large.".to_owned(),
            (P::Encoded, _) => "The feed came compressed, though we asked for it as it is.".to_owned(),
            (P::Status, Some(status)) => format!("The site answered with status {status}."),
            (P::Status, None) => "The site did not give us the feed.".to_owned(),
            (P::TooManyRedirects, _) => "The site sent us from one address to the next.".to_owned(),
            (P::NotACalendar, _) => "What the site sent is no calendar.".to_owned(),
            (P::CutShort, _) => "The calendar is cut short.".to_owned(),
            (P::TooManyEvents, _) => "The calendar has too many events.".to_owned(),
        };
        Self { code: problem.into(), message }
    }
}

/// Another site and a stay of ours have the same nights: somebody must call one of them off.
pub struct CalendarConflict(Conflict);

/// Another site and a stay of ours have the same nights: somebody must call one of them off.
#[Object(directive = ruled::apply(Rule::Owner))]
impl CalendarConflict {
    /// The feed that has the nights; null if it was removed a moment ago.
    async fn feed(&self, ctx: &Context<'_>) -> Result<Option<CalendarFeed>> {
        by_id(ctx, self.0.feed).await
    }

    /// The booking that has the nights here.
    async fn booking(&self, ctx: &Context<'_>) -> Result<Option<Booking>> {
        super::booking::by_id(ctx, BookingId(self.0.booking)).await
    }

    /// Which nights, in order.
    async fn nights(&self) -> Vec<Date> {
        self.0.nights.iter().copied().map(Date).collect()
    }

    /// What the other site says of them.
    async fn summary(&self) -> &str {
        &self.0.summary
    }
}

/// A feed, for its host.
pub async fn by_id(ctx: &Context<'_>, id: FeedId) -> Result<Option<CalendarFeed>> {
    Ok(loaders(ctx).load_one(FeedById(id)).await.map_err(shared)?.map(CalendarFeed))
}

/// The feeds of a listing, for its host.
pub async fn feeds_of(ctx: &Context<'_>, listing: ListingId) -> Result<Vec<CalendarFeed>> {
    let feeds = loaders(ctx).load_one(FeedsOfListing(listing)).await.map_err(shared)?;
    Ok(feeds.into_iter().flatten().map(CalendarFeed).collect())
}

/// The conflicts of a listing, for its host.
pub async fn conflicts_of(ctx: &Context<'_>, listing: ListingId) -> Result<Vec<CalendarConflict>> {
    let conflicts = loaders(ctx).load_one(ConflictsOfListing(listing)).await.map_err(shared)?;
    Ok(conflicts.into_iter().flatten().map(CalendarConflict).collect())
}

/// The address of a listing's calendar, for its host.
pub async fn export_url(ctx: &Context<'_>, listing: ListingId) -> Result<Option<Url>> {
    let secret = loaders(ctx).load_one(ExportOfListing(listing)).await.map_err(shared)?;
    let url = |secret| Url(format!("{}/calendars/{secret}.ics", app(ctx).settings.public_url()));
    Ok(secret.map(url))
}

/// A calendar of another site.
#[derive(InputObject)]
pub struct AddCalendarFeedInput {
    /// One of one's own.
    listing_id: ID,
    /// What to call it, at most 60 characters.
    name: String,
    /// Where it is: `https:`, `http:`, or `webcal:`, which is read as `https:`.
    url: Url,
}

/// Which feed.
#[derive(InputObject)]
pub struct CalendarFeedIdInput {
    /// Of one of one's own listings.
    feed_id: ID,
}

/// Whose address.
#[derive(InputObject)]
pub struct RotateCalendarExportInput {
    /// One of one's own.
    listing_id: ID,
}

/// The feed, or why it was not added.
#[derive(SimpleObject)]
pub struct AddCalendarFeedPayload {
    /// The feed; it is being fetched.
    feed: Option<CalendarFeed>,
    /// Why it was not added.
    errors: Vec<CalendarFeedError>,
}

/// The feed, or why it is not fetched.
#[derive(SimpleObject)]
pub struct RefreshCalendarFeedPayload {
    /// The feed; it is being fetched.
    feed: Option<CalendarFeed>,
    /// Why it is not fetched.
    errors: Vec<CalendarFeedError>,
}

/// What was removed, or why it is still there.
#[derive(SimpleObject)]
pub struct RemoveCalendarFeedPayload {
    /// The id that it had.
    feed_id: Option<ID>,
    /// Why it is still there.
    errors: Vec<CalendarFeedError>,
}

/// The new address.
#[derive(SimpleObject)]
pub struct RotateCalendarExportPayload {
    /// The address from now on.
    calendar_export_url: Option<Url>,
    /// Why it is still the old one.
    errors: Vec<CalendarFeedError>,
}

/// What hosts do with calendars of other sites.
#[derive(Default)]
pub struct FeedMutation;

#[Object]
impl FeedMutation {
    /// Takes in a calendar of another site: its nights are off sale here from then on.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn add_calendar_feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which calendar.")] input: AddCalendarFeedInput,
    ) -> Result<AddCalendarFeedPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let ask = feeds::Ask { listing, name: input.name, url: input.url.0 };
        let outcome = feeds::add(app(ctx), signed_in(ctx)?, ask).await;
        let (feed, errors) = settle(outcome, |refusal| {
            let (code, field) = match refusal {
                feeds::Refusal::NameInvalid => (Code::NameInvalid, "name"),
                feeds::Refusal::InvalidUrl => (Code::InvalidUrl, "url"),
                feeds::Refusal::AddressNotAllowed => (Code::AddressNotAllowed, "url"),
                feeds::Refusal::AlreadyAdded => (Code::AlreadyAdded, "url"),
                feeds::Refusal::TooMany => (Code::TooMany, ""),
                feeds::Refusal::Archived => (Code::ListingArchived, "listingId"),
            };
            vec![CalendarFeedError::new(code, field, refusal)]
        })?;
        Ok(AddCalendarFeedPayload { feed: feed.map(CalendarFeed), errors })
    }

    /// Takes a calendar of another site in no more: nights that nothing else holds are for sale again.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn remove_calendar_feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CalendarFeedIdInput,
    ) -> Result<RemoveCalendarFeedPayload> {
        let feed = id("feedId", &input.feed_id)?;
        let outcome = feeds::remove(app(ctx), signed_in(ctx)?, feed).await;
        let (removed, errors) = settle(outcome, |never: Never| match never {})?;
        Ok(RemoveCalendarFeedPayload { feed_id: removed.map(|_| input.feed_id), errors })
    }

    /// Fetches a feed now instead of at its next time. It is taken in a moment after the answer.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn refresh_calendar_feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CalendarFeedIdInput,
    ) -> Result<RefreshCalendarFeedPayload> {
        let feed = id("feedId", &input.feed_id)?;
        let outcome = feeds::refresh(app(ctx), signed_in(ctx)?, feed).await;
        let (feed, errors) =
            settle(outcome, |refusal| vec![CalendarFeedError::new(Code::JustChecked, "", refusal)])?;
        Ok(RefreshCalendarFeedPayload { feed: feed.map(CalendarFeed), errors })
    }

    /// Gives a listing's calendar another address: whoever has the old one sees nothing any more.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn rotate_calendar_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RotateCalendarExportInput,
    ) -> Result<RotateCalendarExportPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let outcome = calendar::rotate_export(app(ctx), signed_in(ctx)?, listing).await;
        let (rotated, errors) = settle(outcome, |never: Never| match never {})?;
        let calendar_export_url = match rotated {
            Some(listing) => export_url(ctx, listing.id).await?,
            None => None,
        };
        Ok(RotateCalendarExportPayload { calendar_export_url, errors })
    }
}
