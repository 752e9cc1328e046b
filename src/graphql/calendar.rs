//! Calendars on the roof: availability that explains itself, nights, rules, and the host's changes.

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::NaiveDate;

use super::{
    booking::Booking,
    context::{app, id, signed_in},
    errors::{CalendarError, CalendarErrorCode as Code},
    faults::settle,
    scalars::Date,
    stay::StayDates,
    transport::{Rule, ruled},
};
use crate::{
    calendar::{self, availability, calendar_rules, night_reason, rules::Violation, update},
    kernel::BookingId,
};

/// Whether a stay can be booked.
pub struct Availability(pub availability::Availability);

/// Whether a stay can be booked, and what stands against it.
#[Object]
impl Availability {
    /// Whether a booking would succeed now.
    async fn is_available(&self) -> bool {
        self.0.violations.is_empty()
    }

    /// Every rule that the stay breaks, at once.
    async fn violations(&self) -> Vec<RuleViolation> {
        self.0.violations.iter().map(RuleViolation::from).collect()
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
    /// Too soon; `date` is the earliest check-in.
    AdvanceNotice,
    /// Too far ahead; `date` is the latest check-out.
    BookingWindow,
    /// `nights` are not for sale.
    NightsTaken,
    /// Too many guests; `limit` is the most.
    TooManyGuests,
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
    /// The nights that it is about.
    nights: Vec<Date>,
}

impl From<&Violation> for RuleViolation {
    fn from(violation: &Violation) -> Self {
        let blank =
            |code| Self { code, message: violation.to_string(), limit: None, date: None, nights: Vec::new() };
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
            Violation::AdvanceNotice { earliest } => {
                Self { date: Some(Date(*earliest)), ..blank(ViolationCode::AdvanceNotice) }
            }
            Violation::BookingWindow { latest } => {
                Self { date: Some(Date(*latest)), ..blank(ViolationCode::BookingWindow) }
            }
            Violation::NightsTaken { nights } => Self {
                nights: nights.iter().copied().map(Date).collect(),
                ..blank(ViolationCode::NightsTaken)
            },
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
#[Object]
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

    /// How many days ahead can be booked.
    async fn window_days(&self) -> i32 {
        self.0.window_days
    }
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
    /// How many days ahead can be booked, 1 to 730.
    window_days: Option<i32>,
}

/// The rules as they are now, or why nothing was changed.
#[derive(SimpleObject)]
pub struct UpdateCalendarPayload {
    /// The rules.
    rules: Option<CalendarRules>,
    /// Why nothing was changed.
    errors: Vec<CalendarError>,
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
            window_days: input.window_days,
        };
        let outcome = calendar::update(app(ctx), signed_in(ctx)?, listing, ask).await;
        let (rules, errors) = settle(outcome, |refusal| {
            let error = |code, field: &str| CalendarError::new(code, field, &refusal);
            vec![match &refusal {
                update::Refusal::Ranges { field, .. } => error(Code::InvalidRange, field),
                update::Refusal::OutOfRange { field, .. } => error(Code::OutOfRange, field),
                update::Refusal::BookedNights(nights) => CalendarError {
                    nights: nights.iter().copied().map(Date).collect(),
                    ..error(Code::BookedNights, "block")
                },
            }]
        })?;
        Ok(UpdateCalendarPayload { rules: rules.map(CalendarRules), errors })
    }
}
