//! What must hold after every step: the oracle's word, as guests and hosts see it, as the calendar, the ledger and Stripe
//! have it; and what holds whatever the oracle says.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate, TimeDelta};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Map, Value, json};
use sojourn::{
    bookings::booking,
    calendar::night_reason,
    jobs,
    kernel::BookingId,
    ledger::{self, entry, reconcile, transaction},
    payouts::payout_leg,
};

use super::{
    change::Stand,
    money::{Coin, minor, money},
    oracle::{Arguing, Booking, Card, Going, Leg, Mail, State, Till},
    play::instant,
    stage::Stage,
};
use crate::support::stripe;

const BOOKING: &str = "query($id: ID!) { booking(by: { id: $id }) {
    status checkInAt checkOutAt confirmedAt cancelledAt holdEndsAt respondBy total { amount currencyCode }
    listingPrice { total { amount currencyCode } } penalty { amount }
    checkIn checkOut party { adults pets } payment { id } payments { id refunded { amount currencyCode } }
    changes { id status } openChange { id endsAt }
    receipt { paid { amount } refunded { amount } total { amount currencyCode } }
    disputes { id status } } }";
const PAYOUTS: &str = "{ viewer { payouts(first: 60) { nodes {
    bookingId isAward status dueAt gross { amount } hostFee { amount } amount { amount } netted { amount }
    sent { amount } takenBack { amount } legs { status amount { amount currencyCode } worth { amount currencyCode } } } } } }";
const CALENDAR: &str = "query($id: ID!, $from: Date!, $to: Date!) { listing(by: { id: $id }) {
    calendar(from: $from, to: $to) { date reasons { kind } } } }";

/// How far ahead calendars are looked at: further than any stay is.
const AHEAD: u64 = 70;

impl Stage {
    /// Everything that must hold now.
    pub async fn check(&mut self) {
        self.take_over_times().await;
        let payouts = self.payouts().await;
        self.take_over_nettings(&payouts);
        self.check_payouts(&payouts);
        for n in 0..self.oracle.bookings.len() {
            let booking = &self.oracle.bookings[n];
            let is_over = !booking.state.waits() && booking.state != State::Confirmed;
            // What is over and was not touched stays in the ledger as it was, which is looked at below.
            if !is_over || self.touched.contains(&n) {
                self.check_booking(n).await;
            }
        }
        for home in 0..self.homes.len() {
            self.check_calendar(home).await;
        }
        self.no_two_stays_on_one_night().await;
        self.check_ledger().await;
        self.check_stripe();
        self.one_transfer_per_leg().await;
        self.no_job_has_failed().await;
    }

    /// When something was confirmed, and until when it waits, the server says; it must be within the step.
    async fn take_over_times(&mut self) {
        for n in 0..self.oracle.bookings.len() {
            let booking = &self.oracle.bookings[n];
            let is_new = booking.confirmed_at.is_some() && !self.is_dated[n];
            let open = booking.open_change();
            if !is_new && !booking.state.waits() && open.is_none() {
                continue;
            }
            let seen = self.guest_of(n).get(BOOKING, json!({ "id": booking.id })).await;
            if let Some(k) = open {
                self.take_over_end(n, k, &seen["openChange"]);
            }
            let booking = &self.oracle.bookings[n];
            let step = self.began..=self.world.now();
            if is_new {
                let at = instant(&seen["confirmedAt"]);
                assert!(step.contains(&at), "{n} was confirmed at {at}, and not within {step:?}");
                self.oracle.bookings[n].confirmed_at = Some(at);
                self.is_dated[n] = true;
                continue;
            }
            if !booking.state.waits() {
                continue;
            }
            assert_eq!(seen["status"], booking.state.name(), "{n}");
            let (first, last) = (*step.start(), *step.end());
            let until = match booking.state {
                State::PendingPayment => {
                    let until = instant(&seen["holdEndsAt"]);
                    let longer = booking.hold_ends + TimeDelta::minutes(10);
                    // A bank's page may have prolonged it, once.
                    let may_be =
                        until == booking.hold_ends || (self.waiting_since[n].is_none() && until == longer);
                    assert!(may_be, "{n} is held until {until}");
                    self.waiting_since[n] = (until == longer).then_some(until).or(self.waiting_since[n]);
                    until
                }
                _ => {
                    let until = instant(&seen["respondBy"]);
                    let day = TimeDelta::hours(24);
                    let may_be = until == booking.hold_ends
                        || until == booking.terms.check_in_at()
                        || (first + day..=last + day).contains(&until);
                    assert!(may_be, "{n} waits until {until}");
                    until
                }
            };
            self.oracle.bookings[n].hold_ends = until;
        }
    }

    /// A bank's page may have prolonged the time that a guest has for paying a change, once, and never past what it may wait.
    fn take_over_end(&mut self, n: usize, k: usize, seen: &Value) {
        let booking = &self.oracle.bookings[n];
        let change = &booking.changes[k];
        assert_eq!(seen["id"], change.id, "the open change of {n}");
        let ends = instant(&seen["endsAt"]);
        if ends != change.ends {
            let may_be = change.stand == Stand::Accepted && !change.is_prolonged;
            let longer = (change.ends - self.began) + TimeDelta::minutes(10);
            let latest = booking.change_ends(&change.terms, self.began, longer);
            assert!(may_be && ends == latest, "a change of {n} waits until {ends}: {change:?}");
            let change = &mut self.oracle.bookings[n].changes[k];
            (change.ends, change.is_prolonged) = (ends, true);
        }
    }

    /// What each host is paid, as the host sees it: by booking, and whether it is an award.
    pub async fn payouts(&self) -> HashMap<(String, bool), Value> {
        let mut all = HashMap::new();
        for host in &self.hosts {
            let seen = host.get(PAYOUTS, json!({})).await;
            for payout in seen["payouts"]["nodes"].as_array().unwrap() {
                let booking = payout["bookingId"].as_str().unwrap().to_owned();
                let key = (booking, payout["isAward"].as_bool().unwrap());
                assert!(all.insert(key, payout.clone()).is_none(), "two payouts of one sort: {payout}");
            }
        }
        all
    }

    /// Which of the payouts of one host that were sent together what the host owes was taken out of, the server says;
    /// together it is what the oracle says.
    fn take_over_nettings(&mut self, seen: &HashMap<(String, bool), Value>) {
        let mut together: BTreeMap<(usize, Coin), Vec<(usize, usize)>> = BTreeMap::new();
        for (n, k) in self.oracle.sent_now.clone() {
            let booking = &self.oracle.bookings[n];
            together
                .entry((self.oracle.homes[booking.home].host, booking.price.coin))
                .or_default()
                .push((n, k));
        }
        for payouts in together.into_values().filter(|payouts| payouts.len() > 1) {
            let (mut ours, mut theirs) = (0, 0);
            for (n, k) in payouts {
                let booking = &mut self.oracle.bookings[n];
                let payout = &mut booking.payouts[k];
                let netted = minor(&seen[&(booking.id.clone(), payout.is_award)]["netted"]);
                assert!((0..=payout.amount).contains(&netted), "{n}");
                let expected = payout.netted.replace(netted).unwrap();
                ours += expected;
                theirs += netted;
                if netted != expected {
                    booking.payouts[k].legs = booking.legs(booking.payouts[k].rest());
                }
            }
            assert_eq!(theirs, ours, "what was taken out of payouts that were sent together");
        }
    }

    /// What each host is paid, and nothing else.
    fn check_payouts(&self, all: &HashMap<(String, bool), Value>) {
        let mut expected = 0;
        for (n, booking) in self.oracle.bookings.iter().enumerate() {
            for payout in &booking.payouts {
                expected += 1;
                let key = (booking.id.clone(), payout.is_award);
                let seen = all.get(&key).unwrap_or_else(|| panic!("{n} is not paid for: {payout:?}"));
                let own = booking.price.coin;
                assert_eq!(seen["status"], payout.going.name(), "{n} {payout:?}");
                // An award is due when it is made, within the step.
                assert!(payout.is_award || instant(&seen["dueAt"]) == payout.due, "{n} {payout:?}");
                let sums = ["gross", "hostFee", "amount", "netted", "sent", "takenBack"]
                    .map(|name| minor(&seen[name]));
                let (amount, netted) = (payout.amount, payout.netted.unwrap_or(0));
                let fee = payout.gross - amount;
                assert_eq!(
                    sums,
                    [payout.gross, fee, amount, netted, payout.rest(), payout.taken()],
                    "{n} {payout:?}"
                );
                let leg = |leg: &Leg| {
                    json!({
                        "status": "PAID", "amount": money(leg.amount, leg.coin), "worth": money(leg.worth, own),
                    })
                };
                let legs = match payout.going {
                    Going::Paid => payout.sent().iter().map(leg).collect(),
                    // What Stripe has refused is looked at by its status alone.
                    _ => seen["legs"].clone(),
                };
                assert_eq!(seen["legs"], legs, "{n} {payout:?}");
                assert!(seen["legs"].as_array().unwrap().len() <= booking.tills.len());
            }
        }
        assert_eq!(all.len(), expected, "somebody is paid for nothing");
    }

    /// A booking as its guest and its host see it.
    async fn check_booking(&self, n: usize) {
        let booking = &self.oracle.bookings[n];
        let (own, coin) = (booking.price.coin, booking.coin);
        let id = json!({ "id": booking.id });
        let (guest, host) =
            (self.guest_of(n).get(BOOKING, id.clone()).await, self.host_of(n).get(BOOKING, id).await);
        for seen in [&guest, &host] {
            assert_eq!(seen["status"], booking.state.name(), "{n}");
            assert_eq!(seen["total"], money(booking.price.to_pay(coin), coin), "{n}");
            assert_eq!(seen["listingPrice"]["total"], money(booking.price.total(), own), "{n}");
            assert_eq!(instant(&seen["checkInAt"]), booking.terms.check_in_at(), "{n}");
            assert_eq!(instant(&seen["checkOutAt"]), booking.terms.check_out_at(), "{n}");
            let confirmed = (!seen["confirmedAt"].is_null()).then(|| instant(&seen["confirmedAt"]));
            assert_eq!(confirmed, booking.confirmed_at, "{n}");
            let terms = &booking.terms;
            assert_eq!(seen["checkIn"], json!(terms.check_in), "{n}");
            assert_eq!(seen["checkOut"], json!(terms.check_out()), "{n}");
            assert_eq!(seen["party"], json!({ "adults": terms.adults, "pets": terms.pets }), "{n}");
            let changes: Vec<_> =
                seen["changes"].as_array().unwrap().iter().map(|it| (&it["id"], &it["status"])).collect();
            let ours: Vec<_> =
                booking.changes.iter().map(|it| (json!(it.id), json!(it.stand.name()))).collect();
            assert_eq!(changes, ours.iter().map(|(id, stand)| (id, stand)).collect::<Vec<_>>(), "{n}");
        }

        let back: i64 = booking.tills.iter().map(|till| till.back).sum();
        let came: i64 = booking.tills.iter().filter(|till| till.is_known).map(|till| till.amount).sum();
        let tills = booking.tills.iter();
        let tills: Vec<_> =
            tills.map(|till| json!({ "id": till.id, "refunded": money(till.back, coin) })).collect();
        assert_eq!(guest["payments"], json!(tills), "{n}");
        assert_eq!(guest["payment"]["id"], booking.tills[0].id, "{n}");
        if came == 0 {
            assert_eq!(guest["receipt"], Value::Null, "{n}");
        } else {
            let receipt = &guest["receipt"];
            let sums = [minor(&receipt["paid"]), minor(&receipt["refunded"]), minor(&receipt["total"])];
            assert_eq!(sums, [came, back, came - back], "{n}");
        }
        let penalty = (!host["penalty"].is_null()).then(|| minor(&host["penalty"]));
        assert_eq!(penalty, booking.penalty, "{n}");
        let claims: Vec<_> = booking.claims.iter().map(|claim| json!(claim.id)).collect();
        let seen: Vec<_> = host["disputes"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
        assert_eq!(seen, claims, "{n}");
    }

    /// Which nights of a home are not for sale, and why.
    async fn check_calendar(&self, home: usize) {
        let today = self.world.now().date_naive();
        let asked = json!({ "id": self.homes[home], "from": today, "to": today + Days::new(AHEAD) });
        let host = &self.hosts[self.oracle.homes[home].host];
        let seen = host.get(CALENDAR, asked).await;
        let mut theirs = BTreeMap::new();
        for night in seen["calendar"].as_array().unwrap() {
            let date: NaiveDate = night["date"].as_str().unwrap().parse().unwrap();
            let reasons = night["reasons"].as_array().unwrap();
            assert!(reasons.len() <= 1, "{date} of home {home} is taken twice");
            if let Some(reason) = reasons.first() {
                theirs.insert(date, reason["kind"].as_str().unwrap().to_owned());
            }
        }
        let ours = self.oracle.taken(home).into_iter().filter(|(date, _)| *date >= today);
        let ours: BTreeMap<_, _> = ours.map(|(date, why)| (date, why.to_owned())).collect();
        assert_eq!(theirs, ours, "the calendar of home {home}");
    }

    /// No night is two bookings', whatever the oracle says, and none is a booking's that does not live.
    async fn no_two_stays_on_one_night(&self) {
        let db = self.world.app.db.read();
        let mut sold = BTreeMap::new();
        for reason in night_reason::Entity::find().all(db).await.unwrap() {
            let night = (reason.listing_id.to_string(), reason.night);
            assert_eq!(sold.insert(night, reason.source_id), None, "a night has two reasons");
        }
        for row in booking::Entity::find().all(db).await.unwrap() {
            if row.status == booking::Status::Confirmed {
                for date in row.check_in.iter_days().take_while(|date| *date < row.check_out) {
                    let night = (row.listing_id.to_string(), date);
                    assert_eq!(sold.get(&night), Some(&row.id.0), "{} has lost {date}", row.id);
                }
            }
        }
    }

    /// What the ledger has of each booking is what the oracle has, to the last coin; and it agrees with itself, and with
    /// Stripe once that has been heard.
    async fn check_ledger(&self) {
        let db = self.world.app.db.read();
        assert_eq!(ledger::verify(&self.world.app.db).await.unwrap(), []);
        let of_bookings = transaction::Entity::find()
            .filter(transaction::Column::BookingId.is_not_null())
            .filter(transaction::Column::Kind.is_not_in(["provider_fee", "dispute_fee"]));
        let of_bookings = of_bookings.all(db).await.unwrap();
        let booking_of: HashMap<_, BookingId> =
            of_bookings.iter().map(|row| (row.id, row.booking_id.unwrap())).collect();
        let mut theirs: HashMap<String, BTreeMap<(String, Coin), i64>> = HashMap::new();
        for entry in entry::Entity::find().all(db).await.unwrap() {
            let Some(booking) = booking_of.get(&entry.transaction_id) else { continue };
            let account = entry.account.split(':').next().unwrap().to_owned();
            let key = (account, Coin::of(entry.currency.code()));
            *theirs.entry(booking.to_string()).or_default().entry(key).or_default() += entry.amount;
        }
        for (n, booking) in self.oracle.bookings.iter().enumerate() {
            let mut theirs = theirs.remove(&booking.id).unwrap_or_default();
            theirs.retain(|_, sum| *sum != 0);
            let ours = booking.balances().into_iter();
            let ours: BTreeMap<_, _> =
                ours.map(|((name, coin), sum)| ((name.to_owned(), coin), sum)).collect();
            assert_eq!(theirs, ours, "the ledger of booking {n}, {:?}", booking.state);
            let escrow = theirs.get(&("guest_funds".to_owned(), booking.price.coin)).copied().unwrap_or(0);
            assert!(escrow <= 0, "the escrow of booking {n} is overdrawn");
        }
        assert!(theirs.is_empty(), "money of nobody: {theirs:?}");
        let has_heard_all = self.oracle.mail == Mail::Prompt
            && self.oracle.has_heard_all()
            && self.sink.got.lock().unwrap().is_empty();
        if has_heard_all {
            assert_eq!(reconcile(&self.world.app.db, &self.world.app.stripe).await.unwrap(), []);
        }
    }

    /// What Stripe has of each booking: what was taken, given back and sent on; nothing of anything else.
    fn check_stripe(&self) {
        let books = stripe::books(&self.world);
        let empty = Map::new();
        let objects = |name: &str| books[name].as_object().unwrap_or(&empty);
        let amount = |it: &Value, name: &str| it[name].as_i64().unwrap();
        let mut of: HashMap<&str, AtStripe> = HashMap::new();
        let mut booking_of = HashMap::new();
        for (id, intent) in objects("intents") {
            let booking = intent["metadata"]["booking"].as_str().unwrap();
            let seen = of.entry(booking).or_default();
            seen.came += amount(intent, "amount_received");
            let payment = intent["metadata"]["payment"].as_str().unwrap().to_owned();
            seen.statuses.insert(payment, intent["status"].as_str().unwrap().to_lowercase());
            booking_of.insert(id.as_str(), booking);
        }
        for refund in objects("refunds").values() {
            let booking = booking_of[refund["intent"].as_str().unwrap()];
            of.get_mut(booking).unwrap().back += amount(refund, "amount");
        }
        for transfer in objects("transfers").values() {
            let booking = transfer["transfer_group"].as_str().unwrap();
            let coin = Coin::of(&transfer["currency"].as_str().unwrap().to_uppercase());
            let back = transfer["reversals"].as_array().unwrap().iter().map(|it| amount(it, "amount")).sum();
            of.get_mut(booking).unwrap().sent.push((coin, amount(transfer, "amount"), back));
        }
        for dispute in objects("disputes").values().filter(|it| it["status"] != "won") {
            let booking = booking_of[dispute["intent"].as_str().unwrap()];
            of.get_mut(booking).unwrap().charged_back += amount(dispute, "amount");
        }
        for (n, booking) in self.oracle.bookings.iter().enumerate() {
            let mut seen = of.remove(booking.id.as_str()).unwrap_or_default();
            seen.sent.sort_unstable();
            let expected = AtStripe::of(booking, &seen);
            assert_eq!(seen, expected, "what Stripe has of booking {n}, {:?}", booking.state);
        }
        assert!(of.is_empty(), "charges without a booking");
    }

    /// Each part of a payout was sent once, and nothing else was sent.
    async fn one_transfer_per_leg(&self) {
        let books = stripe::books(&self.world);
        let empty = Map::new();
        let transfers = books["transfers"].as_object().unwrap_or(&empty);
        let legs = payout_leg::Entity::find().all(self.world.app.db.read()).await.unwrap();
        let mut paid: Vec<String> = legs.iter().filter_map(|leg| leg.provider_id.clone()).collect();
        let mut sent: Vec<String> = transfers.keys().cloned().collect();
        paid.sort();
        sent.sort();
        assert_eq!(paid, sent, "one transfer per part of a payout");
    }

    /// What works behind the scenes has come to its end, every time.
    async fn no_job_has_failed(&self) {
        let failed = jobs::entity::Entity::find().filter(jobs::entity::Column::LastError.is_not_null());
        let failed = failed.all(self.world.app.db.read()).await.unwrap();
        assert!(failed.is_empty(), "jobs have failed: {failed:?}");
    }

    /// The end of a proof: everybody has got theirs, and nothing is anybody else's.
    pub async fn check_end(&mut self) {
        self.check().await;
        let mut sent: BTreeMap<(usize, Coin), i64> = BTreeMap::new();
        for (n, booking) in self.oracle.bookings.iter().enumerate() {
            assert!(!booking.state.waits() && booking.state != State::Confirmed, "{n} has not ended");
            for payout in &booking.payouts {
                assert_eq!(payout.going, Going::Paid, "{n}");
                for leg in payout.sent() {
                    let host = self.oracle.homes[booking.home].host;
                    *sent.entry((host, leg.coin)).or_default() += leg.amount - leg.taken_paid;
                }
            }
            assert_eq!(booking.balances().get(&("guest_funds", booking.price.coin)), None, "{n}");
            assert!(!booking.is_argued_about() && !booking.is_banks(), "{n}");
        }
        // What the accounts of each host have received at Stripe, per coin.
        let books = stripe::books(&self.world);
        let empty = Map::new();
        let mut received: BTreeMap<(usize, Coin), i64> = BTreeMap::new();
        for account in books["accounts"].as_object().unwrap_or(&empty).values() {
            let host = self.hosts.iter().position(|host| account["email"] == host.email.as_str()).unwrap();
            for (currency, amount) in account["balance"].as_object().unwrap() {
                *received.entry((host, Coin::of(currency))).or_default() += amount.as_i64().unwrap();
            }
        }
        let mut stands: BTreeMap<(Stand, bool), usize> = BTreeMap::new();
        for change in self.oracle.bookings.iter().flat_map(|booking| &booking.changes) {
            *stands.entry((change.stand, change.till.is_some())).or_default() += 1;
        }
        eprintln!("changes, and whether they cost more once accepted: {stands:?}");
        received.retain(|_, amount| *amount != 0);
        sent.retain(|_, amount| *amount != 0);
        assert_eq!(received, sent, "what each host has got");
    }
}

/// What Stripe has of a booking.
#[derive(Debug, Default, PartialEq, Eq)]
struct AtStripe {
    came: i64,
    back: i64,
    charged_back: i64,
    /// What was sent, and what of that was taken back.
    sent: Vec<(Coin, i64, i64)>,
    /// Where each payment is.
    statuses: BTreeMap<String, String>,
}

impl AtStripe {
    /// What it must have; where the design says nothing of the status, what was seen will do.
    fn of(booking: &Booking, seen: &Self) -> Self {
        let charged = booking.tills.iter().filter(|till| till.card == Card::Charged);
        let status = |till: &Till| match till.card {
            Card::Charged => Some("succeeded"),
            Card::Off => Some("canceled"),
            Card::Authorised | Card::None => seen.statuses.get(&till.id).map(String::as_str),
        };
        let status = |till: &Till| Some((till.id.clone(), status(till)?.to_owned()));
        let legs = booking.payouts.iter().flat_map(|payout| payout.sent());
        let mut sent: Vec<_> = legs.map(|leg| (leg.coin, leg.amount, leg.taken_paid)).collect();
        sent.sort_unstable();
        let theirs = booking.chargebacks.iter().filter(|it| it.going != Arguing::Won);
        Self {
            charged_back: theirs.map(|it| it.amount).sum(),
            came: charged.map(|till| till.amount).sum(),
            back: booking.tills.iter().map(|till| till.back - till.out_of_band).sum(),
            sent,
            statuses: booking.tills.iter().filter_map(status).collect(),
        }
    }
}
