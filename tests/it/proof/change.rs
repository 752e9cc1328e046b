//! What the oracle knows of changes of dates or guests: one side proposes, the other answers, and what it costs more is
//! paid, what it costs less goes back. Written from the design, as `oracle.rs` is. No I/O.

use chrono::{NaiveDate, TimeDelta};

use super::{
    oracle::{Booking, Card, Oracle, State, Till, Way},
    price::{Instant, Price, Terms},
};

/// How long the other side has to answer, and the guest to pay what it costs more.
pub const ANSWERED_WITHIN: TimeDelta = TimeDelta::hours(24);
pub const HELD_FOR: TimeDelta = TimeDelta::minutes(15);

/// Where a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stand {
    Proposed,
    /// What is added is held while the guest pays.
    Accepted,
    Applied,
    Declined,
    Withdrawn,
    /// Not answered or not paid in time.
    Expired,
    /// The booking ended first.
    Ended,
}

impl Stand {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Accepted => "ACCEPTED",
            Self::Applied => "APPLIED",
            Self::Declined => "DECLINED",
            Self::Withdrawn => "WITHDRAWN",
            Self::Expired => "EXPIRED",
            Self::Ended => "ENDED",
        }
    }

    /// Whether it waits for somebody.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Accepted)
    }
}

/// Other dates or guests of a booking.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: String,
    /// Who proposed it; the other side answers.
    pub by_guest: bool,
    pub terms: Terms,
    /// The whole of it, by the prices of when it was proposed.
    pub price: Price,
    /// What it costs more, as the guest pays and as it is worth to the listing; negative where it goes back.
    pub paid: i64,
    pub worth: i64,
    pub stand: Stand,
    /// Until when it waits: for an answer, then for the money.
    pub ends: Instant,
    /// Whether a bank's page has prolonged that, which it does once.
    pub is_prolonged: bool,
    /// What it costs more is paid here.
    pub till: Option<usize>,
}

impl Booking {
    /// The change that waits for somebody: one at most.
    pub fn open_change(&self) -> Option<usize> {
        self.changes.iter().position(|change| change.stand.is_open())
    }

    /// Which change a payment is for.
    pub fn change_of(&self, till: usize) -> Option<usize> {
        self.changes.iter().position(|change| change.till == Some(till))
    }

    /// Whether a payment waits for the guest.
    pub fn is_due(&self, till: usize) -> bool {
        let is_wanted = match self.change_of(till) {
            Some(change) => self.changes[change].stand == Stand::Accepted,
            None => self.state == State::PendingPayment,
        };
        is_wanted && self.tills[till].card == Card::None
    }

    /// Nights that a change adds, while the guest pays for it.
    pub fn held_more(&self) -> Vec<NaiveDate> {
        let accepted = self.changes.iter().filter(|change| change.stand == Stand::Accepted);
        let own = self.terms.check_in..self.terms.check_out();
        accepted
            .flat_map(|change| change.terms.dates(0, change.terms.nights))
            .filter(|date| !own.contains(date))
            .collect()
    }

    /// What another price costs more, as the guest pays and as it is worth to the listing: negative where it goes back, and
    /// that is never more than is left of what was paid. What is too little is neither charged nor given back.
    pub fn difference(&self, price: &Price) -> Result<(i64, i64), &'static str> {
        let paid = price.to_pay(self.coin) - self.price.to_pay(self.coin);
        let worth = price.total() - self.price.total();
        match (paid.signum(), worth.signum()) {
            (0, 0) => Ok((0, 0)),
            (1, 1) if paid >= self.coin.smallest_charge() => Ok((paid, worth)),
            (-1, -1) => {
                let back = self.portions(-worth, Some(-paid), false);
                let paid: i64 = back.iter().map(|portion| portion.amount).sum();
                let worth: i64 = back.iter().map(|portion| portion.worth).sum();
                Ok((-paid, -worth))
            }
            _ => Err("DIFFERENCE_TOO_SMALL"),
        }
    }

    /// Why it cannot become that then: nights that have begun stay as they are, and it must not be over before that.
    pub fn no_change(&self, to: &Terms, now: Instant) -> Option<&'static str> {
        if self.state != State::Confirmed || self.terms.check_out_at() <= now {
            return Some("NOT_CHANGEABLE");
        }
        if *to == self.terms {
            return Some("NOTHING_CHANGES");
        }
        if self.terms.check_in_at() > now {
            return (to.check_in_at() <= now).then_some("NIGHTS_PASSED");
        }
        if to.check_in != self.terms.check_in {
            return Some("CHECK_IN_PASSED");
        }
        let is_passed = to.nights < self.terms.stayed(now) || to.check_out_at() <= now;
        is_passed.then_some("NIGHTS_PASSED")
    }

    /// Until when a change waits that waits so long from then on: never past the check-in of a stay that has not begun, old
    /// or new, nor past the check-out of one that has.
    pub fn change_ends(&self, to: &Terms, now: Instant, so_long: TimeDelta) -> Instant {
        let limit = match self.terms.check_in_at() > now {
            true => self.terms.check_in_at().min(to.check_in_at()),
            false => self.terms.check_out_at().min(to.check_out_at()),
        };
        limit.min(now + so_long)
    }
}

impl Oracle {
    /// The other side says yes. Where it costs more, what is added is held until then while the guest pays; otherwise it is
    /// made at once, and what it costs less goes back.
    pub fn accept_change(&mut self, n: usize, k: usize, hold: Option<(Till, Instant)>) {
        let booking = &mut self.bookings[n];
        let Some((till, ends)) = hold else {
            let Change { paid, worth, .. } = booking.changes[k];
            let back = booking.portions(-worth, Some(-paid), false);
            self.give_back_of(n, &back, Way::Stripe);
            return self.apply(n, k);
        };
        let change = &mut booking.changes[k];
        (change.stand, change.ends, change.till) = (Stand::Accepted, ends, Some(booking.tills.len()));
        booking.tills.push(Till { counts: false, ..till });
    }

    /// The booking becomes what was proposed.
    fn apply(&mut self, n: usize, k: usize) {
        let booking = &mut self.bookings[n];
        let change = &mut booking.changes[k];
        change.stand = Stand::Applied;
        (booking.terms, booking.price) = (change.terms, change.price.clone());
        if let Some(till) = change.till {
            booking.tills[till].counts = true;
        }
    }

    /// What a change costs more has come. Late, it is made if the nights that it adds are free still; otherwise, and where
    /// the booking has ended, the money goes back.
    pub(super) fn paid_for_change(&mut self, n: usize, k: usize, now: Instant) {
        let booking = &self.bookings[n];
        let change = &booking.changes[k];
        let (till, to, stand) = (change.till.expect("what is paid"), change.terms, change.stand);
        let taken = self.taken_but_by(booking.home, Some(n));
        let is_free = !to.dates(0, to.nights).any(|date| taken.contains_key(&date));
        let can_be_had = is_free && booking.no_change(&to, now).is_none() && booking.open_change().is_none();
        match stand {
            Stand::Accepted => self.apply(n, k),
            Stand::Expired if can_be_had => self.apply(n, k),
            Stand::Expired | Stand::Ended => self.give_all_back(n, till),
            stand => panic!("{stand:?} was paid"),
        }
    }

    /// A change ends without being made: what it held is free again, and what it costs is not to be paid any more.
    pub(super) fn end_change(&mut self, n: usize, k: usize, how: Stand, now: Instant) {
        let change = &mut self.bookings[n].changes[k];
        change.stand = how;
        if let Some(till) = change.till {
            self.unwanted(n, till, now);
        }
    }

    /// A booking has ended, and with it what was proposed.
    pub(super) fn end_open_change(&mut self, n: usize, now: Instant) {
        if let Some(k) = self.bookings[n].open_change() {
            self.end_change(n, k, Stand::Ended, now);
        }
    }
}
