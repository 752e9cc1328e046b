//! The oracle: the market in memory, written from the design and not from the server. It says what becomes of every step
//! before the server is asked, and what everybody has afterwards, to the last coin. No I/O.
//!
//! What it does not say, since the design doesn't: when to the second something is confirmed or called off (it takes the
//! server's word within the step, and reckons with that), and which of two payouts that are sent together a debt is taken
//! out of first (their sum it does say).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use super::{
    change::{Change, Stand},
    money::{Coin, part, split},
    price::{self, Borne, End, Instant, Parts, Price, Tariff, Terms},
};

/// Where a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    PendingPayment,
    PendingApproval,
    Confirmed,
    Completed,
    Cancelled,
    Declined,
    Expired,
}

impl State {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PendingPayment => "PENDING_PAYMENT",
            Self::PendingApproval => "PENDING_APPROVAL",
            Self::Confirmed => "CONFIRMED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Declined => "DECLINED",
            Self::Expired => "EXPIRED",
        }
    }

    /// Whether it holds nights that nobody has paid for yet.
    pub fn waits(self) -> bool {
        matches!(self, Self::PendingPayment | Self::PendingApproval)
    }
}

/// How Stripe's webhooks come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mail {
    /// At once, and once or twice.
    Prompt,
    /// Kept back; they come later, in another order.
    Kept,
    /// Taken by nobody: they come at the very end, or never.
    Lost,
}

/// Where the guest's card is at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// Nothing was taken.
    None,
    /// An amount is set aside.
    Authorised,
    /// It was taken.
    Charged,
    /// What was set aside was let go, or nothing can be paid any more.
    Off,
}

/// One thing to pay: the booking, or later what a change of it costs more.
#[derive(Debug, Clone)]
pub struct Till {
    /// The payment.
    pub id: String,
    /// What the guest pays in, how much, and what that is worth to the listing.
    pub coin: Coin,
    pub amount: i64,
    pub worth: i64,
    /// At Stripe.
    pub card: Card,
    /// Whether the server knows that it was charged.
    pub is_known: bool,
    /// Whether it is a part of the booking's price: what a change costs is that once the change is made.
    pub counts: bool,
    /// What went back, in both coins.
    pub back: i64,
    pub worth_back: i64,
    /// What of it was paid in another way than through Stripe.
    pub out_of_band: i64,
}

/// How money goes back to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Stripe,
    /// The platform pays it out of its own bank account.
    OutOfBand,
}

impl Till {
    /// One that was just opened.
    pub fn new(id: String, coin: Coin, amount: i64, worth: i64) -> Self {
        let (card, is_known, counts) = (Card::None, false, true);
        Self { id, coin, amount, worth, card, is_known, counts, back: 0, worth_back: 0, out_of_band: 0 }
    }

    /// What it is worth to the listing, of what came and has not gone back; known to the server.
    pub fn left(&self) -> i64 {
        if self.is_known { self.worth - self.worth_back } else { 0 }
    }
}

/// Where a payout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    Scheduled,
    Waiting,
    Held(Instant),
    /// Somebody argues about the booking.
    Stopped,
    Failed,
    Paid,
}

impl Going {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Waiting => "WAITING_FOR_ACCOUNT",
            Self::Held(_) | Self::Stopped => "HELD",
            Self::Failed => "FAILED",
            Self::Paid => "PAID",
        }
    }
}

/// What a host is paid for a booking, in the listing's coin.
#[derive(Debug, Clone)]
pub struct Payout {
    /// Of a dispute; otherwise what the booking has earned.
    pub is_award: bool,
    pub gross: i64,
    pub amount: i64,
    pub due: Instant,
    pub going: Going,
    /// What of it went to what the host owed, once that was looked at.
    pub netted: Option<i64>,
    /// The parts that the rest is sent in, likewise.
    pub legs: Vec<Leg>,
}

/// A part of a payout: what comes out of one payment.
#[derive(Debug, Clone)]
pub struct Leg {
    pub till: usize,
    /// As the guest paid, and as it is worth to the listing.
    pub coin: Coin,
    pub amount: i64,
    pub worth: i64,
    /// What was taken back of it once it was sent: as it is worth to the listing, and as it was sent.
    pub taken: i64,
    pub taken_paid: i64,
}

impl Payout {
    /// What is sent, or to be sent.
    pub fn rest(&self) -> i64 {
        self.amount - self.netted.unwrap_or(0)
    }

    /// What of it was sent, part by part.
    pub fn sent(&self) -> &[Leg] {
        if self.going == Going::Paid { &self.legs } else { &[] }
    }

    /// What of that was taken back, as it is worth to the listing.
    pub fn taken(&self) -> i64 {
        self.legs.iter().map(|leg| leg.taken).sum()
    }

    fn new(is_award: bool, gross: i64, amount: i64, due: Instant) -> Self {
        Self { is_award, gross, amount, due, going: Going::Scheduled, netted: None, legs: Vec::new() }
    }
}

/// What one side of a booking claims of the other.
#[derive(Debug, Clone)]
pub struct Claim {
    pub id: String,
    pub by_guest: bool,
    pub amount: i64,
    pub respond_by: Instant,
    pub is_answered: bool,
    /// Decided, or taken back.
    pub is_over: bool,
    /// Nobody can answer any more.
    pub is_late: bool,
}

/// What a guest's bank took back.
#[derive(Debug, Clone)]
pub struct Chargeback {
    pub id: String,
    /// Of which payment.
    pub till: usize,
    /// As it was paid, and as it is worth to the listing.
    pub amount: i64,
    pub worth: i64,
    pub going: Arguing,
}

/// Where a chargeback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguing {
    Open,
    Won,
    /// Lost, and not borne by anybody before the booking ends.
    Lost,
    Borne,
}

/// What goes back of one payment.
#[derive(Debug, Clone, Copy)]
pub struct Portion {
    pub till: usize,
    /// As it is worth to the listing, and as it was paid.
    pub worth: i64,
    pub amount: i64,
}

/// An account of the ledger, without its owner.
pub type Account = (&'static str, Coin);

/// A booking.
#[derive(Debug, Clone)]
pub struct Booking {
    pub id: String,
    pub guest: usize,
    pub home: usize,
    pub terms: Terms,
    pub price: Price,
    pub coin: Coin,
    pub by_request: bool,
    pub state: State,
    pub hold_ends: Instant,
    pub confirmed_at: Option<Instant>,
    pub cancelled_at: Option<Instant>,
    /// By the host: then the nights stay blocked.
    pub is_blocked: bool,
    pub tills: Vec<Till>,
    /// Other dates or guests that were proposed, oldest first.
    pub changes: Vec<Change>,
    /// What went back beyond the policy before the end, and who bears it.
    pub goodwill: Borne,
    pub penalty: Option<i64>,
    /// What it has earned, and what disputes have awarded.
    pub payouts: Vec<Payout>,
    pub claims: Vec<Claim>,
    pub chargebacks: Vec<Chargeback>,
    /// What each has of it, payouts and penalties aside: a loss is borne in proportion to that.
    has: Borne,
    /// What came of it too much to the host, all in all.
    owed: i64,
    /// What was posted, payouts aside.
    posted: BTreeMap<Account, i64>,
}

impl Booking {
    /// One that was just made.
    pub fn new(
        id: String,
        who: (usize, usize, bool),
        terms: Terms,
        price: Price,
        till: Till,
        hold_ends: Instant,
    ) -> Self {
        let (guest, home, by_request) = who;
        Self {
            id,
            guest,
            home,
            terms,
            price,
            coin: till.coin,
            by_request,
            state: State::PendingPayment,
            hold_ends,
            confirmed_at: None,
            cancelled_at: None,
            is_blocked: false,
            tills: vec![till],
            changes: Vec::new(),
            goodwill: Borne::default(),
            penalty: None,
            payouts: Vec::new(),
            claims: Vec::new(),
            chargebacks: Vec::new(),
            has: Borne::default(),
            owed: 0,
            posted: BTreeMap::new(),
        }
    }

    /// What came of all that was paid and has not gone back, in the listing's coin.
    pub fn left(&self) -> i64 {
        self.counting().map(|(_, till)| till.left()).sum()
    }

    /// What came of all that was paid, in the listing's coin.
    pub fn came(&self) -> i64 {
        self.counting().filter(|(_, till)| till.is_known).map(|(_, till)| till.worth).sum()
    }

    /// The payments that are a part of its price, oldest first.
    fn counting(&self) -> impl DoubleEndedIterator<Item = (usize, &Till)> {
        self.tills.iter().enumerate().filter(|(_, till)| till.counts)
    }

    /// Out of which payments so much goes back, in the listing's coin, with what that is to the guest: of the newest first,
    /// and the last part of each takes all that is left of it, so that all of it is exactly what was paid. Where it is known
    /// what all of it is `paid` with, that is what goes back. What somebody gives `by_hand` is nothing of what a bank took.
    pub fn portions(&self, worth: i64, paid: Option<i64>, by_hand: bool) -> Vec<Portion> {
        let (mut rest, mut rest_paid) = (worth, paid);
        let mut portions = Vec::new();
        for (n, till) in self.counting().rev() {
            let take = rest.min(till.left());
            if take == 0 || (by_hand && self.is_charged_back(n)) {
                continue;
            }
            let most = till.amount - till.back;
            let amount = match (take == till.left(), rest_paid) {
                (true, _) => most,
                (false, Some(rest)) => rest.clamp(0, most),
                (false, None) => part(till.amount, take, till.worth, till.coin).min(most),
            };
            // There is no coin that is so small.
            if amount == 0 {
                continue;
            }
            portions.push(Portion { till: n, worth: take, amount });
            rest -= take;
            rest_paid = rest_paid.map(|rest| rest - amount);
        }
        portions
    }

    /// What goes back to the guest, as it was paid, of so much in the listing's coin.
    pub fn share(&self, worth: i64) -> i64 {
        self.portions(worth, None, false).into_iter().map(|portion| portion.amount).sum()
    }

    /// Whether a bank has something of a payment, or may get it.
    fn is_charged_back(&self, till: usize) -> bool {
        self.chargebacks.iter().any(|it| it.till == till && it.going != Arguing::Won)
    }

    /// The parts that so much is sent to the host in: one per payment, in proportion to what is left of each; as the guest
    /// paid, and one coin at least.
    pub fn legs(&self, worth: i64) -> Vec<Leg> {
        let own = self.price.coin;
        let came: Vec<(usize, &Till)> = self.counting().filter(|(_, till)| till.is_known).collect();
        let mut weights: Vec<i64> = came.iter().map(|(_, till)| till.left()).collect();
        if weights.iter().all(|weight| *weight == 0) {
            weights = came.iter().map(|(_, till)| till.worth).collect();
        }
        let parts = came.into_iter().zip(split(worth, &weights, own)).filter(|(_, worth)| *worth > 0);
        let leg = |((till, paid), worth): ((usize, &Till), i64)| {
            let amount = match paid.coin == own {
                true => worth,
                false => part(paid.amount, worth, paid.worth, paid.coin).max(paid.coin.step()),
            };
            Leg { till, coin: paid.coin, amount, worth, taken: 0, taken_paid: 0 }
        };
        parts.map(leg).collect()
    }

    /// Whether each part of what its host is to be paid is no more than the charge that it comes out of. What is more comes
    /// out of the platform's balance, whose filling is told in another test.
    pub fn fits(&self) -> bool {
        let unsent = self.payouts.iter().filter(|payout| !payout.is_award && payout.netted.is_none());
        let due = match self.has_ended() {
            true => unsent.map(|payout| payout.amount).collect(),
            false => vec![self.price.parts().base],
        };
        let mut legs = due.into_iter().flat_map(|worth| self.legs(worth));
        legs.all(|leg| leg.amount <= self.tills[leg.till].amount)
    }

    /// Whether it was confirmed and is over, so that everybody has got theirs.
    pub fn has_ended(&self) -> bool {
        self.state == State::Completed || (self.state == State::Cancelled && self.confirmed_at.is_some())
    }

    /// What everybody would have, were it called off then.
    pub fn called_off(
        &self,
        policy: price::Policy,
        by_guest: bool,
        now: Instant,
    ) -> (&'static str, Parts, End) {
        let confirmed = self.confirmed_at.expect("only what was confirmed is called off by a policy");
        let back = match by_guest {
            true => price::by_guest(&self.price, policy, &self.terms, confirmed, now),
            false => price::by_host(&self.price),
        };
        let parts = back.parts();
        (back.rule, parts, price::end(&self.price, parts, self.left(), self.goodwill))
    }

    /// How much of its taxes nobody was promised yet.
    pub fn taxes_left(&self) -> i64 {
        match self.has_ended() {
            true => -self.posted.get(&("taxes_payable", self.price.coin)).copied().unwrap_or(0),
            // A change may have made it cost less since.
            false => (self.price.parts().taxes - self.goodwill.taxes).max(0),
        }
    }

    fn post(&mut self, account: &'static str, coin: Coin, amount: i64) {
        *self.posted.entry((account, coin)).or_default() += amount;
    }

    /// Money of the guest comes (or goes, where it is negative), with what it is worth to the listing.
    fn cash(&mut self, coin: Coin, amount: i64, worth: i64) {
        let own = self.price.coin;
        self.post("provider_cash", coin, amount);
        if coin != own {
            self.post("exchange", coin, -amount);
            self.post("exchange", own, worth);
        }
    }

    /// What the server's ledger must have of it, Stripe's fees aside; accounts without a balance are left out.
    pub fn balances(&self) -> BTreeMap<Account, i64> {
        let mut all = self.clone();
        let own = self.price.coin;
        for payout in &self.payouts {
            let netted = payout.netted.unwrap_or(0);
            all.post("host_payable", own, netted);
            all.post("host_debt", own, -netted);
            for leg in payout.sent() {
                all.post("host_payable", own, leg.worth);
                all.cash(leg.coin, -leg.amount, -leg.worth);
                all.post("host_debt", own, -leg.taken);
                all.cash(leg.coin, leg.taken_paid, leg.taken);
            }
        }
        all.posted.retain(|_, sum| *sum != 0);
        all.posted
    }

    /// What of what is left can be given back by hand: nothing of what the guest's bank took.
    pub fn refundable(&self) -> i64 {
        self.counting().filter(|(n, _)| !self.is_charged_back(*n)).map(|(_, till)| till.left()).sum()
    }

    /// Whether anybody argues about it, so that its host is not paid.
    pub fn is_argued_about(&self) -> bool {
        self.claims.iter().any(|claim| !claim.is_over)
            || self.chargebacks.iter().any(|chargeback| chargeback.going == Arguing::Open)
    }

    /// Whether a bank has or may get something of it that nobody has borne yet.
    pub fn is_banks(&self) -> bool {
        self.chargebacks.iter().any(|it| matches!(it.going, Arguing::Open | Arguing::Lost))
    }

    /// Why neither side can open a dispute then: it is for stays that have begun, until two weeks after.
    pub fn no_dispute(&self, now: Instant) -> Option<&'static str> {
        let stayed = match self.state {
            State::Confirmed | State::Completed => true,
            State::Cancelled => {
                self.confirmed_at.is_some()
                    && self.cancelled_at.is_some_and(|at| at >= self.terms.check_in_at())
            }
            _ => false,
        };
        match now {
            _ if !stayed => Some("NOT_STAYED"),
            now if now < self.terms.check_in_at() => Some("TOO_EARLY"),
            now if now > self.terms.check_out_at() + TimeDelta::days(14) => Some("TOO_LATE"),
            _ => None,
        }
    }
}

/// A listing.
#[derive(Debug, Clone)]
pub struct Home {
    pub host: usize,
    pub tariff: Tariff,
    pub asked_first: bool,
}

/// Where a host is paid.
#[derive(Debug, Clone, Default)]
pub struct PayAccount {
    /// One was begun.
    pub is_begun: bool,
    /// The form was filled in, and Stripe has not closed it.
    pub can_receive: bool,
    /// The same, as far as the server has heard.
    pub is_known_to: bool,
    /// The form was filled in, as far as the server has heard.
    pub is_known_submitted: bool,
    /// Nothing is sent before: it took the place of another.
    pub held_until: Option<Instant>,
}

/// A host.
#[derive(Debug, Clone, Default)]
pub struct Host {
    pub account: PayAccount,
    pub debt: BTreeMap<Coin, i64>,
}

/// What comes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    HoldEnds,
    /// Which of its changes.
    ChangeEnds(usize),
    CheckOut,
    /// Which of its payouts.
    Payout(usize),
    /// Nobody can answer a claim any more.
    Silence(usize),
}

/// The market in memory.
#[derive(Debug, Clone)]
pub struct Oracle {
    pub homes: Vec<Home>,
    pub hosts: Vec<Host>,
    pub bookings: Vec<Booking>,
    pub mail: Mail,
    /// Bookings whose webhooks are kept back, and hosts'.
    kept: BTreeSet<usize>,
    kept_hosts: BTreeSet<usize>,
    /// Bookings whose webhooks were lost, and hosts'.
    lost: BTreeSet<usize>,
    lost_hosts: BTreeSet<usize>,
    /// Payouts that were sent in this step: of which booking, and which of its.
    pub sent_now: Vec<(usize, usize)>,
}

/// Holds that a person has at once, at most.
const MOST_HOLDS: usize = 5;

impl Oracle {
    pub fn new(homes: Vec<Home>, hosts: usize) -> Self {
        Self {
            homes,
            hosts: vec![Host::default(); hosts],
            bookings: Vec::new(),
            mail: Mail::Prompt,
            kept: BTreeSet::new(),
            kept_hosts: BTreeSet::new(),
            lost: BTreeSet::new(),
            lost_hosts: BTreeSet::new(),
            sent_now: Vec::new(),
        }
    }

    /// Whether the server has heard all that Stripe has to say.
    pub fn has_heard_all(&self) -> bool {
        self.kept.is_empty()
            && self.kept_hosts.is_empty()
            && self.lost.is_empty()
            && self.lost_hosts.is_empty()
    }

    // What is asked.

    /// Why each night of a home is not for sale.
    pub fn taken(&self, home: usize) -> BTreeMap<NaiveDate, &'static str> {
        self.taken_but_by(home, None)
    }

    /// The same of all bookings but one.
    pub fn taken_but_by(&self, home: usize, own: Option<usize>) -> BTreeMap<NaiveDate, &'static str> {
        let mut taken = BTreeMap::new();
        let others = self.bookings.iter().enumerate().filter(|(n, _)| Some(*n) != own);
        for booking in others.map(|(_, booking)| booking).filter(|booking| booking.home == home) {
            let (nights, why) = match booking.state {
                State::Declined | State::Expired => continue,
                State::Cancelled if booking.is_blocked => (booking.terms.nights, "BLOCK"),
                State::Cancelled => match (booking.confirmed_at, booking.cancelled_at) {
                    (Some(_), Some(at)) => (booking.terms.stayed(at), "STAY"),
                    _ => continue,
                },
                _ => (booking.terms.nights, "STAY"),
            };
            for date in booking.terms.dates(0, nights).chain(booking.held_more()) {
                let other = taken.insert(date, why);
                assert_eq!(other, None, "the oracle itself has sold {date} twice");
            }
        }
        taken
    }

    /// Whether a stay can be booked.
    pub fn is_free(&self, home: usize, terms: &Terms) -> bool {
        let taken = self.taken(home);
        !terms.dates(0, terms.nights).any(|date| taken.contains_key(&date))
    }

    /// Whether a guest holds as many stays unpaid as anybody may.
    pub fn has_most_holds(&self, guest: usize) -> bool {
        let holds = self.bookings.iter().filter(|booking| booking.guest == guest && booking.state.waits());
        holds.count() >= MOST_HOLDS
    }

    /// The next instant at which something comes by itself.
    pub fn next_due(&self) -> Option<Instant> {
        self.due().map(|(at, ..)| at).min()
    }

    fn due(&self) -> impl Iterator<Item = (Instant, Due, usize)> {
        let lives = self.bookings.iter().enumerate().filter_map(|(n, booking)| match booking.state {
            state if state.waits() => Some((booking.hold_ends, Due::HoldEnds, n)),
            State::Confirmed => Some((booking.terms.check_out_at(), Due::CheckOut, n)),
            _ => None,
        });
        let payouts = self.bookings.iter().enumerate().flat_map(|(n, booking)| {
            booking.payouts.iter().enumerate().filter_map(move |(k, payout)| match payout.going {
                Going::Scheduled => Some((payout.due, Due::Payout(k), n)),
                Going::Held(until) => Some((until.max(payout.due), Due::Payout(k), n)),
                _ => None,
            })
        });
        let changes = self.bookings.iter().enumerate().filter_map(|(n, booking)| {
            booking.open_change().map(|k| (booking.changes[k].ends, Due::ChangeEnds(k), n))
        });
        let claims = self.bookings.iter().enumerate().flat_map(|(n, booking)| {
            let waits = |claim: &Claim| !claim.is_over && !claim.is_answered && !claim.is_late;
            let claims = booking.claims.iter().enumerate().filter(move |(_, claim)| waits(claim));
            claims.map(move |(k, claim)| (claim.respond_by, Due::Silence(k), n))
        });
        lives.chain(changes).chain(payouts).chain(claims)
    }

    // What happens.

    /// Lets time pass; what comes due comes in order.
    pub fn pass(&mut self, to: Instant) {
        while let Some((at, due, n)) = self.due().filter(|(at, ..)| *at <= to).min() {
            match due {
                Due::HoldEnds => self.expire(n, at),
                Due::ChangeEnds(k) => self.end_change(n, k, Stand::Expired, at),
                Due::CheckOut => self.complete(n, at),
                Due::Payout(k) => self.pay_out(n, k, at),
                Due::Silence(k) => self.bookings[n].claims[k].is_late = true,
            }
        }
    }

    /// A stay is booked: its nights are held, and it can be paid for.
    pub fn book(&mut self, booking: Booking) {
        assert!(self.is_free(booking.home, &booking.terms));
        self.bookings.push(booking);
    }

    /// The guest's card is charged, or authorised, at Stripe. What a change costs more is always charged.
    pub fn paid(&mut self, n: usize, till: usize, now: Instant) {
        let booking = &mut self.bookings[n];
        let is_asked_first = booking.by_request && till == 0;
        booking.tills[till].card = if is_asked_first { Card::Authorised } else { Card::Charged };
        match self.mail {
            Mail::Prompt => self.hear(n, now),
            Mail::Kept => self.kept.extend([n]),
            Mail::Lost => self.lost.extend([n]),
        }
    }

    /// The server hears of the payments of a booking; it asks Stripe how those are now.
    fn hear(&mut self, n: usize, now: Instant) {
        for till in 0..self.bookings[n].tills.len() {
            let booking = &mut self.bookings[n];
            match booking.tills[till].card {
                Card::Charged if !booking.tills[till].is_known => self.settle(n, till, now),
                Card::Authorised if booking.state == State::PendingPayment => {
                    booking.state = State::PendingApproval;
                    booking.hold_ends = booking.terms.check_in_at().min(now + TimeDelta::hours(24));
                }
                _ => {}
            }
        }
    }

    /// The money has come: the booking is confirmed, or changed, if it can be, otherwise it goes back.
    fn settle(&mut self, n: usize, till: usize, now: Instant) {
        let booking = &mut self.bookings[n];
        let paid = &mut booking.tills[till];
        paid.is_known = true;
        let (coin, amount, worth) = (paid.coin, paid.amount, paid.worth);
        booking.cash(coin, amount, worth);
        let own = booking.price.coin;
        booking.post("guest_funds", own, -worth);
        let (home, terms) = (booking.home, booking.terms);
        if let Some(change) = booking.change_of(till) {
            return self.paid_for_change(n, change, now);
        }
        match self.bookings[n].state {
            State::PendingPayment | State::PendingApproval => self.confirm(n, now),
            // Late: the nights are taken again, if the stay has not begun and nobody else has them.
            State::Expired if terms.check_in_at() > now && self.is_free(home, &terms) => self.confirm(n, now),
            State::Expired | State::Cancelled | State::Declined => self.give_all_back(n, till),
            state => panic!("{state:?} was paid twice"),
        }
    }

    fn confirm(&mut self, n: usize, now: Instant) {
        self.bookings[n].state = State::Confirmed;
        self.bookings[n].confirmed_at = Some(now);
    }

    /// So much goes back to the guest, of what the server knows to have come; not yet said out of whose.
    fn refund(&mut self, n: usize, portions: &[Portion], way: Way) {
        let booking = &mut self.bookings[n];
        for Portion { till, worth, amount } in portions.iter().copied() {
            booking.tills[till].back += amount;
            booking.tills[till].worth_back += worth;
            booking.cash(booking.coin, -amount, -worth);
            if way == Way::OutOfBand {
                booking.tills[till].out_of_band += amount;
                booking.post("provider_cash", booking.coin, amount);
                booking.post("platform_bank", booking.coin, -amount);
            }
        }
    }

    /// So much goes back out of what is held for the booking, since the rules say so.
    fn give_back(&mut self, n: usize, worth: i64) {
        let portions = self.bookings[n].portions(worth, None, false);
        assert_eq!(portions.iter().map(|it| it.worth).sum::<i64>(), worth, "more goes back than is there");
        self.give_back_of(n, &portions, Way::Stripe);
    }

    /// The same of these payments.
    pub(super) fn give_back_of(&mut self, n: usize, portions: &[Portion], way: Way) {
        self.refund(n, portions, way);
        let booking = &mut self.bookings[n];
        let own = booking.price.coin;
        booking.post("guest_funds", own, portions.iter().map(|portion| portion.worth).sum());
    }

    /// All of a payment goes back that nothing came of.
    pub(super) fn give_all_back(&mut self, n: usize, till: usize) {
        let paid = &self.bookings[n].tills[till];
        let all = Portion { till, worth: paid.left(), amount: paid.amount - paid.back };
        self.give_back_of(n, &[all], Way::Stripe);
    }

    /// A hold ends unpaid. Whether it was paid after all is found out when the payment is called off.
    fn expire(&mut self, n: usize, now: Instant) {
        self.bookings[n].state = State::Expired;
        self.unwanted(n, 0, now);
    }

    /// The payment of a booking, or a change, that has ended is called off; what has come all the same is late.
    pub(super) fn unwanted(&mut self, n: usize, till: usize, now: Instant) {
        let paid = &mut self.bookings[n].tills[till];
        match paid.card {
            Card::Charged if !paid.is_known => self.settle(n, till, now),
            Card::Charged => {}
            _ => paid.card = Card::Off,
        }
    }

    /// The host says yes: the card is charged at once.
    pub fn accept(&mut self, n: usize, now: Instant) {
        self.bookings[n].tills[0].card = Card::Charged;
        self.settle(n, 0, now);
    }

    /// The host says no.
    pub fn decline(&mut self, n: usize, now: Instant) {
        self.bookings[n].state = State::Declined;
        self.unwanted(n, 0, now);
    }

    /// One side calls it off.
    pub fn cancel(&mut self, n: usize, by_guest: bool, now: Instant) {
        let was = self.bookings[n].state;
        let policy = self.homes[self.bookings[n].home].tariff.policy;
        self.bookings[n].state = State::Cancelled;
        self.bookings[n].cancelled_at = Some(now);
        if was != State::Confirmed {
            return self.unwanted(n, 0, now);
        }
        self.end_open_change(n, now);
        let (_, _, end) = self.bookings[n].called_off(policy, by_guest, now);
        self.give_back(n, end.worth);
        let due = self.bookings[n].terms.check_in_at().max(now) + TimeDelta::hours(24);
        self.recognise(n, end, due);
        if !by_guest {
            let booking = &mut self.bookings[n];
            booking.is_blocked = true;
            let owed = price::penalty(&booking.price, &booking.terms, now);
            booking.penalty = Some(owed);
            let own = booking.price.coin;
            booking.post("platform_fees", own, -owed);
            self.owe(n, owed);
        }
    }

    /// The host comes to owe more, for a booking.
    fn owe(&mut self, n: usize, amount: i64) {
        let booking = &mut self.bookings[n];
        let own = booking.price.coin;
        booking.post("host_debt", own, amount);
        *self.hosts[self.homes[booking.home].host].debt.entry(own).or_default() += amount;
    }

    /// The host owes what came of a booking too much: what was sent for it is taken back, as far as that goes.
    fn came_too_much(&mut self, n: usize, amount: i64) {
        self.owe(n, amount);
        self.bookings[n].owed += amount;
        self.take_back(n);
    }

    /// Takes back what a host owes for a booking, and still owes at all.
    fn take_back(&mut self, n: usize) {
        let host = self.homes[self.bookings[n].home].host;
        let booking = &mut self.bookings[n];
        let debt = self.hosts[host].debt.entry(booking.price.coin).or_default();
        let taken: i64 = booking.payouts.iter().map(Payout::taken).sum();
        let mut rest = (booking.owed - taken).min(*debt).max(0);
        let sent = booking.payouts.iter_mut().filter(|payout| payout.going == Going::Paid);
        for leg in sent.flat_map(|payout| &mut payout.legs) {
            let (left, paid_left) = (leg.worth - leg.taken, leg.amount - leg.taken_paid);
            let take = rest.min(left);
            // The last of it takes all that is left.
            let paid = match take == left {
                true => paid_left,
                false => part(leg.amount, take, leg.worth, leg.coin).min(paid_left),
            };
            if take > 0 && paid > 0 {
                leg.taken += take;
                leg.taken_paid += paid;
                rest -= take;
                *debt -= take;
            }
        }
    }

    /// The guest has left: everybody gets theirs.
    fn complete(&mut self, n: usize, now: Instant) {
        self.bookings[n].state = State::Completed;
        self.end_open_change(n, now);
        let booking = &self.bookings[n];
        let end = price::end(&booking.price, Parts::default(), booking.left(), booking.goodwill);
        let due = booking.terms.check_out_at() + TimeDelta::hours(24);
        self.recognise(n, end, due);
        self.bear_lost(n);
    }

    fn recognise(&mut self, n: usize, end: End, due: Instant) {
        let booking = &mut self.bookings[n];
        let own = booking.price.coin;
        booking.post("guest_funds", own, end.held);
        booking.post("platform_loss", own, end.loss);
        booking.post("platform_fees", own, -end.platform);
        booking.post("taxes_payable", own, -end.taxes);
        booking.has =
            booking.has.plus(Borne { host: end.host, platform: end.platform - end.loss, taxes: end.taxes });
        if end.host > 0 {
            booking.post("host_payable", own, -end.host);
            booking.payouts.push(Payout::new(false, end.base - end.host_bears, end.host, due));
        } else if end.host < 0 {
            self.owe(n, -end.host);
            self.bookings[n].owed -= end.host;
        }
    }

    /// An admin gives back so much beyond the policy.
    pub fn goodwill(&mut self, n: usize, amount: i64, borne: Borne, way: Way) {
        self.give_by_hand(n, amount, borne, way);
        if self.bookings[n].has_ended() {
            self.bear(n, borne);
        }
    }

    /// What somebody gives goes back. Until the booking ends, who bears it is only remembered.
    fn give_by_hand(&mut self, n: usize, amount: i64, borne: Borne, way: Way) {
        let portions = self.bookings[n].portions(amount, None, true);
        if self.bookings[n].has_ended() {
            return self.refund(n, &portions, way);
        }
        self.give_back_of(n, &portions, way);
        self.bookings[n].goodwill = self.bookings[n].goodwill.plus(borne);
    }

    /// Each bears so much of what was theirs.
    fn bear(&mut self, n: usize, borne: Borne) {
        let booking = &mut self.bookings[n];
        let own = booking.price.coin;
        booking.post("platform_loss", own, borne.platform);
        booking.post("taxes_payable", own, borne.taxes);
        let Borne { host, platform, taxes } = borne;
        booking.has = booking.has.plus(Borne { host: -host, platform: -platform, taxes: -taxes });
        if host > 0 {
            self.came_too_much(n, host);
        }
    }

    /// The time of a payout has come, or something has changed for it.
    fn pay_out(&mut self, n: usize, k: usize, now: Instant) {
        let (owner, own) = (self.homes[self.bookings[n].home].host, self.bookings[n].price.coin);
        let host = &mut self.hosts[owner];
        let is_argued_about = self.bookings[n].is_argued_about();
        let payout = &mut self.bookings[n].payouts[k];
        if payout.going == Going::Paid || payout.due > now {
            return;
        }
        if is_argued_about {
            payout.going = Going::Stopped;
            return;
        }
        if !host.account.is_known_to {
            if payout.going != Going::Failed {
                payout.going = Going::Waiting;
                if host.account.is_begun {
                    // Perhaps it is ready, and nobody has heard: it is looked at.
                    self.hear_of_account(owner, now);
                }
            }
            return;
        }
        if let Some(until) = host.account.held_until.filter(|until| *until > now) {
            payout.going = Going::Held(until);
            return;
        }
        if payout.netted.is_none() {
            let owed = host.debt.entry(own).or_default();
            let netted = (*owed).min(payout.amount);
            *owed -= netted;
            payout.netted = Some(netted);
            self.sent_now.push((n, k));
            let legs = self.bookings[n].legs(self.bookings[n].payouts[k].rest());
            self.bookings[n].payouts[k].legs = legs;
        }
        let payout = &mut self.bookings[n].payouts[k];
        if payout.rest() == 0 || host.account.can_receive {
            payout.going = Going::Paid;
            self.take_back(n);
        } else {
            // Stripe refuses; then the account is looked at.
            payout.going = Going::Failed;
            host.account.is_known_to = false;
        }
    }

    // What is argued about.

    /// One side opens a dispute.
    pub fn claim(&mut self, n: usize, claim: Claim) {
        self.bookings[n].claims.push(claim);
    }

    /// A claim is over: what it held goes on.
    fn let_go(&mut self, n: usize, now: Instant) {
        if self.bookings[n].is_argued_about() {
            return;
        }
        for k in 0..self.bookings[n].payouts.len() {
            let payout = &self.bookings[n].payouts[k];
            // An award is due at once.
            if matches!(payout.going, Going::Stopped | Going::Held(_)) || payout.is_award {
                self.pay_out(n, k, now);
            }
        }
    }

    /// A claim is taken back.
    pub fn withdraw(&mut self, n: usize, claim: usize, now: Instant) {
        self.bookings[n].claims[claim].is_over = true;
        self.let_go(n, now);
    }

    /// An admin decides a claim: so much goes back, borne so, and so much is the platform's gift to the host. A payout that
    /// waited for that is sent at the same time as what goes back: where it is `sent_first`, what the host bears is taken
    /// back from it, otherwise it is taken out of it. The host has the same in the end.
    pub fn resolve(
        &mut self,
        (n, claim): (usize, usize),
        (refund, borne): (i64, Borne),
        award: i64,
        is_sent_first: bool,
        now: Instant,
    ) {
        self.bookings[n].claims[claim].is_over = true;
        if award > 0 {
            let booking = &mut self.bookings[n];
            let own = booking.price.coin;
            booking.post("platform_loss", own, award);
            booking.post("host_payable", own, -award);
            booking.has = booking.has.plus(Borne { host: award, platform: -award, taxes: 0 });
            booking.payouts.push(Payout::new(true, award, award, now));
        }
        // Of which payments it goes back is decided with the claim; that it has gone, and who bears it, comes after.
        if refund > 0 {
            self.give_by_hand(n, refund, borne, Way::Stripe);
        }
        if is_sent_first {
            self.let_go(n, now);
        }
        if refund > 0 && self.bookings[n].has_ended() {
            self.bear(n, borne);
        }
        self.let_go(n, now);
    }

    /// The guest's bank takes money back.
    pub fn charge_back(&mut self, n: usize, chargeback: Chargeback) {
        let booking = &mut self.bookings[n];
        let own = booking.price.coin;
        booking.cash(booking.coin, -chargeback.amount, -chargeback.worth);
        booking.post("chargebacks", own, chargeback.worth);
        booking.chargebacks.push(chargeback);
    }

    /// The bank decides. What is lost is borne when the booking is over.
    pub fn bank_decides(&mut self, n: usize, chargeback: usize, is_won: bool, now: Instant) {
        let booking = &mut self.bookings[n];
        let own = booking.price.coin;
        let Chargeback { amount, worth, .. } = booking.chargebacks[chargeback];
        if is_won {
            booking.cash(booking.coin, amount, worth);
            booking.post("chargebacks", own, -worth);
            booking.chargebacks[chargeback].going = Arguing::Won;
        } else {
            booking.chargebacks[chargeback].going = Arguing::Lost;
            if booking.has_ended() {
                self.bear_lost(n);
            }
        }
        self.let_go(n, now);
    }

    /// What was lost is borne by those who have something of the booking, in proportion; what is more, by the platform.
    fn bear_lost(&mut self, n: usize) {
        for k in 0..self.bookings[n].chargebacks.len() {
            let booking = &mut self.bookings[n];
            if booking.chargebacks[k].going != Arguing::Lost {
                continue;
            }
            booking.chargebacks[k].going = Arguing::Borne;
            let (own, worth) = (booking.price.coin, booking.chargebacks[k].worth);
            let least = |amount: i64| amount.max(0);
            let has = Borne {
                host: least(booking.has.host),
                platform: least(booking.has.platform),
                taxes: least(booking.has.taxes),
            };
            let borne = match worth <= has.total() {
                true => has.of_total(worth, own),
                false => Borne { platform: has.platform + worth - has.total(), ..has },
            };
            booking.post("chargebacks", own, -worth);
            self.bear(n, borne);
        }
    }

    // What hosts and the post do.

    /// The host begins an account and fills in the form.
    pub fn onboard(&mut self, host: usize, now: Instant) {
        self.hosts[host].account.is_begun = true;
        self.hosts[host].account.can_receive = true;
        self.account_moved(host, now);
    }

    /// Another account takes the place of the one there is; it is filled in at once.
    pub fn replace(&mut self, host: usize, held_until: Instant, now: Instant) {
        let account = PayAccount {
            is_begun: true,
            can_receive: true,
            is_known_to: false,
            is_known_submitted: false,
            held_until: Some(held_until),
        };
        self.hosts[host].account = account;
        self.account_moved(host, now);
    }

    /// Stripe closes an account, or opens it again.
    pub fn close(&mut self, host: usize, is_closed: bool, now: Instant) {
        self.hosts[host].account.can_receive = !is_closed;
        self.account_moved(host, now);
    }

    fn account_moved(&mut self, host: usize, now: Instant) {
        match self.mail {
            Mail::Prompt => self.hear_of_account(host, now),
            Mail::Kept => self.kept_hosts.extend([host]),
            Mail::Lost => self.lost_hosts.extend([host]),
        }
    }

    fn hear_of_account(&mut self, host: usize, now: Instant) {
        let account = &mut self.hosts[host].account;
        let was_able = account.is_known_to;
        account.is_known_submitted = account.is_begun;
        account.is_known_to = account.can_receive;
        if !account.is_known_to {
            return;
        }
        for n in 0..self.bookings.len() {
            if self.homes[self.bookings[n].home].host != host {
                continue;
            }
            for k in 0..self.bookings[n].payouts.len() {
                let is_stuck = match self.bookings[n].payouts[k].going {
                    Going::Waiting => true,
                    Going::Failed => !was_able,
                    _ => false,
                };
                if is_stuck {
                    self.pay_out(n, k, now);
                }
            }
        }
    }

    /// What was kept back comes.
    pub fn release(&mut self, now: Instant) {
        for host in std::mem::take(&mut self.kept_hosts) {
            self.hear_of_account(host, now);
        }
        for n in std::mem::take(&mut self.kept) {
            self.hear(n, now);
        }
        self.mail = Mail::Prompt;
    }

    /// What was lost comes after all.
    pub fn find_lost(&mut self, now: Instant) {
        for host in std::mem::take(&mut self.lost_hosts) {
            self.hear_of_account(host, now);
        }
        for n in std::mem::take(&mut self.lost) {
            self.hear(n, now);
        }
    }
}
