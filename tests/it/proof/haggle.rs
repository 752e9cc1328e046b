//! Playing changes of dates or guests: proposing, answering and withdrawing them. What they cost is paid in `play.rs`.

use chrono::Days;
use serde_json::{Value, json};

use super::{
    change::{ANSWERED_WITHIN, Change, HELD_FOR, Stand},
    money::{minor, money},
    oracle::{Booking, State, Till},
    play::{GOOD, code, index, instant},
    price::{self, Terms},
    stage::Stage,
    step::Raw,
};
use crate::support::people::{ANSWER, PROPOSE, WITHDRAW};

const CHANGES: &str = "query($id: ID!) { booking(by: { id: $id }) { changes {
    id status endsAt payment { id amount { amount currencyCode } } } } }";

/// How far ahead a stay may end, so that all have ended when a proof does.
const FARTHEST: u64 = 54;
/// Longer stays have rules of their own, which are told in another test.
const LONGEST: u64 = 14;

impl Stage {
    /// Other dates or guests of a booking: longer, shorter, another day, or more people.
    fn other_terms(&self, n: usize, raw: Raw) -> Terms {
        let was = self.oracle.bookings[n].terms;
        let few = 1 + (raw / 64) % 3;
        let mut to = was;
        match raw % 8 {
            0..=2 => to.nights = LONGEST.min(was.nights + few),
            3 | 4 => to.nights = was.nights.saturating_sub(few).max(1),
            5 => to.check_in = was.check_in + Days::new(few),
            6 => {
                to.check_in = was.check_in - Days::new(few);
                to.nights = LONGEST.min(was.nights + few);
            }
            _ => {
                to.adults = i64::try_from(1 + (raw / 1_024) % 4).unwrap();
                to.pets = i64::try_from((raw / 8_192) % 2).unwrap();
                to.nights = LONGEST.min(was.nights + (raw / 16_384) % 2);
            }
        }
        let today = self.world.now().date_naive();
        // What is booked at such short notice, or so far ahead, is told in another test.
        let is_soon = to.check_in != was.check_in && to.check_in < today + Days::new(2);
        let is_far = to.check_out() > today + Days::new(FARTHEST);
        if is_soon || is_far { Terms { check_in: was.check_in, nights: was.nights, ..to } } else { to }
    }

    pub(super) async fn propose(
        &mut self,
        which: Raw,
        by_host: bool,
        (terms, haste): (Raw, Raw),
        twice: bool,
    ) {
        let can_be = |it: &Booking| it.state == State::Confirmed && it.open_change().is_none();
        let Some(n) = self.choose(which, can_be) else { return };
        let key = self.key();
        let to = self.other_terms(n, terms);
        let booking = &self.oracle.bookings[n];
        let (own, coin) = (booking.price.coin, booking.coin);
        let price = price::price(&self.oracle.homes[booking.home].tariff, &to);
        let taken = self.oracle.taken_but_by(booking.home, Some(n));
        let nights: Vec<_> = to.dates(0, to.nights).filter(|date| taken.contains_key(date)).collect();
        let difference = booking.difference(&price);
        let word = |at| {
            let is_open = booking.open_change().is_some();
            let refused = is_open.then_some("ALREADY_OPEN").or_else(|| booking.no_change(&to, at));
            refused.or((!nights.is_empty()).then_some("NIGHTS_TAKEN")).or(difference.err())
        };
        let stay = json!({ "checkIn": to.check_in, "checkOut": to.check_out() });
        let party = json!({ "adults": to.adults, "pets": to.pets });
        let is_dates = (to.check_in, to.nights) != (booking.terms.check_in, booking.terms.nights);
        let is_party = (to.adults, to.pets) != (booking.terms.adults, booking.terms.pets);
        // What is left out stays as it is.
        let input = json!({
            "bookingId": booking.id, "note": "My sister comes too", "idempotencyKey": key,
            "stay": (is_dates || !is_party).then_some(stay), "party": is_party.then_some(party),
        });
        let who = if by_host { self.host_of(n) } else { self.guest_of(n) };
        let proposed = who.attempt(PROPOSE, input.clone()).await;
        // An instant of the stay may have passed meanwhile.
        let words = [word(self.began), word(self.world.now())];
        assert!(words.contains(&code(&proposed)), "{proposed:#} and not {words:?}, {to:?}");
        if code(&proposed) == Some("NIGHTS_TAKEN") {
            assert_eq!(proposed["errors"][0]["nights"], json!(nights));
        }
        if code(&proposed).is_some() {
            return;
        }
        let (paid, worth) = difference.unwrap();
        let seen = &proposed["change"];
        assert_eq!(seen["status"], "PROPOSED");
        assert_eq!(seen["difference"], money(paid, coin), "{to:?}");
        assert_eq!(seen["listingDifference"], money(worth, own), "{to:?}");
        assert_eq!(minor(&seen["total"]), price.to_pay(coin), "{to:?}");
        let ends = instant(&seen["endsAt"]);
        let may_end = |at| booking.change_ends(&to, at, ANSWERED_WITHIN);
        assert!((may_end(self.began)..=may_end(self.world.now())).contains(&ends), "it waits until {ends}");
        if twice {
            let again = who.attempt(PROPOSE, input).await;
            assert_eq!((code(&again), &again["change"]["id"]), (None, &seen["id"]));
        }
        let id = seen["id"].as_str().unwrap().to_owned();
        let (stand, by_guest, is_prolonged, till) = (Stand::Proposed, !by_host, false, None);
        let change = Change { id, by_guest, terms: to, price, paid, worth, stand, ends, is_prolonged, till };
        let k = self.oracle.bookings[n].changes.len();
        self.oracle.bookings[n].changes.push(change);
        if haste % 8 >= 3 {
            self.say_to_change((n, k), true, true, false).await;
        }
        let change = &self.oracle.bookings[n].changes[k];
        if let (true, Stand::Accepted, Some(till)) = (haste % 8 >= 5, change.stand, change.till) {
            self.pay_till(n, till, GOOD).await;
        }
    }

    /// A change to do something with: mostly one that waits for an answer.
    fn choose_change(&mut self, raw: Raw) -> Option<(usize, usize)> {
        let of = |n: usize| self.oracle.bookings[n].changes.iter().enumerate().map(move |(k, it)| (n, k, it));
        let all: Vec<_> = (0..self.oracle.bookings.len()).flat_map(of).collect();
        let waits = all.iter().filter(|(.., change)| change.stand == Stand::Proposed);
        let waits: Vec<_> = waits.copied().collect();
        let from = if waits.is_empty() || raw.is_multiple_of(8) { all } else { waits };
        if from.is_empty() {
            return None;
        }
        let (n, k, _) = from[index(raw / 8, from.len())];
        self.touched.push(n);
        Some((n, k))
    }

    pub(super) async fn answer_change(&mut self, which: Raw, who: Raw, accept: bool, twice: bool) {
        let Some(change) = self.choose_change(which) else { return };
        self.say_to_change(change, !who.is_multiple_of(8), accept, twice).await;
    }

    /// A side of a booking answers a change.
    async fn say_to_change(
        &mut self,
        (n, k): (usize, usize),
        is_other_side: bool,
        accept: bool,
        twice: bool,
    ) {
        let key = self.key();
        let booking = &self.oracle.bookings[n];
        let change = &booking.changes[k];
        if accept && is_other_side && self.is_told_elsewhere(n, k) {
            return;
        }
        let taken = self.oracle.taken_but_by(booking.home, Some(n));
        let nights = change.terms.dates(0, change.terms.nights).filter(|date| taken.contains_key(date));
        let nights: Vec<_> = nights.collect();
        // What was given meanwhile does not go back once more.
        let is_shown =
            change.worth > 0 || booking.difference(&change.price) == Ok((change.paid, change.worth));
        let word = |at| match () {
            () if !is_other_side => Some("OTHER_SIDE"),
            () if change.stand != Stand::Proposed => Some("NOT_OPEN"),
            () if !accept => None,
            () => {
                let refused = booking.no_change(&change.terms, at);
                let refused = refused.or((!nights.is_empty()).then_some("NIGHTS_TAKEN"));
                refused.or((!is_shown).then_some("OUT_OF_DATE"))
            }
        };
        let by_guest = change.by_guest != is_other_side;
        let who = if by_guest { self.guest_of(n) } else { self.host_of(n) };
        let input = json!({ "changeId": change.id, "accept": accept, "reason": "", "idempotencyKey": key });
        let answered = who.attempt(ANSWER, input.clone()).await;
        let words = [word(self.began), word(self.world.now())];
        assert!(words.contains(&code(&answered)), "{answered:#} and not {words:?}");
        if code(&answered) == Some("NIGHTS_TAKEN") {
            assert_eq!(answered["errors"][0]["nights"], json!(nights));
        }
        if code(&answered).is_some() {
            return;
        }
        if twice {
            let again = who.attempt(ANSWER, input).await;
            assert_eq!((code(&again), &again["change"]["id"]), (None, &answered["change"]["id"]));
        }
        if !accept {
            self.oracle.bookings[n].changes[k].stand = Stand::Declined;
        } else if change.worth > 0 {
            // The host is not shown what the guest pays with.
            let shown = &answered["payment"];
            let is_shown = by_guest && minor(&shown["amount"]) == change.paid;
            assert!(is_shown || (!by_guest && *shown == Value::Null), "{answered:#}");
            let hold = self.held(n, k).await;
            self.oracle.accept_change(n, k, Some(hold));
        } else {
            assert_eq!(answered["payment"], Value::Null);
            self.oracle.accept_change(n, k, None);
        }
        assert_eq!(answered["change"]["status"], self.oracle.bookings[n].changes[k].stand.name());
    }

    /// Whether a change that is accepted is told in another test: a bank argues about what would go back; the host would bear
    /// more than it earns then; or it would be paid out of the platform's balance.
    fn is_told_elsewhere(&self, n: usize, k: usize) -> bool {
        let booking = &self.oracle.bookings[n];
        let change = &booking.changes[k];
        if booking.is_banks() || booking.goodwill.host > change.price.parts().base * 9 / 10 {
            return true;
        }
        if change.stand != Stand::Proposed || change.worth > 0 {
            return false;
        }
        let mut after = self.oracle.clone();
        after.accept_change(n, k, None);
        !after.bookings[n].fits()
    }

    /// What the guest pays for a change that was just accepted, and until when.
    async fn held(&self, n: usize, k: usize) -> (Till, price::Instant) {
        let booking = &self.oracle.bookings[n];
        let (change, coin) = (&booking.changes[k], booking.coin);
        let seen = self.guest_of(n).get(CHANGES, json!({ "id": booking.id })).await;
        let seen = &seen["changes"][k];
        assert_eq!((&seen["id"], &seen["status"]), (&json!(change.id), &json!("ACCEPTED")));
        assert_eq!(seen["payment"]["amount"], money(change.paid, coin));
        let ends = instant(&seen["endsAt"]);
        let may_end = |at| booking.change_ends(&change.terms, at, HELD_FOR);
        assert!((may_end(self.began)..=may_end(self.world.now())).contains(&ends), "it is held until {ends}");
        let id = seen["payment"]["id"].as_str().unwrap().to_owned();
        (Till::new(id, coin, change.paid, change.worth), ends)
    }

    pub(super) async fn withdraw_change(&mut self, which: Raw, who: Raw, twice: bool) {
        let Some((n, k)) = self.choose_change(which) else { return };
        let key = self.key();
        let is_own = !who.is_multiple_of(4);
        let change = &self.oracle.bookings[n].changes[k];
        let expected = match () {
            () if !is_own => Some("OTHER_SIDE"),
            () => (change.stand != Stand::Proposed).then_some("NOT_OPEN"),
        };
        let who = if change.by_guest == is_own { self.guest_of(n) } else { self.host_of(n) };
        let input = json!({ "changeId": change.id, "idempotencyKey": key });
        let withdrawn = who.attempt(WITHDRAW, input.clone()).await;
        assert_eq!(code(&withdrawn), expected, "{withdrawn:#}");
        if expected.is_some() {
            return;
        }
        assert_eq!(withdrawn["change"]["status"], "WITHDRAWN");
        if twice {
            assert_eq!(who.attempt(WITHDRAW, input).await, withdrawn);
        }
        self.oracle.bookings[n].changes[k].stand = Stand::Withdrawn;
    }

    /// A guest pays what a change costs more: mostly one that waits for it; where none does, a booking, or once more what was
    /// paid or has ended.
    pub(super) async fn pay_change(&mut self, which: Raw, card: Raw) {
        let of = |n: usize| (1..self.oracle.bookings[n].tills.len()).map(move |till| (n, till));
        let all: Vec<_> = (0..self.oracle.bookings.len()).flat_map(of).collect();
        let due: Vec<_> =
            all.iter().filter(|(n, till)| self.oracle.bookings[*n].is_due(*till)).copied().collect();
        let from = match () {
            () if which.is_multiple_of(8) => all,
            () if due.is_empty() => return self.pay(which, card).await,
            () => due,
        };
        if !from.is_empty() {
            let (n, till) = from[index(which / 8, from.len())];
            self.touched.push(n);
            self.pay_till(n, till, card).await;
        }
    }
}
