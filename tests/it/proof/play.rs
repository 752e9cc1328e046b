//! Playing a step: the oracle says what must come, the server is asked, and the two are held against each other.

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    money::{Coin, minor, money, part},
    oracle::{Arguing, Booking, Chargeback, Claim, Mail, Oracle, State, Till, Way},
    price::{self, Borne, Instant, Terms},
    stage::Stage,
    step::{Raw, Step},
};
use crate::support::{
    only_error,
    people::{ACCEPT, BOOK, CANCEL, DECLINE, PASSWORD, PAY},
    stripe::signature,
};

const QUOTE: &str = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) {
    quote { id total { amount currencyCode } price { lines { kind amount { amount currencyCode } } } }
    errors { code message nights } } }";
const REFUND: &str = "mutation($input: RefundBookingInput!) { refundBooking(input: $input) {
    refunds { id amount { amount currencyCode } } errors { code message left { amount } } } }";
const PREVIEW: &str = "query($id: ID!, $at: DateTime) { booking(by: { id: $id }) { status cancelledAt
    refundPreview(at: $at) { rule isLimited total { amount currencyCode } hostKeeps { amount } hostFee { amount }
      hostGets { amount } platformGets { amount } taxes { amount } penalty { amount } } } }";
const OPEN: &str = "mutation($input: OpenDisputeInput!) { openDispute(input: $input) {
    dispute { id respondBy } errors { code message } } }";
const REPLY: &str = "mutation($input: AnswerDisputeInput!) { answerDispute(input: $input) {
    dispute { status } errors { code message } } }";
const WITHDRAW: &str = "mutation($input: WithdrawDisputeInput!) { withdrawDispute(input: $input) {
    dispute { status } errors { code message } } }";
const RESOLVE: &str = "mutation($input: ResolveDisputeInput!) { resolveDispute(input: $input) {
    dispute { status } errors { code message } } }";
const CLOSE: &str = "mutation($input: SandboxCloseChargebackInput!) { sandboxCloseChargeback(input: $input) {
    dispute { id } errors { code message } } }";
const CHARGEBACKS: &str = "{ admin { disputes(kind: CHARGEBACK, first: 1) { nodes {
    id bookingId status amount { amount } paidAmount { amount } } } } }";
const START: &str = "mutation($input: StartPayoutOnboardingInput!) { startPayoutOnboarding(input: $input) {
    payoutAccount { heldUntil } errors { code message } } }";
const COMPLETE: &str = "mutation { sandboxCompleteOnboarding { errors { code } } }";

/// A good card, one that asks the bank first, and two bad ones.
const CARDS: [(&str, &str, bool); 5] = [
    ("4242424242424242", "SUCCEED", true),
    ("4000000000003220", "SUCCEED", true),
    ("4242424242424242", "SUCCEED", true),
    ("4000000000000002", "SUCCEED", false),
    ("4000000000003220", "FAIL", false),
];

/// The first of them.
pub const GOOD: Raw = 0;

/// An instant of the API.
pub fn instant(value: &Value) -> Instant {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no instant"));
    text.parse::<DateTime<Utc>>().unwrap()
}

pub fn index(raw: Raw, len: usize) -> usize {
    usize::try_from(raw % len as u64).unwrap()
}

/// So many hundredths of an amount.
fn of(amount: i64, percent: Raw, coin: Coin) -> i64 {
    part(amount, i64::try_from(percent).unwrap(), 100, coin)
}

/// Less than that may be nothing in another coin.
fn least(coin: Coin) -> i64 {
    if coin == Coin::Jpy { 100 } else { coin.unit() }
}

/// As the API takes it: nothing is said where the platform bears all of it.
fn split_of(borne: Borne, coin: Coin) -> Value {
    let Borne { host, platform, taxes } = borne;
    let split = json!({
        "host": money(host, coin), "platform": money(platform, coin), "taxes": money(taxes, coin),
    });
    if host + taxes > 0 { split } else { Value::Null }
}

/// The outcome of a mutation: nothing, or the code of its only error.
pub fn code(payload: &Value) -> Option<&str> {
    (payload["errors"] != json!([])).then(|| only_error(payload))
}

/// Why so much is not given by hand: the coin of a payment that some of it comes out of is not so small.
fn no_coin(booking: &Booking, amount: i64) -> Option<&'static str> {
    let given: i64 = booking.portions(amount, None, true).iter().map(|portion| portion.worth).sum();
    (given != amount).then_some("AMOUNT_INVALID")
}

impl Stage {
    /// Plays a step and holds what comes of it against the oracle. What must hold after every step is not looked at here.
    pub async fn play(&mut self, step: Step) {
        self.begin();
        self.rest().await;
        match step {
            Step::Book { guest, home, stay, coin, haste, twice } => {
                self.book((guest, home), stay, coin, haste, twice).await;
            }
            Step::Race { home, stay } => self.race(home, stay).await,
            Step::Pay { which, card } => self.pay(which, card).await,
            Step::Propose { which, by_host, terms, haste, twice } => {
                self.propose(which, by_host, (terms, haste), twice).await;
            }
            Step::AnswerChange { which, who, accept, twice } => {
                self.answer_change(which, who, accept, twice).await;
            }
            Step::WithdrawChange { which, who, twice } => self.withdraw_change(which, who, twice).await,
            Step::PayChange { which, card } => self.pay_change(which, card).await,
            Step::Answer { which, accept, twice } => self.answer(which, accept, twice).await,
            Step::Cancel { which, by_host, twice } => self.cancel(which, by_host, twice).await,
            Step::Refund { which, share, host, taxes, twice } => {
                self.refund(which, share, (host, taxes), twice).await;
            }
            Step::Claim { which, by_host, share } => self.claim(which, by_host, share).await,
            Step::Reply { which } => self.reply(which).await,
            Step::Withdraw { which } => self.withdraw(which).await,
            Step::Resolve { which, refund, host, taxes, award, twice } => {
                self.resolve(which, (refund, host, taxes), award, twice).await;
            }
            Step::ChargeBack { which } => self.charge_back(which).await,
            Step::BankDecides { which, is_won } => self.bank_decides(which, is_won).await,
            Step::Look { which, boundary, beside } => self.look(which, boundary, beside).await,
            Step::Account { host, replace } => self.account(host, replace).await,
            Step::Post { how, double, newest_first } => self.post(how, double, newest_first).await,
            Step::Found { order } => self.found(order).await,
            Step::Wait { minutes } => {
                let minutes = TimeDelta::minutes(i64::try_from(minutes).unwrap());
                self.pass_to(self.world.now() + minutes).await;
            }
            Step::WaitFor { which, boundary, beside } => self.wait_for(which, boundary, beside).await,
        }
        self.rest().await;
    }

    fn begin(&mut self) {
        self.began = self.world.now();
        self.touched.clear();
        self.oracle.sent_now.clear();
    }

    /// A booking to do something with: mostly one for which that makes sense, sometimes any.
    pub(super) fn choose(&mut self, raw: Raw, makes_sense: impl Fn(&Booking) -> bool) -> Option<usize> {
        let all = &self.oracle.bookings;
        let sensible: Vec<usize> = (0..all.len()).filter(|n| makes_sense(&all[*n])).collect();
        let n = match sensible.len() {
            _ if all.is_empty() => return None,
            0 => index(raw / 8, all.len()),
            _ if raw.is_multiple_of(8) => index(raw / 8, all.len()),
            len => sensible[index(raw / 8, len)],
        };
        self.touched.push(n);
        Some(n)
    }

    /// A stay within the next six weeks.
    fn terms(&self, raw: Raw) -> Terms {
        let today = self.world.now().date_naive();
        let nights = [1, 2, 3, 3, 4, 5, 7, 8][index(raw / 64, 8)];
        Terms {
            check_in: today + Days::new(2 + (raw / 1_024) % 40),
            nights,
            adults: i64::try_from(1 + (raw / 65_536) % 4).unwrap(),
            pets: i64::try_from((raw / 4) % 2).unwrap(),
            non_refundable: raw.is_multiple_of(4),
        }
    }

    /// The coins that a home can be paid in: one of them in any.
    fn coin(&self, home: usize, raw: Raw) -> Coin {
        let own = self.oracle.homes[home].tariff.coin;
        match (home, raw % 6) {
            (0, 0) => Coin::Usd,
            (0, 1) => Coin::Jpy,
            (0, 2) => Coin::Kwd,
            _ => own,
        }
    }

    /// Asks for a price and holds it against the oracle's, line by line. None where the nights are taken.
    async fn quote(&self, guest: usize, home: usize, terms: &Terms, coin: Coin) -> Option<String> {
        let own = self.oracle.homes[home].tariff.coin;
        let input = json!({
            "listingId": self.homes[home],
            "stay": { "checkIn": terms.check_in, "checkOut": terms.check_out() },
            "party": { "adults": terms.adults, "pets": terms.pets },
            "currencyCode": (coin != own).then(|| coin.code()),
            "ratePlan": if terms.non_refundable { "NON_REFUNDABLE" } else { "STANDARD" },
        });
        let quoted = self.guests[guest].attempt(QUOTE, input).await;
        if !self.oracle.is_free(home, terms) {
            assert_eq!(code(&quoted), Some("NOT_AVAILABLE"), "{terms:?}");
            return None;
        }
        assert_eq!(code(&quoted), None, "{quoted:#} {terms:?}");
        let price = price::price(&self.oracle.homes[home].tariff, terms);
        let lines: Vec<Value> = price
            .paid_in(coin)
            .iter()
            .map(|(kind, amount)| json!({ "kind": kind.name(), "amount": money(*amount, coin) }))
            .collect();
        assert_eq!(quoted["quote"]["price"]["lines"], json!(lines), "{terms:?}");
        assert_eq!(quoted["quote"]["total"], money(price.to_pay(coin), coin));
        Some(quoted["quote"]["id"].as_str().unwrap().to_owned())
    }

    /// Books a quote whose nights were free, and holds the answer against the oracle's.
    async fn book_quote(
        &mut self,
        guest: usize,
        home: usize,
        terms: Terms,
        coin: Coin,
        quote: &str,
        twice: bool,
    ) {
        let input = json!({ "quoteId": quote, "idempotencyKey": quote });
        let booked = self.guests[guest].attempt(BOOK, input.clone()).await;
        let expected = match () {
            () if self.oracle.has_most_holds(guest) => Some("TOO_MANY_HOLDS"),
            () if !self.oracle.is_free(home, &terms) => Some("NIGHTS_TAKEN"),
            () => None,
        };
        assert_eq!(code(&booked), expected, "{booked:#}");
        if expected == Some("NIGHTS_TAKEN") {
            let taken = self.oracle.taken(home);
            let nights: Vec<_> =
                terms.dates(0, terms.nights).filter(|date| taken.contains_key(date)).collect();
            assert_eq!(booked["errors"][0]["nights"], json!(nights));
        }
        if expected.is_some() {
            return;
        }
        let price = price::price(&self.oracle.homes[home].tariff, &terms);
        let amount = price.to_pay(coin);
        assert_eq!(minor(&booked["booking"]["total"]), amount);
        assert_eq!(minor(&booked["payment"]["amount"]), amount);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let id = text(&booked["booking"]["id"]);
        let till = Till::new(text(&booked["payment"]["id"]), coin, amount, price.total());
        let hold_ends = instant(&booked["booking"]["holdEndsAt"]);
        let held_for = TimeDelta::minutes(15);
        assert!((self.began + held_for..=self.world.now() + held_for).contains(&hold_ends));
        self.touched.push(self.oracle.bookings.len());
        self.waiting_since.push(None);
        self.is_dated.push(false);
        let who = (guest, home, self.oracle.homes[home].asked_first);
        self.oracle.book(Booking::new(id.clone(), who, terms, price, till, hold_ends));
        if twice {
            let again = self.guests[guest].attempt(BOOK, input).await;
            assert_eq!((code(&again), &again["booking"]["id"]), (None, &json!(id)));
        }
    }

    async fn book(&mut self, (guest, home): (Raw, Raw), stay: Raw, coin: Raw, haste: Raw, twice: bool) {
        let (guest, home) = (index(guest, self.guests.len()), index(home, self.homes.len()));
        let (terms, coin) = (self.terms(stay), self.coin(home, coin));
        if let Some(quote) = self.quote(guest, home, &terms, coin).await {
            let before = self.oracle.bookings.len();
            self.book_quote(guest, home, terms, coin, &quote, twice).await;
            if haste % 8 >= 3 && self.oracle.bookings.len() > before {
                self.pay_till(before, 0, GOOD).await;
                if haste % 8 >= 5 && self.oracle.bookings[before].by_request {
                    self.say(before, true, false).await;
                }
            }
        }
    }

    async fn race(&mut self, home: Raw, stay: Raw) {
        let home = index(home, self.homes.len());
        let (terms, coin) = (self.terms(stay), self.oracle.homes[home].tariff.coin);
        let guests = [index(stay, self.guests.len()), index(stay.wrapping_add(1), self.guests.len())];
        let mut quotes = Vec::new();
        for guest in guests {
            quotes.push(self.quote(guest, home, &terms, coin).await);
        }
        for (guest, quote) in guests.into_iter().zip(quotes) {
            if let Some(quote) = quote {
                self.book_quote(guest, home, terms, coin, &quote, false).await;
            }
        }
    }

    pub(super) async fn pay(&mut self, which: Raw, card: Raw) {
        let Some(n) = self.choose(which, |it| it.is_due(0)) else { return };
        self.pay_till(n, 0, card).await;
    }

    pub(super) async fn pay_till(&mut self, n: usize, till: usize, card: Raw) {
        let (number, authentication, is_good) = CARDS[index(card, CARDS.len())];
        let key = self.key();
        let booking = &self.oracle.bookings[n];
        let input = json!({
            "paymentId": booking.tills[till].id, "card": number, "authentication": authentication,
            "idempotencyKey": key,
        });
        let paid = self.guest_of(n).attempt(PAY, input).await;
        // What was paid, or has ended, is not paid for again.
        if !booking.is_due(till) {
            assert!(matches!(code(&paid), Some("NOT_PAYABLE" | "BOOKING_ENDED")), "{paid:#}");
            return;
        }
        assert_eq!(code(&paid), (!is_good).then_some("DECLINED"), "{paid:#}");
        let status = match (is_good, booking.by_request && till == 0) {
            (true, false) => "SUCCEEDED",
            (true, true) => "AUTHORISED",
            (false, _) => "REQUIRES_PAYMENT_METHOD",
        };
        assert_eq!(paid["status"], status);
        if is_good {
            self.world.settle().await;
            self.oracle.paid(n, till, self.world.now());
        }
    }

    async fn answer(&mut self, which: Raw, accept: bool, twice: bool) {
        let asked = |it: &Booking| it.state == State::PendingApproval;
        let Some(n) = self.choose(which, asked) else { return };
        self.say(n, accept, twice).await;
    }

    /// A host says something to a request, whether or not that waits for it.
    async fn say(&mut self, n: usize, accept: bool, twice: bool) {
        let asked = |it: &Booking| it.state == State::PendingApproval;
        let key = self.key();
        let (id, expected) = {
            let booking = &self.oracle.bookings[n];
            (booking.id.clone(), (!asked(booking)).then_some("NOT_PENDING"))
        };
        let (mutation, input) = match accept {
            true => (ACCEPT, json!({ "bookingId": id, "idempotencyKey": key })),
            false => (DECLINE, json!({ "bookingId": id, "reason": "" })),
        };
        let answered = self.host_of(n).attempt(mutation, input.clone()).await;
        assert_eq!(code(&answered), expected, "{answered:#}");
        if expected.is_some() {
            return;
        }
        let now = self.world.now();
        if accept {
            self.oracle.accept(n, now);
        } else {
            self.oracle.decline(n, now);
        }
        assert_eq!(answered["booking"]["status"], self.oracle.bookings[n].state.name());
        if twice && accept {
            assert_eq!(self.host_of(n).attempt(mutation, input).await, answered);
        }
    }

    /// Holds what is shown of a booking that could be called off against the oracle's word.
    async fn preview(&self, n: usize, by_guest: bool, at: Instant) {
        let booking = &self.oracle.bookings[n];
        let who = if by_guest { self.guest_of(n) } else { self.host_of(n) };
        let seen = who.get(PREVIEW, json!({ "id": booking.id, "at": at })).await;
        let shown = &seen["refundPreview"];
        if booking.state != State::Confirmed {
            assert_eq!(*shown, Value::Null);
            return;
        }
        let policy = self.oracle.homes[booking.home].tariff.policy;
        let (rule, _, end) = booking.called_off(policy, by_guest, at);
        let said = (shown["rule"].as_str().unwrap(), shown["isLimited"].as_bool().unwrap());
        let terms = &booking.terms;
        assert_eq!(said, (rule, end.is_limited), "{at} {policy:?} {terms:?}");
        let of = |name: &str| minor(&shown[name]);
        let each = ["total", "hostKeeps", "hostFee", "hostGets", "platformGets", "taxes"].map(of);
        let expected = [booking.share(end.worth), end.base, end.host_fee, end.host, end.platform, end.taxes];
        assert_eq!(each, expected, "{at} {policy:?} {terms:?} {rule}");
        let penalty = (!by_guest).then(|| price::penalty(&booking.price, terms, at));
        assert_eq!((!shown["penalty"].is_null()).then(|| of("penalty")), penalty, "{at} {terms:?}");
    }

    async fn cancel(&mut self, which: Raw, by_host: bool, twice: bool) {
        let can_be = |it: &Booking| it.state == State::Confirmed || (!by_host && it.state.waits());
        let Some(n) = self.choose(which, can_be) else { return };
        // What a policy gives of what a bank has taken waits for the bank: that is told in `disputes/chargebacks.rs`.
        if self.oracle.bookings[n].is_banks() {
            return;
        }
        self.preview(n, !by_host, self.world.now()).await;
        let key = self.key();
        let (id, expected) = {
            let booking = &self.oracle.bookings[n];
            let expected = match booking.state {
                State::PendingApproval if by_host => Some("DECLINE_INSTEAD"),
                _ if can_be(booking) => None,
                _ => Some("ALREADY_ENDED"),
            };
            (booking.id.clone(), expected)
        };
        if expected.is_none() && self.oracle.bookings[n].state == State::Confirmed {
            let now = self.world.now();
            if !self.fits_after(n, |oracle| oracle.cancel(n, !by_host, now)) {
                return;
            }
        }
        let input = json!({ "bookingId": id, "reason": "Rain", "idempotencyKey": key });
        let who = if by_host { self.host_of(n) } else { self.guest_of(n) };
        let cancelled = who.attempt(CANCEL, input.clone()).await;
        assert_eq!(code(&cancelled), expected, "{cancelled:#}");
        if expected.is_some() {
            return;
        }
        assert_eq!(cancelled["booking"]["status"], "CANCELLED");
        if twice {
            assert_eq!(who.attempt(CANCEL, input).await, cancelled);
        }
        let seen = who.get(PREVIEW, json!({ "id": id })).await;
        let at = instant(&seen["cancelledAt"]);
        assert!((self.began..=self.world.now()).contains(&at));
        self.oracle.cancel(n, !by_host, at);
    }

    async fn refund(&mut self, which: Raw, share: Raw, (host, taxes): (Raw, Raw), twice: bool) {
        let paid = |it: &Booking| it.refundable() > 0 && (it.state == State::Confirmed || it.has_ended());
        let Some(n) = self.choose(which, paid) else { return };
        let key = self.key();
        let booking = &self.oracle.bookings[n];
        let (own, left) = (booking.price.coin, booking.refundable());
        let amount = of(left, share, own).max(least(own));
        let way = if share.is_multiple_of(3) { Way::OutOfBand } else { Way::Stripe };
        let borne = self.split(n, amount, (host, taxes));
        let expected = match () {
            () if booking.state != State::Confirmed && !booking.has_ended() => Some("NOTHING_PAID"),
            () if amount > left => Some("MORE_THAN_LEFT"),
            () if borne.taxes > booking.taxes_left() => Some("MORE_THAN_TAXES"),
            () => no_coin(booking, amount),
        };
        if expected.is_none() && !self.fits_after(n, |oracle| oracle.goodwill(n, amount, borne, way)) {
            return;
        }
        let input = json!({
            "bookingId": booking.id, "amount": money(amount, own), "reason": "The heating was broken",
            "borneBy": split_of(borne, own), "idempotencyKey": key, "outOfBand": way == Way::OutOfBand,
        });
        let given = self.admin.attempt(REFUND, input.clone()).await;
        assert_eq!(code(&given), expected, "{given:#}");
        match expected {
            Some("MORE_THAN_LEFT") => assert_eq!(minor(&given["errors"][0]["left"]), left),
            Some("MORE_THAN_TAXES") => assert_eq!(minor(&given["errors"][0]["left"]), booking.taxes_left()),
            Some(_) => {}
            None => {
                let portions = booking.portions(amount, None, true);
                let of = |refund: &Value| refund["amount"].clone();
                let seen: Vec<Value> = given["refunds"].as_array().unwrap().iter().map(of).collect();
                let ours: Vec<Value> = portions.iter().map(|it| money(it.amount, booking.coin)).collect();
                assert_eq!(seen, ours);
                if twice {
                    assert_eq!(self.admin.attempt(REFUND, input).await, given);
                }
                self.oracle.goodwill(n, amount, borne, way);
            }
        }
    }

    /// Who bears so much of a booking, given hundredths of host and taxes. A host who bears more than it has earned comes to
    /// owe it when the stay ends, together with what else is paid out then: that is told in `admin_refunds.rs`.
    fn split(&self, n: usize, amount: i64, (host, taxes): (Raw, Raw)) -> Borne {
        let booking = &self.oracle.bookings[n];
        let own = booking.price.coin;
        let most = booking.price.parts().base * 9 / 10 - booking.goodwill.host;
        // Each refund takes its part back from the host: of several, each is rounded to the coin that was sent.
        let is_in_parts = booking.has_ended() && booking.tills.len() > 1 && booking.coin != own;
        let most = if is_in_parts { 0 } else { most };
        let host = of(amount, host, own).min(most - most.rem_euclid(own.step())).max(0);
        let taxes = of(amount, taxes, own).min(amount - host);
        Borne { host, taxes, platform: amount - host - taxes }
    }

    /// Whether what the host is to be paid still can be paid out of each charge, when that was done.
    fn fits_after(&self, n: usize, done: impl FnOnce(&mut Oracle)) -> bool {
        let mut after = self.oracle.clone();
        done(&mut after);
        after.bookings[n].fits()
    }

    async fn claim(&mut self, which: Raw, by_host: bool, share: Raw) {
        let now = self.began;
        let Some(n) = self.choose(which, |it| it.no_dispute(now).is_none()) else { return };
        let booking = &self.oracle.bookings[n];
        let own = booking.price.coin;
        let came = booking.came();
        let most = if by_host { came } else { booking.left() };
        let amount = of(most, share, own).max(least(own));
        let is_open = booking.claims.iter().any(|claim| !claim.is_over && claim.by_guest != by_host);
        let word = |at| match () {
            () if came == 0 => Some("NOTHING_PAID"),
            () if amount > most => Some("MORE_THAN_PAID"),
            () => booking.no_dispute(at).or(is_open.then_some("ALREADY_OPEN")),
        };
        let input = json!({
            "bookingId": booking.id, "claim": if by_host { "DAMAGE" } else { "NOT_CLEAN" },
            "amount": money(amount, own), "text": "There was a hole in the roof.",
        });
        let who = if by_host { self.host_of(n) } else { self.guest_of(n) };
        let opened = who.attempt(OPEN, input).await;
        // The day on which it is too early, or too late, may have turned meanwhile.
        let words = [word(self.began), word(self.world.now())];
        assert!(words.contains(&code(&opened)), "{opened:#} and not {words:?}");
        if code(&opened).is_some() {
            return;
        }
        let respond_by = instant(&opened["dispute"]["respondBy"]);
        let days = TimeDelta::hours(72);
        assert!((self.began + days..=self.world.now() + days).contains(&respond_by));
        let id = opened["dispute"]["id"].as_str().unwrap().to_owned();
        let (is_answered, is_over, is_late) = (false, false, false);
        let claim = Claim { id, by_guest: !by_host, amount, respond_by, is_answered, is_over, is_late };
        self.oracle.claim(n, claim);
    }

    /// A claim to do something with: mostly one for which that makes sense.
    fn choose_claim(&mut self, raw: Raw, makes_sense: impl Fn(&Claim) -> bool) -> Option<(usize, usize)> {
        let all = self.oracle.bookings.iter().enumerate();
        let all =
            all.flat_map(|(n, booking)| booking.claims.iter().enumerate().map(move |(k, it)| (n, k, it)));
        let all: Vec<_> = all.collect();
        let sensible: Vec<_> = all.iter().filter(|(.., claim)| makes_sense(claim)).copied().collect();
        let from = if sensible.is_empty() || raw.is_multiple_of(8) { all } else { sensible };
        if from.is_empty() {
            return None;
        }
        let (n, k, _) = from[index(raw / 8, from.len())];
        self.touched.push(n);
        Some((n, k))
    }

    async fn reply(&mut self, which: Raw) {
        let waits = |it: &Claim| !it.is_over && !it.is_answered && !it.is_late;
        let Some((n, k)) = self.choose_claim(which, waits) else { return };
        let claim = &self.oracle.bookings[n].claims[k];
        let who = if claim.by_guest { self.host_of(n) } else { self.guest_of(n) };
        let answered = who.attempt(REPLY, json!({ "disputeId": claim.id, "text": "There was none." })).await;
        assert_eq!(code(&answered), (!waits(claim)).then_some("NOT_OPEN"), "{answered:#}");
        if waits(claim) {
            self.oracle.bookings[n].claims[k].is_answered = true;
        }
    }

    async fn withdraw(&mut self, which: Raw) {
        let Some((n, k)) = self.choose_claim(which, |it| !it.is_over) else { return };
        let claim = &self.oracle.bookings[n].claims[k];
        let who = if claim.by_guest { self.guest_of(n) } else { self.host_of(n) };
        let withdrawn = who.attempt(WITHDRAW, json!({ "disputeId": claim.id })).await;
        assert_eq!(code(&withdrawn), claim.is_over.then_some("NOT_OPEN"), "{withdrawn:#}");
        if !claim.is_over {
            self.world.settle().await;
            self.oracle.withdraw(n, k, self.world.now());
        }
    }

    async fn resolve(&mut self, which: Raw, (refund, host, taxes): (Raw, Raw, Raw), award: Raw, twice: bool) {
        let can_be = |it: &Claim| !it.is_over && (it.is_answered || it.is_late);
        let Some((n, k)) = self.choose_claim(which, can_be) else { return };
        let key = self.key();
        let booking = &self.oracle.bookings[n];
        let (own, claim) = (booking.price.coin, &booking.claims[k]);
        let refund = Some(of(claim.amount, refund, own)).filter(|amount| *amount >= least(own)).unwrap_or(0);
        let award = if self.can_award(n, claim.amount) { of(claim.amount, award, own) } else { 0 };
        // An award is sent beside all that: then the host bears nothing, so that only one order matters.
        let borne = self.split(n, refund, (if award > 0 { 0 } else { host }, taxes));
        let expected = match () {
            () if claim.is_over => Some("NOT_OPEN"),
            () if !can_be(claim) => Some("TOO_EARLY"),
            () if refund + award > claim.amount => Some("MORE_THAN_CLAIMED"),
            () if refund > booking.refundable() => Some("MORE_THAN_LEFT"),
            () if refund > 0 && borne.taxes > booking.taxes_left() => Some("MORE_THAN_TAXES"),
            () => no_coin(booking, refund),
        };
        if expected.is_none() && !self.fits_after(n, |oracle| oracle.goodwill(n, refund, borne, Way::Stripe))
        {
            return;
        }
        let input = json!({
            "disputeId": claim.id, "refund": money(refund, own), "borneBy": split_of(borne, own),
            "toHost": money(award, own), "reason": "Both have a point", "idempotencyKey": key,
        });
        let resolved = self.admin.attempt(RESOLVE, input.clone()).await;
        assert_eq!(code(&resolved), expected, "{resolved:#}");
        if expected.is_none() {
            if twice {
                assert_eq!(self.admin.attempt(RESOLVE, input).await, resolved);
            }
            self.world.settle().await;
            let (now, seen) = (self.world.now(), self.payouts().await);
            let resolved = |is_sent_first| {
                let mut oracle = self.oracle.clone();
                oracle.resolve((n, k), (refund, borne), award, is_sent_first, now);
                oracle
            };
            let (netted_first, sent_first) = (resolved(false), resolved(true));
            let is_so = |oracle: &Oracle| {
                let booking = &oracle.bookings[n];
                booking.payouts.iter().all(|payout| {
                    let seen = seen.get(&(booking.id.clone(), payout.is_award));
                    seen.is_some_and(|seen| minor(&seen["netted"]) == payout.netted.unwrap_or(0))
                })
            };
            self.oracle = if is_so(&sent_first) && !is_so(&netted_first) { sent_first } else { netted_first };
        }
    }

    /// Whether an award would be sent at once: it comes out of our balance, whose filling is told in another test.
    fn can_award(&self, n: usize, most: i64) -> bool {
        let booking = &self.oracle.bookings[n];
        let account = &self.oracle.hosts[self.oracle.homes[booking.home].host].account;
        let is_able = account.is_known_to && account.can_receive && account.held_until.is_none();
        let is_first = !booking.payouts.iter().any(|payout| payout.is_award);
        let is_last =
            booking.claims.iter().filter(|claim| !claim.is_over).count() <= 1 && !booking.is_banks();
        let books = crate::support::stripe::books(&self.world);
        let lines = books["transactions"].as_object().unwrap().values();
        let own =
            lines.filter(|line| line["currency"].as_str().unwrap().eq_ignore_ascii_case(booking.coin.code()));
        let balance: i64 =
            own.map(|line| line["amount"].as_i64().unwrap() - line["fee"].as_i64().unwrap()).sum();
        is_able && is_first && is_last && booking.coin == booking.price.coin && balance > 3 * most
    }

    /// Banks argue while webhooks come at once: what comes late of that is told in `disputes/webhooks.rs`.
    async fn charge_back(&mut self, which: Raw) {
        let can_be = |it: &Booking, till: &Till| {
            let is_whole = it.coin == it.price.coin || till.back == 0;
            let is_first = it.chargebacks.iter().all(|chargeback| chargeback.going == Arguing::Won);
            let is_held = it.state == State::Confirmed || it.has_ended();
            is_held && till.counts && till.left() > 0 && is_whole && is_first
        };
        let any_can_be = |it: &Booking| it.tills.iter().any(|till| can_be(it, till));
        let Some(n) = self.choose(which, any_can_be) else { return };
        let booking = &self.oracle.bookings[n];
        if self.oracle.mail != Mail::Prompt || !any_can_be(booking) {
            return;
        }
        let some: Vec<usize> =
            (0..booking.tills.len()).filter(|till| can_be(booking, &booking.tills[*till])).collect();
        let till = some[index(which / 64, some.len())];
        let paid = &booking.tills[till];
        let (amount, worth) = (paid.amount - paid.back, paid.left());
        let intents = crate::support::stripe::intents_of(&self.world, &booking.id);
        let intent = intents.iter().find(|intent| intent["metadata"]["payment"] == paid.id.as_str()).unwrap();
        let charge = intent["latest_charge"].as_str().unwrap();
        self.post_to_stripe(&format!("charges/{charge}/dispute"), &format!("amount={amount}")).await;
        self.world.settle().await;
        let seen = &self.admin.get(CHARGEBACKS, json!({})).await["disputes"]["nodes"][0];
        assert_eq!((&seen["bookingId"], &seen["status"]), (&json!(booking.id), &json!("OPEN")));
        assert_eq!((minor(&seen["paidAmount"]), minor(&seen["amount"])), (amount, worth));
        let id = seen["id"].as_str().unwrap().to_owned();
        self.oracle.charge_back(n, Chargeback { id, till, amount, worth, going: Arguing::Open });
    }

    async fn bank_decides(&mut self, which: Raw, is_won: bool) {
        let is_open =
            |it: &Booking| it.chargebacks.iter().any(|chargeback| chargeback.going == Arguing::Open);
        let open: Vec<usize> =
            (0..self.oracle.bookings.len()).filter(|n| is_open(&self.oracle.bookings[*n])).collect();
        if open.is_empty() || self.oracle.mail != Mail::Prompt {
            return;
        }
        let n = open[index(which, open.len())];
        self.touched.push(n);
        let all = &self.oracle.bookings[n].chargebacks;
        let k = all.iter().position(|chargeback| chargeback.going == Arguing::Open).unwrap();
        let outcome = if is_won { "WON" } else { "LOST" };
        self.admin.done(CLOSE, json!({ "disputeId": all[k].id, "outcome": outcome })).await;
        self.world.settle().await;
        self.oracle.bank_decides(n, k, is_won, self.world.now());
    }

    /// The boundaries of a booking, from its confirmation to its payout.
    fn boundary(&self, n: usize, raw: Raw) -> Instant {
        let booking = &self.oracle.bookings[n];
        let terms = &booking.terms;
        let after = |hours| booking.confirmed_at.unwrap_or(self.began) + TimeDelta::hours(hours);
        let mut all = vec![after(24), after(48), terms.check_in_at() - TimeDelta::hours(48)];
        all.extend([30, 14, 7, 5, 1].map(|days| terms.days_before(days)));
        all.extend(terms.dates(0, terms.nights).map(|date| price::at(date, 15)));
        all.extend([terms.check_out_at(), terms.check_out_at() + TimeDelta::hours(24)]);
        all.extend([booking.hold_ends, terms.check_out_at() + TimeDelta::days(14)]);
        all.extend(booking.claims.iter().map(|claim| claim.respond_by));
        all.extend(booking.open_change().map(|change| booking.changes[change].ends));
        all[index(raw, all.len())]
    }

    async fn look(&mut self, which: Raw, boundary: Raw, beside: i64) {
        let Some(n) = self.choose(which, |it| it.state == State::Confirmed) else { return };
        let at = self.boundary(n, boundary) + TimeDelta::seconds(beside);
        for by_guest in [true, false] {
            self.preview(n, by_guest, at).await;
        }
    }

    async fn wait_for(&mut self, which: Raw, boundary: Raw, beside: i64) {
        let lives = |it: &Booking| it.state.waits() || it.state == State::Confirmed;
        let Some(n) = self.choose(which, lives) else { return };
        // What lies behind already is waited for as long as nothing is.
        let to = self.boundary(n, boundary) + TimeDelta::seconds(beside);
        self.pass_to(to).await;
    }

    /// A host begins an account, or another one, and fills in the form; until when nothing is sent to it.
    async fn begin_account(&self, host: usize, replace: bool) -> Value {
        let input = json!({ "country": "PT", "password": PASSWORD, "replace": replace });
        let begun = self.hosts[host].done(START, input).await;
        self.world.settle().await;
        assert_eq!(self.hosts[host].get(COMPLETE, json!({})).await["errors"], json!([]));
        self.world.settle().await;
        begun["payoutAccount"]["heldUntil"].clone()
    }

    async fn account(&mut self, host: Raw, replace: bool) {
        let host = index(host, self.hosts.len());
        let account = self.oracle.hosts[host].account.clone();
        if !account.is_begun {
            self.begin_account(host, false).await;
            self.oracle.onboard(host, self.world.now());
        } else if replace && account.is_known_submitted {
            let held_until = instant(&self.begin_account(host, true).await);
            let days = TimeDelta::hours(72);
            assert!((self.began + days..=self.world.now() + days).contains(&held_until));
            self.oracle.replace(host, held_until, self.world.now());
        } else {
            let form = if account.can_receive { "reason=requirements.past_due" } else { "" };
            self.at_stripe(host, "disable", form).await;
            self.world.settle().await;
            self.oracle.close(host, account.can_receive, self.world.now());
        }
    }

    /// From now on webhooks come otherwise; those that were kept back come now.
    async fn post(&mut self, how: Raw, double: bool, newest_first: bool) {
        let switches = self.world.switches();
        switches.double(double);
        switches.newest_first(newest_first);
        self.hear_all().await;
        match how % 4 {
            0 | 1 => {}
            2 => {
                switches.hold();
                self.oracle.mail = Mail::Kept;
            }
            _ => {
                self.send_webhooks_to(&self.sink.url);
                self.oracle.mail = Mail::Lost;
            }
        }
    }

    /// Webhooks come at once again, and those that were kept back with them. What was lost is lost.
    async fn hear_all(&mut self) {
        self.send_webhooks_to(&self.door());
        self.world.switches().release();
        self.world.settle().await;
        self.oracle.release(self.world.now());
    }

    /// What was lost comes after all: in another order, and some of it twice.
    async fn found(&mut self, order: Raw) {
        let mut lost = std::mem::take(&mut *self.sink.got.lock().unwrap());
        if lost.is_empty() {
            return;
        }
        let turn = index(order, lost.len());
        lost.rotate_left(turn);
        if order.is_multiple_of(2) {
            lost.reverse();
        }
        let some: Vec<_> = lost.iter().step_by(3).cloned().collect();
        lost.extend(some);
        let stranger = self.world.stranger();
        for body in lost {
            let signed = signature(&body, self.world.app.clock.real_now());
            assert_eq!(stranger.post_webhook(&body, &signed).await, 200);
        }
        self.world.settle().await;
        self.oracle.find_lost(self.world.now());
    }

    /// The end of a proof: everything that was lost is found, every host can be paid, and all deadlines pass.
    pub async fn end(&mut self) {
        self.begin();
        self.rest().await;
        self.hear_all().await;
        self.found(self.keys as u64).await;
        for host in 0..self.hosts.len() {
            if !self.oracle.hosts[host].account.can_receive {
                self.account(host as u64, false).await;
            }
        }
        for n in 0..self.oracle.bookings.len() {
            for k in 0..self.oracle.bookings[n].claims.len() {
                let claim = self.oracle.bookings[n].claims[k].clone();
                if !claim.is_over {
                    let who = if claim.by_guest { self.guest_of(n) } else { self.host_of(n) };
                    who.done(WITHDRAW, json!({ "disputeId": claim.id })).await;
                    self.world.settle().await;
                    self.oracle.withdraw(n, k, self.world.now());
                }
            }
            self.bank_decides(n as u64, n % 2 == 0).await;
        }
        while self.oracle.bookings.iter().any(|it| it.chargebacks.iter().any(|it| it.going == Arguing::Open))
        {
            self.bank_decides(0, true).await;
        }
        // Longer than any stay is ahead, and than a new account is held.
        self.pass_to(self.world.now() + TimeDelta::days(60)).await;
        self.touched = (0..self.oracle.bookings.len()).collect();
    }
}
