//! Judgements about changes of bookings over plain values. No database, no clock.

use chrono::TimeDelta;

use crate::{
    bookings::{
        booking::{self, Status as BookingStatus},
        booking_change::{self, Status},
        cancellation,
    },
    calendar::rules::Violation,
    kernel::{Money, Party, Stay, clock::Instant, money::MoneyError, stay::StayError, zone},
    payments::{self, payment},
    pricing::{
        price::Price,
        sellable::{LARGEST_CHARGE, Unsellable},
    },
};

/// How long the other side has to answer.
pub const ANSWERED_WITHIN: TimeDelta = TimeDelta::hours(24);

/// Most changes that are ever proposed of one booking.
pub const MOST: u64 = 50;

/// Why a change is not proposed, answered or withdrawn. One for the three: what one of them judges, another judges again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The booking is not confirmed, or over; or one of its sides is kept off the market.
    #[error("this booking cannot be changed now")]
    NotChangeable,
    /// One is open already.
    #[error("a change of this booking is open already")]
    AlreadyOpen,
    /// Too many were proposed.
    #[error("at most {MOST} changes can be proposed of a booking")]
    TooMany,
    /// It is as it is.
    #[error("the booking is so already")]
    NothingChanges,
    /// The check-in instant has passed.
    #[error("the stay has begun: its first night stays as it is")]
    CheckInPassed,
    /// Nights that have begun, or a time that has passed.
    #[error("only nights from now on can be changed")]
    NightsPassed,
    /// The stay breaks rules of the listing; each is named.
    #[error("the place cannot be had so")]
    NotAvailable(Vec<Violation>),
    /// What it would cost can't be charged.
    #[error(transparent)]
    NotForSale(Unsellable),
    /// The difference is too little to be charged or given back.
    #[error("the difference is too small to be charged or given back: {} {} at least", .least.decimal(), .least.currency)]
    TooSmall {
        /// The smallest.
        least: Money,
    },
    /// It does not wait for an answer: not any more.
    #[error("this change is not open any more")]
    NotOpen,
    /// Whoever proposes does not answer, and whoever answers does not withdraw.
    #[error("this is for the other side to do")]
    OtherSide,
    /// What was paid, or the booking, is not what it was: what was shown would not be what happens.
    #[error("the booking is not what it was when this was proposed: propose it again")]
    OutOfDate,
    /// Longer than fits a notice, or with control characters.
    #[error("a note has at most 500 characters, and no control characters")]
    NoteInvalid,
    /// The same key was sent with another input.
    #[error("this idempotency key was used for something else")]
    IdempotencyConflict,
    /// Empty, longer than 255 characters, or with control characters.
    #[error("an idempotency key has 1 to 255 characters, and no control characters")]
    IdempotencyKey,
}

/// When, and who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// When.
    pub stay: Stay,
    /// Who.
    pub party: Party,
}

fn party(adults: i32, children: i32, infants: i32, pets: i32) -> Party {
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    Party { adults: count(adults), children: count(children), infants: count(infants), pets: count(pets) }
}

/// What a booking is.
pub fn terms_of(booking: &booking::Model) -> Result<Terms, StayError> {
    let stay = Stay::new(booking.check_in, booking.check_out)?;
    Ok(Terms { stay, party: party(booking.adults, booking.children, booking.infants, booking.pets) })
}

/// What a change was proposed of.
pub fn terms_before(change: &booking_change::Model) -> Result<Terms, StayError> {
    let stay = Stay::new(change.from_check_in, change.from_check_out)?;
    let party = party(change.from_adults, change.from_children, change.from_infants, change.from_pets);
    Ok(Terms { stay, party })
}

/// What it would become.
pub fn terms_after(change: &booking_change::Model) -> Result<Terms, StayError> {
    let stay = Stay::new(change.check_in, change.check_out)?;
    Ok(Terms { stay, party: party(change.adults, change.children, change.infants, change.pets) })
}

/// The state as anybody reads it at `now`: what waited and has ended is expired, whether or not its row was settled.
pub fn status_at(change: &booking_change::Model, now: Instant) -> Status {
    if has_lapsed(change, now) { Status::Expired } else { change.status }
}

/// Whether a change waited and waits no longer.
pub fn has_lapsed(change: &booking_change::Model, now: Instant) -> bool {
    matches!(change.status, Status::Proposed | Status::Accepted) && change.ends_at <= now
}

/// When the guest comes and leaves of another stay at the same place, at the times of day that the booking keeps.
pub fn instants(booking: &booking::Model, stay: Stay) -> (Instant, Instant) {
    let zone: chrono_tz::Tz = booking.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let moved = |instant: Instant, before, after| {
        if before == after { instant } else { zone::at(after, instant.with_timezone(&zone).time(), zone) }
    };
    (
        moved(booking.check_in_at, booking.check_in, stay.check_in()),
        moved(booking.check_out_at, booking.check_out, stay.check_out()),
    )
}

/// Until when a change may wait that waits `so_long` from now on: never past the check-in of a stay that has not begun,
/// old or new, nor past the check-out of one that has.
pub fn ends_at(booking: &booking::Model, stay: Stay, now: Instant, so_long: TimeDelta) -> Instant {
    let (check_in_at, check_out_at) = instants(booking, stay);
    let limit = if has_begun(booking, now) {
        booking.check_out_at.min(check_out_at)
    } else {
        booking.check_in_at.min(check_in_at)
    };
    limit.min(now + so_long)
}

fn has_begun(booking: &booking::Model, now: Instant) -> bool {
    booking.check_in_at <= now
}

/// Whether a booking can be changed so at all, by where it is in its life. What the listing says is judged elsewhere.
pub fn may_change(booking: &booking::Model, to: Terms, now: Instant) -> Result<(), Refusal> {
    if booking.status != BookingStatus::Confirmed || booking.check_out_at <= now {
        return Err(Refusal::NotChangeable);
    }
    if terms_of(booking) == Ok(to) {
        return Err(Refusal::NothingChanges);
    }
    let (check_in_at, check_out_at) = instants(booking, to.stay);
    if !has_begun(booking, now) {
        return if check_in_at <= now { Err(Refusal::NightsPassed) } else { Ok(()) };
    }
    if to.stay.check_in() != booking.check_in {
        return Err(Refusal::CheckInPassed);
    }
    let stayed = cancellation::Facts::of(booking).stayed(now, booking.price.nightly.len());
    let keeps = usize::try_from(to.stay.len()).is_ok_and(|nights| nights >= stayed);
    if keeps && check_out_at > now { Ok(()) } else { Err(Refusal::NightsPassed) }
}

/// The rules that a change breaks, of those that the new stay would break were it booked anew: what does not change is
/// not judged again.
pub fn broken(violations: Vec<Violation>, from: Terms, to: Terms) -> Vec<Violation> {
    let arrives = from.stay.check_in() != to.stay.check_in();
    let leaves = from.stay.check_out() != to.stay.check_out();
    let grows = to.party.guests() > from.party.guests();
    let is_judged = |violation: &Violation| match violation {
        Violation::NotOnSale | Violation::NightsTaken { .. } | Violation::Preparation { .. } => true,
        Violation::InThePast { .. } | Violation::AdvanceNotice { .. } | Violation::ClosedToArrival { .. } => {
            arrives
        }
        Violation::BookingWindow { .. } | Violation::ClosedToDeparture { .. } => leaves,
        Violation::MinNights { .. } | Violation::MaxNights { .. } => arrives || leaves,
        Violation::TooManyGuests { .. } => grows,
    };
    violations.into_iter().filter(is_judged).collect()
}

/// What a change costs more; negative where it goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// In the currency that the guest pays in.
    pub paid: Money,
    /// In the listing's.
    pub worth: Money,
}

/// What another price costs more than the booking's, of which this was paid (oldest first). What goes back is never more
/// than is left of that.
pub fn difference(
    booking: &booking::Model,
    price: &Price,
    payments: &[payment::Model],
) -> Result<Difference, Refusal> {
    let reckon = || -> Result<(Money, Money), MoneyError> {
        let paid = price.to_pay()?.minus(Money::new(booking.total, booking.currency))?;
        Ok((paid, price.total()?.minus(booking.price.total()?)?))
    };
    let most = Money::new(LARGEST_CHARGE, booking.currency);
    let refused = |error| match error {
        MoneyError::Mixed(..) => Refusal::NotForSale(Unsellable::NoRate),
        _ => Refusal::NotForSale(Unsellable::TooMuch { most }),
    };
    let (paid, worth) = reckon().map_err(refused)?;
    let too_small = |minor| Refusal::TooSmall { least: Money::new(minor, booking.currency) };
    match (paid.minor.signum(), worth.minor.signum()) {
        (0, 0) => Ok(Difference { paid, worth }),
        (1, 1) if paid.minor < booking.currency.smallest_charge() => {
            Err(too_small(booking.currency.smallest_charge()))
        }
        (1, 1) if paid.minor > most.minor => Err(Refusal::NotForSale(Unsellable::TooMuch { most })),
        (1, 1) => Ok(Difference { paid, worth }),
        (-1, -1) => {
            let zero = |money: Money| Money::zero(money.currency);
            let back = || -> Result<Difference, MoneyError> {
                let (paid, worth) = (zero(paid).minus(paid)?, zero(worth).minus(worth)?);
                let portions = payments::rules::portions_of(payments, worth, paid)?;
                let back = payments::rules::total_of(&portions, paid.currency, worth.currency)?;
                Ok(Difference { paid: zero(paid).minus(back.paid)?, worth: zero(worth).minus(back.worth)? })
            };
            back().map_err(refused)
        }
        // The one currency has no coin for what it is in the other.
        _ => Err(too_small(booking.currency.step())),
    }
}

/// Whether the booking is what it was when the change was proposed.
pub fn is_up_to_date(change: &booking_change::Model, booking: &booking::Model) -> bool {
    terms_before(change).is_ok_and(|before| terms_of(booking) == Ok(before))
        && change.from_total == booking.total
}

/// From what to what, for the timeline.
pub fn in_words(from: Terms, to: Terms) -> String {
    let words = |terms: Terms| {
        let date = |date: chrono::NaiveDate| date.format("%-d %b %Y").to_string();
        let count = |n: u32, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let Party { adults, children, infants, pets } = terms.party;
        let people = [
            count(adults, "adult", "adults"),
            count(children, "child", "children"),
            count(infants, "infant", "infants"),
            count(pets, "pet", "pets"),
        ];
        let people: Vec<String> = people.into_iter().flatten().collect();
        format!("{} – {}, {}", date(terms.stay.check_in()), date(terms.stay.check_out()), people.join(", "))
    };
    format!("{} → {}", words(from), words(to))
}

/// What can be done with the changes of a booking now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Propose one.
    Propose,
    /// Accept or decline the open one.
    Answer,
    /// Take the open one back.
    Withdraw,
    /// Pay the difference of the accepted one.
    Pay,
}

/// What the viewer can do now, as a guest or host of the booking; `open` is a change that was open when it was read.
pub fn action(
    booking: &booking::Model,
    open: Option<&booking_change::Model>,
    is_guest: bool,
    now: Instant,
) -> Option<Action> {
    if booking.status != BookingStatus::Confirmed || booking.check_out_at <= now {
        return None;
    }
    let viewer = if is_guest { booking.guest_id } else { booking.host_id };
    match open.map(|change| (status_at(change, now), change.proposed_by == viewer)) {
        Some((Status::Proposed, true)) => Some(Action::Withdraw),
        Some((Status::Proposed, false)) => Some(Action::Answer),
        Some((Status::Accepted, _)) => is_guest.then_some(Action::Pay),
        _ => Some(Action::Propose),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
