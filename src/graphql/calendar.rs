//! Calendars on the roof: availability that explains itself, nights, rules, and the host's changes.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::{
    Context, Enum, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject, Subscription,
};
use chrono::NaiveDate;
use futures_util::{Stream, StreamExt, stream};

use super::{
    booking::Booking,
    context::{app, bad_input, id, signed_in},
    errors::{CalendarError, CalendarErrorCode as Code},
    faults::settle,
    feed::{self, CalendarFeed},
    listing::Listing,
    money::Money,
    scalars::Date,
    stay::StayDates,
    transport::{Rule, ruled, set_up},
};
use crate::{
    calendar::{
        self, calendar_rules,
        limits::{self, Weekdays},
        night_reason,
        rules::Violation,
        update,
    },
    kernel::{BookingId, FeedId, ListingId},
    listings::availability_topic,
    pricing::{
        offer::{Obstacle, Offer},
        sellable::Unsellable,
    },
};

/// Whether a stay can be booked.
pub struct Availability(pub Offer);

/// Whether a stay can be booked, and what stands against it.
#[Object]
impl Availability {
    /// Whether a booking would succeed now, at the standard rate and in the currency of the listing.
    async fn is_available(&self) -> bool {
        self.0.obstacles.is_empty()
    }

    /// Every rule that the stay breaks, at once.
    async fn violations(&self) -> Vec<RuleViolation> {
        self.0.obstacles.iter().map(RuleViolation::from).collect()
    }

    /// The nearest stays of the same length that can be booked, when this one can't.
    async fn alternatives(&self) -> Vec<StayDates> {
        self.0.alternatives.iter().copied().map(StayDates::from).collect()
    }
}

/// Which rule a stay breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ViolationCode {
    /// The listing is not on sale now.
    NotOnSale,
    /// The stay begins in the past; `date` is today at the listing.
    InThePast,
    /// Too short; `limit` is the least.
    MinNights,
    /// Too long; `limit` is the most.
    MaxNights,
    /// Too soon; `date` is the earliest check-in. With an `hour`: today could be booked until then.
    AdvanceNotice,
    /// Too far ahead; `date` is the latest check-out.
    BookingWindow,
    /// No stay begins on this `weekday`.
    ClosedToArrival,
    /// No stay ends on this `weekday`.
    ClosedToDeparture,
    /// `nights` are not for sale.
    NightsTaken,
    /// On `nights` the place is made ready before or after another stay; `date` is the first day that it is.
    Preparation,
    /// Too many guests; `limit` is the most.
    TooManyGuests,
    /// What it costs can't be charged; `amount` is the least or the most that can. Null where no price is set yet.
    NotForSale,
    /// What it costs is not known just now: a tax is in another currency, and there is no recent rate of exchange.
    RateUnavailable,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Weekday {
    /// The first working day.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The first day of the weekend.
    Saturday,
    /// The last day of the week.
    Sunday,
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Self {
        match day {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

impl From<Weekday> for chrono::Weekday {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

/// A rule that a stay breaks, with its data.
#[derive(SimpleObject)]
pub struct RuleViolation {
    /// Which rule.
    code: ViolationCode,
    /// A sentence for people.
    message: String,
    /// The number that the rule sets.
    limit: Option<u32>,
    /// The date that the rule sets.
    date: Option<Date>,
    /// The amount that the rule sets.
    amount: Option<Money>,
    /// The local hour that the rule sets.
    hour: Option<u32>,
    /// The weekday that the rule closes.
    weekday: Option<Weekday>,
    /// The nights that it is about.
    nights: Vec<Date>,
}

impl From<&Obstacle> for RuleViolation {
    fn from(obstacle: &Obstacle) -> Self {
        match obstacle {
            Obstacle::Rule(violation) => Self::rule(violation),
            Obstacle::Price(unsellable) => {
                let code = match unsellable {
                    Unsellable::NoRate => ViolationCode::RateUnavailable,
                    _ => ViolationCode::NotForSale,
                };
                Self { amount: unsellable.limit().map(Money), ..Self::blank(code, unsellable) }
            }
        }
    }
}

impl RuleViolation {
    fn blank(code: ViolationCode, message: &dyn std::fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            limit: None,
            date: None,
            amount: None,
            hour: None,
            weekday: None,
            nights: Vec::new(),
        }
    }

    /// The rule of the calendar that a stay breaks.
    pub fn rule(violation: &Violation) -> Self {
        let blank = |code| Self::blank(code, violation);
        let all = |nights: &[NaiveDate]| nights.iter().copied().map(Date).collect();
        match violation {
            Violation::NotOnSale => blank(ViolationCode::NotOnSale),
            Violation::InThePast { today } => {
                Self { date: Some(Date(*today)), ..blank(ViolationCode::InThePast) }
            }
            Violation::MinNights { nights } => {
                Self { limit: Some(*nights), ..blank(ViolationCode::MinNights) }
            }
            Violation::MaxNights { nights } => {
                Self { limit: Some(*nights), ..blank(ViolationCode::MaxNights) }
            }
            Violation::AdvanceNotice { earliest, cut_off_hour } => Self {
                date: Some(Date(*earliest)),
                hour: *cut_off_hour,
                ..blank(ViolationCode::AdvanceNotice)
            },
            Violation::BookingWindow { latest } => {
                Self { date: Some(Date(*latest)), ..blank(ViolationCode::BookingWindow) }
            }
            Violation::ClosedToArrival { weekday } => {
                Self { weekday: Some((*weekday).into()), ..blank(ViolationCode::ClosedToArrival) }
            }
            Violation::ClosedToDeparture { weekday } => {
                Self { weekday: Some((*weekday).into()), ..blank(ViolationCode::ClosedToDeparture) }
            }
            Violation::NightsTaken { nights } => {
                Self { nights: all(nights), ..blank(ViolationCode::NightsTaken) }
            }
            Violation::Preparation { nights, until } => {
                Self { nights: all(nights), date: Some(Date(*until)), ..blank(ViolationCode::Preparation) }
            }
            Violation::TooManyGuests { guests } => {
                Self { limit: Some(*guests), ..blank(ViolationCode::TooManyGuests) }
            }
        }
    }
}

/// What sort of reason keeps a night off sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "night_reason::Kind")]
pub enum NightReasonKind {
    /// A booking holds or has it.
    Stay,
    /// The host keeps it.
    Block,
    /// The place is made ready before or after a booking's stay.
    Preparation,
    /// Another calendar says that it is taken.
    Import,
}

/// Why a night is not for sale.
pub struct NightReason(night_reason::Model);

/// Why a night is not for sale.
#[Object(directive = ruled::apply(Rule::Owner))]
impl NightReason {
    /// What sort of reason.
    async fn kind(&self) -> NightReasonKind {
        self.0.kind.into()
    }

    /// The booking that has the night, or before or after which the place is made ready; null for other reasons.
    async fn booking(&self, ctx: &Context<'_>) -> Result<Option<Booking>> {
        if !matches!(self.0.kind, night_reason::Kind::Stay | night_reason::Kind::Preparation) {
            return Ok(None);
        }
        super::booking::by_id(ctx, BookingId(self.0.source_id)).await
    }

    /// The calendar that says so; null for other reasons.
    async fn feed(&self, ctx: &Context<'_>) -> Result<Option<CalendarFeed>> {
        if self.0.kind != night_reason::Kind::Import {
            return Ok(None);
        }
        feed::by_id(ctx, FeedId(self.0.source_id)).await
    }
}

/// A night of a listing.
#[derive(SimpleObject)]
pub struct CalendarNight {
    /// Its local date.
    date: Date,
    /// Whether it is for sale.
    is_available: bool,
    /// Why it is not; for the host only, empty for everybody else.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    reasons: Vec<NightReason>,
}

impl CalendarNight {
    /// Each night from `first` to `last`, both included.
    pub fn between(
        first: NaiveDate,
        last: NaiveDate,
        taken: &[NaiveDate],
        reasons: Vec<night_reason::Model>,
    ) -> Vec<Self> {
        let taken: HashSet<_> = taken.iter().collect();
        let mut why: HashMap<NaiveDate, Vec<NightReason>> = HashMap::new();
        for reason in reasons {
            why.entry(reason.night).or_default().push(NightReason(reason));
        }
        let night = |date: NaiveDate| Self {
            date: Date(date),
            is_available: !taken.contains(&date),
            reasons: why.remove(&date).unwrap_or_default(),
        };
        first.iter_days().take_while(|date| *date <= last).map(night).collect()
    }
}

/// The host's rules for bookings.
pub struct CalendarRules(pub calendar_rules::Model);

/// The host's rules for bookings.
#[Object]
impl CalendarRules {
    /// Shortest stay.
    async fn min_nights(&self) -> i32 {
        self.0.min_nights
    }

    /// Longest stay.
    async fn max_nights(&self) -> i32 {
        self.0.max_nights
    }

    /// Days between booking and check-in, 0 for the same day.
    async fn notice_days(&self) -> i32 {
        self.0.notice_days
    }

    /// With no days between: the local hour from which on nobody can come on the same day.
    async fn cut_off_hour(&self) -> Option<i32> {
        self.0.cut_off_hour
    }

    /// How many months ahead can be booked.
    async fn window_months(&self) -> i32 {
        self.0.window_months
    }

    /// Nights to make the place ready before a stay. They may be those after another stay.
    async fn preparation_before(&self) -> i32 {
        self.0.preparation_before
    }

    /// Nights to make the place ready after a stay.
    async fn preparation_after(&self) -> i32 {
        self.0.preparation_after
    }

    /// Weekdays on which no stay begins.
    async fn closed_to_arrival(&self) -> Vec<Weekday> {
        Weekdays(self.0.closed_to_arrival).iter().map(Weekday::from).collect()
    }

    /// Weekdays on which no stay ends.
    async fn closed_to_departure(&self) -> Vec<Weekday> {
        Weekdays(self.0.closed_to_departure).iter().map(Weekday::from).collect()
    }

    /// Lengths of stays that begin on some weekdays.
    async fn weekday_nights(&self) -> Vec<WeekdayNights> {
        let day = |day: &limits::WeekdayLimit| WeekdayNights {
            weekday: day.weekday.into(),
            min: day.min,
            max: day.max,
        };
        self.0.limits.weekdays.iter().map(day).collect()
    }

    /// Lengths of stays that begin within some dates, in their order; they hold before those of the weekday.
    async fn range_nights(&self) -> Vec<RangeNights> {
        let range = |range: &limits::RangeLimit| RangeNights {
            first: Date(range.first),
            last: Date(range.last),
            min: range.min,
            max: range.max,
        };
        self.0.limits.ranges.iter().map(range).collect()
    }
}

/// How long a stay may be that begins on a weekday.
#[derive(SimpleObject)]
pub struct WeekdayNights {
    /// Of check-in.
    weekday: Weekday,
    /// Shortest stay; null where this weekday is like the others.
    min: Option<i32>,
    /// Longest stay; null where this weekday is like the others.
    max: Option<i32>,
}

/// How long a stay may be that begins within some dates.
#[derive(SimpleObject)]
pub struct RangeNights {
    /// First date of check-in.
    first: Date,
    /// Last date of check-in, included.
    last: Date,
    /// Shortest stay; null where these dates are like others.
    min: Option<i32>,
    /// Longest stay; null where these dates are like others.
    max: Option<i32>,
}

/// How long a stay may be that begins on a weekday: the least nights, the most, or both.
#[derive(InputObject)]
pub struct WeekdayNightsInput {
    /// Of check-in.
    weekday: Weekday,
    /// Shortest stay, 1 to 365.
    min: Option<i32>,
    /// Longest stay, 1 to 365.
    max: Option<i32>,
}

/// How long a stay may be that begins within some dates: the least nights, the most, or both.
#[derive(InputObject)]
pub struct RangeNightsInput {
    /// First date of check-in.
    first: Date,
    /// Last date of check-in, included.
    last: Date,
    /// Shortest stay, 1 to 365.
    min: Option<i32>,
    /// Longest stay, 1 to 365.
    max: Option<i32>,
}

/// Nights from one date to another, both included.
#[derive(InputObject)]
pub struct NightRangeInput {
    /// First night.
    first: Date,
    /// Last night, included.
    last: Date,
}

/// What to change of a calendar; what is left out stays.
#[derive(InputObject)]
pub struct UpdateCalendarInput {
    /// One of one's own.
    listing_id: ID,
    /// Nights that are not for sale from now on.
    #[graphql(default)]
    block: Vec<NightRangeInput>,
    /// Nights that are for sale again, as far as the host had blocked them.
    #[graphql(default)]
    open: Vec<NightRangeInput>,
    /// Shortest stay, 1 to 365.
    min_nights: Option<i32>,
    /// Longest stay, up to 365.
    max_nights: Option<i32>,
    /// Days between booking and check-in, 0 to 30.
    notice_days: Option<i32>,
    /// With `noticeDays: 0`: the local hour from which on nobody can come on the same day, 1 to 23; null for none.
    cut_off_hour: MaybeUndefined<i32>,
    /// How many months ahead can be booked, 1 to 24.
    window_months: Option<i32>,
    /// Nights to make the place ready before a stay, 0 to 2.
    preparation_before: Option<i32>,
    /// Nights to make the place ready after a stay, 0 to 2.
    preparation_after: Option<i32>,
    /// Weekdays on which no stay begins, instead of those before.
    closed_to_arrival: Option<Vec<Weekday>>,
    /// Weekdays on which no stay ends, instead of those before.
    closed_to_departure: Option<Vec<Weekday>>,
    /// Lengths of stays that begin on some weekdays, instead of those before; each weekday once.
    weekday_nights: Option<Vec<WeekdayNightsInput>>,
    /// Lengths of stays that begin within some dates, instead of those before; at most 100, no two with a day in common.
    range_nights: Option<Vec<RangeNightsInput>>,
}

/// The rules as they are now, or why nothing was changed.
#[derive(SimpleObject)]
pub struct UpdateCalendarPayload {
    /// The rules.
    rules: Option<CalendarRules>,
    /// Why nothing was changed.
    errors: Vec<CalendarError>,
}

fn weekdays(days: Vec<Weekday>) -> Weekdays {
    days.into_iter().map(chrono::Weekday::from).collect()
}

impl WeekdayNightsInput {
    fn read(self) -> limits::WeekdayLimit {
        limits::WeekdayLimit { weekday: self.weekday.into(), min: self.min, max: self.max }
    }
}

impl RangeNightsInput {
    fn read(self) -> limits::RangeLimit {
        limits::RangeLimit { first: self.first.0, last: self.last.0, min: self.min, max: self.max }
    }
}

/// What hosts change of calendars.
#[derive(Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Blocks nights, opens them again, and sets the rules for bookings.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn update_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateCalendarInput,
    ) -> Result<UpdateCalendarPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let ranges = |ranges: Vec<NightRangeInput>| {
            ranges.into_iter().map(|r| update::Range { first: r.first.0, last: r.last.0 }).collect()
        };
        let ask = update::Ask {
            block: ranges(input.block),
            open: ranges(input.open),
            min_nights: input.min_nights,
            max_nights: input.max_nights,
            notice_days: input.notice_days,
            cut_off_hour: match input.cut_off_hour {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(hour) => Some(Some(hour)),
            },
            window_months: input.window_months,
            preparation_before: input.preparation_before,
            preparation_after: input.preparation_after,
            closed_to_arrival: input.closed_to_arrival.map(weekdays),
            closed_to_departure: input.closed_to_departure.map(weekdays),
            weekdays: input.weekday_nights.map(|all| all.into_iter().map(WeekdayNightsInput::read).collect()),
            ranges: input.range_nights.map(|all| all.into_iter().map(RangeNightsInput::read).collect()),
        };
        let outcome = calendar::update(app(ctx), signed_in(ctx)?, listing, ask).await;
        let (rules, errors) = settle(outcome, |refusal| {
            let error = |code, field: &str| CalendarError::new(code, field, &refusal);
            vec![match &refusal {
                update::Refusal::Ranges { field, .. } => error(Code::InvalidRange, field),
                update::Refusal::Archived => error(Code::WrongState, "listingId"),
                update::Refusal::OutOfRange { field, .. } | update::Refusal::Contradiction { field, .. } => {
                    error(Code::OutOfRange, field)
                }
                update::Refusal::DateRanges => error(Code::InvalidRange, "rangeNights"),
                update::Refusal::OverlappingRanges(_) => error(Code::OverlappingRanges, "rangeNights"),
                update::Refusal::WeekdayTwice => error(Code::WeekdayTwice, "weekdayNights"),
                update::Refusal::NoLimit { field } => error(Code::NoLimit, field),
                update::Refusal::BookedNights(nights) => CalendarError {
                    nights: nights.iter().copied().map(Date).collect(),
                    ..error(Code::BookedNights, "block")
                },
            }]
        })?;
        Ok(UpdateCalendarPayload { rules: rules.map(CalendarRules), errors })
    }
}

/// Something has changed of what can be booked of a listing: its nights, its rules, or whether it is on sale.
pub struct AvailabilityChange(ListingId);

/// Something has changed of what can be booked of a listing: its nights, its rules, or whether it is on sale.
#[Object]
impl AvailabilityChange {
    /// Which listing was asked about.
    async fn listing_id(&self) -> ID {
        self.0.to_string().into()
    }

    /// The listing as it is now; null where whoever asks may not see it, be it off sale or none at all.
    async fn listing(&self, ctx: &Context<'_>) -> Result<Option<Listing>> {
        super::listing::by_id(ctx, self.0).await
    }
}

/// How many listings one subscription follows.
const MOST_FOLLOWED: usize = 50;

/// Calendars are watched here.
#[derive(Default)]
pub struct CalendarSubscription;

#[Subscription]
impl CalendarSubscription {
    /// Each of these listings once, and again whenever what can be booked of it changes: for whoever shows them.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn availability_changed<'a>(
        &self,
        ctx: &Context<'a>,
        #[graphql(desc = "Which ones, 1 to 50.")] listing_ids: Vec<ID>,
    ) -> Result<impl Stream<Item = AvailabilityChange> + 'a> {
        if !(1..=MOST_FOLLOWED).contains(&listing_ids.len()) {
            return Err(bad_input("listingIds", format!("ask for 1 to {MOST_FOLLOWED} listings")));
        }
        let ids =
            listing_ids.iter().map(|text| id("listingIds", text)).collect::<Result<BTreeSet<ListingId>>>()?;
        set_up(ctx, async {
            // Listen first, then say how things are: what changes in between is heard.
            let mut changes = Vec::new();
            for id in &ids {
                let nudges = app(ctx).bus.subscribe(&availability_topic(*id)).await;
                let id = *id;
                changes.push(nudges.map(move |_| AvailabilityChange(id)));
            }
            let first: Vec<_> = ids.into_iter().map(AvailabilityChange).collect();
            Ok(stream::iter(first).chain(stream::select_all(changes)))
        })
        .await
    }
}
