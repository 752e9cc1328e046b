//! Who has stayed at a home and who will: bookings with their prices, payments, ledger transactions, reviews and nights,
//! such as the use cases would have left them. Pure.

use chrono::{Days, NaiveDate, TimeDelta};

use super::{chance::Chance, home::Home, opinions, payouts};
use crate::{
    bookings::{
        booking::{self, Status},
        booking_event, rules as booking_rules,
    },
    calendar::{night, night_reason},
    config::FeeSettings,
    kernel::{
        BookingEventId, BookingId, ListingId, Money, NightReasonId, Party, PaymentId, QuoteId, ReviewId,
        Stay, UserId, clock::Instant,
    },
    ledger::{
        Draft,
        postings::{self, Parts},
    },
    payments::payment,
    payouts::{payout, payout_leg},
    pricing::{
        RatePlan, quote,
        rules::{self, Facts},
        tax_rule,
    },
    reviews::review::{self, Side},
};

/// Everything that stays leave behind at one home.
#[derive(Debug, Clone, Default)]
pub struct Stays {
    pub quotes: Vec<quote::Model>,
    pub bookings: Vec<booking::Model>,
    pub events: Vec<booking_event::Model>,
    pub payments: Vec<payment::Model>,
    pub payouts: Vec<payout::Model>,
    pub legs: Vec<payout_leg::Model>,
    pub drafts: Vec<Draft>,
    pub reviews: Vec<review::Model>,
    pub nights: Vec<night::Model>,
    pub reasons: Vec<night_reason::Model>,
}

/// What stays are made from.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    pub number: u64,
    pub seed: u64,
    /// A small market has much of everything, a large one little.
    pub small: bool,
    /// Those who travel.
    pub guests: &'a [UserId],
    /// Who tries things out as a guest.
    pub demo_guest: UserId,
    pub host_name: &'a str,
    pub taxes: &'a [tax_rule::Model],
    pub fees: &'a FeeSettings,
    pub now: Instant,
}

/// Homes at which the demo guest was, not long ago and still to be reviewed: a number of the market.
const DEMO_PAST: u64 = 2;

/// Where the demo guest was last year, and wrote about it.
const DEMO_REVIEWED: u64 = 0;

/// Where the demo guest goes next.
const DEMO_NEXT: u64 = 5;

/// Fills the calendar of a home, and its rating.
pub fn stays(home: &mut Home, plan: Plan<'_>) -> anyhow::Result<Stays> {
    let mut work =
        Work { chance: Chance::new(plan.seed, "stays", plan.number), plan, left: Stays::default() };
    let today = plan.now.date_naive();
    // Backward from a few days ago: the check-out of one is before the check-in of the next.
    let mut before = back(today, 5);
    let past =
        if plan.small { work.chance.count(2, 5) } else { work.chance.weighted(&[(0, 35), (1, 40), (2, 25)]) };
    let past = if [DEMO_PAST, DEMO_REVIEWED].contains(&plan.number) { past.max(2) } else { past };
    for n in 0..past {
        let nights = work.length(home);
        let check_out = back(before, if n == 0 { 0 } else { work.chance.count(1, 25) });
        let stay = Stay::new(back(check_out, nights), check_out)?;
        before = stay.check_in();
        work.past(home, stay, n)?;
    }
    let mut after = ahead(today, work.chance.count(2, 20));
    let busy = if plan.small { work.chance.count(3, 6) } else { work.chance.count(3, 5) };
    for n in 0..busy {
        let is_stay = n % if plan.small { 2 } else { 3 } == 0;
        let nights = if is_stay { work.length(home) } else { work.chance.count(3, 9) };
        let stay = Stay::new(after, ahead(after, nights))?;
        if is_stay {
            let guest = if plan.number == DEMO_NEXT && n == 0 { plan.demo_guest } else { work.guest() };
            work.future(home, stay, guest)?;
        } else {
            work.block(home, stay);
        }
        after = ahead(stay.check_out(), work.chance.count(1, 30));
    }
    Ok(work.left)
}

struct Work<'a> {
    chance: Chance,
    plan: Plan<'a>,
    left: Stays,
}

impl Work<'_> {
    /// A length that the host takes.
    fn length(&mut self, home: &Home) -> u64 {
        let least = u64::try_from(home.rules.min_nights).unwrap_or(1);
        (least + self.chance.below(5)).min(u64::try_from(home.rules.max_nights).unwrap_or(least))
    }

    fn guest(&mut self) -> UserId {
        *self.chance.pick(self.plan.guests)
    }

    fn past(&mut self, home: &mut Home, stay: Stay, n: u64) -> anyhow::Result<()> {
        let demo_past = self.plan.number == DEMO_PAST && n == 0;
        let demo_reviewed = self.plan.number == DEMO_REVIEWED && n == 1;
        let guest = if demo_past || demo_reviewed { self.plan.demo_guest } else { self.guest() };
        let booking = self.booking(home, stay, guest, Status::Completed)?;
        let parts = Parts::of(&booking.price)?;
        let held = Money::new(booking.total, booking.currency);
        let draft = postings::recognition(
            booking.id,
            booking.host_id,
            parts,
            booking.price.host_fee,
            held,
            booking.check_out_at,
        )?;
        self.left.drafts.extend(draft);
        let paid = self.left.payments.last().map(|payment| payouts::paid(&booking, payment)).transpose()?;
        if let Some(payouts::Paid { payout, leg, draft }) = paid {
            self.left.payouts.push(payout);
            self.left.legs.push(leg);
            self.left.drafts.push(draft);
        }
        if demo_reviewed || (!demo_past && self.chance.percent(80)) {
            self.reviews(home, &booking);
        }
        Ok(())
    }

    fn future(&mut self, home: &Home, stay: Stay, guest: UserId) -> anyhow::Result<()> {
        self.booking(home, stay, guest, Status::Confirmed).map(|_| ())
    }

    /// A booking with all that a paid one has.
    fn booking(
        &mut self,
        home: &Home,
        stay: Stay,
        guest: UserId,
        status: Status,
    ) -> anyhow::Result<booking::Model> {
        let (listing, now) = (&home.listing, self.plan.now);
        // Booked some weeks before, but neither in the future nor before there was a listing.
        let check_in = stay.check_in().and_time(listing.check_in_time).and_utc();
        let lead = TimeDelta::minutes(i64::from(self.chance.between(3 * 1_440, 60 * 1_440)));
        let earliest = listing.published_at.unwrap_or(listing.created_at) + TimeDelta::minutes(5);
        let made = (check_in - lead).min(now - TimeDelta::minutes(90)).max(earliest);

        let adults = self.chance.between(1, listing.max_guests.clamp(1, 4));
        let children = self.chance.between(0, (listing.max_guests - adults).clamp(0, 2));
        let party = Party::new(adults, children, 0, 0)?;
        let facts = Facts {
            settings: home.prices.clone(),
            overrides: home.overrides.clone(),
            tax: tax_rule::of(self.plan.taxes, &listing.country, &listing.region).cloned(),
            tax_rate: None,
            currency: listing.currency,
            guest_fee: self.plan.fees.guest_fee,
            host_fee: self.plan.fees.host_fee,
        };
        let price = rules::price(&facts, stay, party, RatePlan::Standard)?;
        let quote = quote::Model {
            id: QuoteId(self.chance.id(made)),
            listing_id: listing.id,
            user_id: guest,
            check_in: stay.check_in(),
            check_out: stay.check_out(),
            adults,
            children,
            infants: 0,
            pets: 0,
            currency: price.currency,
            total: price.total()?.minor,
            price,
            cancellation_policy: listing.cancellation_policy,
            rate_plan: RatePlan::Standard,
            created_at: made,
            expires_at: made + TimeDelta::minutes(15),
        };
        let booked = made + TimeDelta::minutes(3);
        let paid = booked + TimeDelta::minutes(2);
        let id = BookingId(self.chance.id(booked));
        let booking = booking::Model {
            id,
            code: booking_rules::code(id),
            status,
            confirmed_at: Some(paid),
            // Hosts who are asked first today let these guests book at once.
            by_request: false,
            ..booking_rules::booking(&quote, listing, booked)
        };
        let payment = self.payment(&booking, paid);
        let amount = Money::new(booking.total, booking.currency);
        self.left.drafts.push(postings::charge_captured(booking.id, payment.id, amount, amount, paid));
        self.timeline(&booking, paid);
        self.take(listing.id, stay, night_reason::Kind::Stay, booking.id.0);
        self.left.payments.push(payment);
        self.left.quotes.push(quote);
        self.left.bookings.push(booking.clone());
        Ok(booking)
    }

    fn payment(&mut self, booking: &booking::Model, paid: Instant) -> payment::Model {
        let id = PaymentId(self.chance.id(booking.created_at));
        payment::Model {
            id,
            booking_id: booking.id,
            change_id: None,
            counts: true,
            status: payment::Status::Succeeded,
            currency: booking.currency,
            amount: booking.total,
            captured: booking.total,
            refunded: 0,
            listing_currency: booking.price.currency,
            listing_amount: booking.total,
            listing_refunded: 0,
            charged_back: 0,
            listing_charged_back: 0,
            open_chargebacks: 0,
            intent_id: Some(format!("pi_seed{}", id.0.simple())),
            client_secret: None,
            charge_id: Some(format!("ch_seed{}", id.0.simple())),
            decline_code: None,
            attempts: 1,
            asked_at: Some(booking.created_at),
            manual_capture: false,
            capture_attempts: 0,
            capture_asked_at: None,
            created_at: booking.created_at,
            updated_at: paid,
        }
    }

    fn timeline(&mut self, booking: &booking::Model, paid: Instant) {
        let mut note = |kind, actor_id, note: &str, at| {
            let id = BookingEventId(self.chance.id(at));
            self.left.events.push(booking_event::Model {
                id,
                booking_id: booking.id,
                kind,
                actor_id,
                note: note.into(),
                at,
            });
        };
        note(booking_event::Kind::Created, Some(booking.guest_id), "", booking.created_at);
        note(booking_event::Kind::Confirmed, None, "paid", paid);
        if booking.status == Status::Completed {
            note(booking_event::Kind::Completed, None, "", booking.check_out_at);
        }
    }

    /// What both sides wrote, released before now; the home's rating counts it.
    fn reviews(&mut self, home: &mut Home, booking: &booking::Model) {
        let written = booking.check_out_at + TimeDelta::hours(i64::from(self.chance.between(12, 80)));
        let released = written + TimeDelta::hours(i64::from(self.chance.between(1, 30)));
        if released > self.plan.now {
            return;
        }
        let (stars, text) = opinions::of_listing(&mut self.chance, self.plan.host_name, &home.listing.city);
        let [overall, cleanliness, accuracy, check_in, communication, location, value] = stars;
        let review = |id, side, (author_id, subject_id), overall, text, at| review::Model {
            id: ReviewId(id),
            booking_id: booking.id,
            listing_id: booking.listing_id,
            author_id,
            subject_id,
            side,
            overall,
            cleanliness: None,
            accuracy: None,
            check_in: None,
            communication: None,
            location: None,
            value: None,
            text,
            private_note: String::new(),
            submitted_at: at,
            released_at: Some(released),
        };
        let (guest, host) = (booking.guest_id, booking.host_id);
        let id = self.chance.id(written);
        let private_note = opinions::private_note(&mut self.chance);
        self.left.reviews.push(review::Model {
            cleanliness: Some(cleanliness),
            accuracy: Some(accuracy),
            check_in: Some(check_in),
            communication: Some(communication),
            location: Some(location),
            value: Some(value),
            private_note,
            ..review(id, Side::Guest, (guest, host), overall, text, written)
        });
        home.listing.rating_sum += overall;
        home.listing.rating_count += 1;
        if self.plan.small {
            let at = released - TimeDelta::minutes(30);
            let (stars, text) = opinions::of_guest(&mut self.chance);
            let id = self.chance.id(at);
            self.left.reviews.push(review(id, Side::Host, (host, guest), stars, text, at));
        }
    }

    fn block(&mut self, home: &Home, stay: Stay) {
        self.take(home.listing.id, stay, night_reason::Kind::Block, home.listing.id.0);
    }

    fn take(&mut self, listing: ListingId, stay: Stay, kind: night_reason::Kind, source: uuid::Uuid) {
        for date in stay.nights() {
            self.left.nights.push(night::Model { listing_id: listing, night: date, reasons: 1 });
            self.left.reasons.push(night_reason::Model {
                id: NightReasonId(self.chance.id(self.plan.now)),
                listing_id: listing,
                night: date,
                kind,
                source_id: source,
            });
        }
    }
}

fn back(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

fn ahead(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}
