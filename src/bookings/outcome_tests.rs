//! Tests of what everybody gets, and of the schedule of it: every policy and rate, a second around each boundary, in weeks
//! in which the clocks change, with nights of different prices, in currencies of zero, two and three places.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::{
    bookings::{booking::Status, cancellation::turns, schedule::schedule},
    kernel::{BookingId, Currency, ListingId, PaymentId, QuoteId, RefundId, UserId, zone},
    ledger::{Account, Draft, postings::Parts},
    listings::listing::CancellationPolicy,
    payments::testing::plain_payment,
    pricing::{RatePlan, price::Line},
};

const POLICIES: [CancellationPolicy; 5] = [
    CancellationPolicy::Flexible,
    CancellationPolicy::Moderate,
    CancellationPolicy::Limited,
    CancellationPolicy::Firm,
    CancellationPolicy::Strict,
];

/// Days on which the clocks change: forward and back, in both hemispheres, and once by half an hour only.
const CHANGES: [(&str, &str); 8] = [
    ("Europe/Lisbon", "2027-03-28"),
    ("Europe/Lisbon", "2027-10-31"),
    ("America/New_York", "2027-03-14"),
    ("America/New_York", "2027-11-07"),
    ("Australia/Sydney", "2027-04-04"),
    ("Australia/Sydney", "2027-10-03"),
    ("Australia/Lord_Howe", "2027-10-03"),
    ("America/Santiago", "2027-04-03"),
];

fn booking(price: Price, check_in: NaiveDate, zone: Tz, confirmed_at: Instant) -> booking::Model {
    let nights = price.nightly.len() as u64;
    let total = price.to_pay().unwrap();
    let at = |date, hour| zone::at(date, NaiveTime::from_hms_opt(hour, 0, 0).unwrap(), zone);
    booking::Model {
        id: BookingId::new(),
        code: String::new(),
        listing_id: ListingId::new(),
        guest_id: UserId::new(),
        host_id: UserId::new(),
        quote_id: QuoteId::new(),
        status: Status::Confirmed,
        check_in,
        check_out: check_in + Days::new(nights),
        adults: 2,
        children: 0,
        infants: 0,
        pets: 0,
        currency: total.currency,
        total: total.minor,
        cancellation_policy: CancellationPolicy::Moderate,
        rate_plan: RatePlan::Standard,
        time_zone: zone.name().to_owned(),
        check_in_at: at(check_in, 15),
        check_out_at: at(check_in + Days::new(nights), 11),
        hold_ends_at: confirmed_at,
        hold_extended: false,
        by_request: false,
        requested_at: None,
        accepted_at: None,
        confirmed_at: Some(confirmed_at),
        cancelled_at: None,
        idempotency_key: None,
        created_at: confirmed_at,
        price,
    }
}

fn price(currency: Currency, nightly: Vec<i64>, lines: &[(LineKind, i64)]) -> Price {
    let nights = Line { kind: LineKind::Nights, amount: nightly.iter().sum() };
    let rest = lines.iter().filter(|(_, amount)| *amount != 0);
    let rest = rest.map(|(kind, amount)| Line { kind: *kind, amount: *amount });
    let lines = std::iter::once(nights).chain(rest).collect();
    Price { currency, nightly, lines, host_fee: 300, exchange: None, usd_rate: Some("1.16".parse().unwrap()) }
}

fn paid(booking: &booking::Model) -> payment::Model {
    let amount = Money::new(booking.total, booking.currency);
    let payment = plain_payment(amount, booking.price.total().unwrap());
    payment::Model { captured: amount.minor, ..payment }
}

fn none(booking: &booking::Model) -> Borne {
    Borne::none(booking.price.currency)
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Guest, host, platform, tax office.
fn shares(outcome: &Outcome) -> (i64, i64, i64, i64) {
    let end = outcome.settlement;
    (outcome.back.paid.minor, end.host.minor, end.platform.minor, end.taxes.minor)
}

#[test]
fn the_worked_examples_to_the_last_coin() {
    use LineKind::{Cleaning, LengthDiscount, Nights, PercentTax, PersonNightTax, ServiceFee};
    let lines = [(Cleaning, 4_000), (ServiceFee, 4_080), (PercentTax, 1_700)];
    let a = price(Currency::EUR, vec![10_000; 3], &lines);
    let check_in = "2027-06-10".parse().unwrap();
    let confirmed = instant("2027-03-01T12:00:00Z");
    let a = booking(a, check_in, chrono_tz::Europe::Lisbon, confirmed);
    let two_days = instant("2027-06-08T14:00:00Z");
    let of_a = outcome(&a, &[paid(&a)], none(&a), true, two_days).unwrap();
    assert_eq!(of_a.rule, Rule::StayedAndNext);
    assert_eq!(shares(&of_a), (14_700, 19_400, 4_680, 1_000));
    let eur = |minor| Money::new(minor, Currency::EUR);
    assert_eq!(of_a.kept, [(Nights, eur(20_000)), (ServiceFee, eur(4_080)), (PercentTax, eur(1_000))]);
    assert_eq!((of_a.settlement.host_fee, of_a.penalty), (eur(600), None));
    // The host's cancellation gives all of it back; a quarter of 340.00 is owed.
    let by_host = outcome(&a, &[paid(&a)], none(&a), false, two_days).unwrap();
    assert_eq!(shares(&by_host), (39_780, 0, 0, 0));
    assert_eq!((by_host.penalty, by_host.kept), (Some(eur(8_500)), Vec::new()));

    let lines = [(LengthDiscount, -8_642), (Cleaning, 5_000), (ServiceFee, 9_933), (PersonNightTax, 2_800)];
    let b = price(Currency::JPY, vec![12_345; 7], &lines);
    let b = booking(b, check_in, chrono_tz::Asia::Tokyo, confirmed);
    let b = booking::Model { cancellation_policy: CancellationPolicy::Firm, ..b };
    let of_b = outcome(&b, &[paid(&b)], none(&b), true, instant("2027-05-31T06:00:00Z")).unwrap();
    assert_eq!(of_b.rule, Rule::HalfKept);
    assert_eq!(shares(&of_b), (46_686, 37_720, 11_100, 0));
}

#[test]
fn a_schedule_has_a_row_for_each_answer_and_no_gap() {
    let price =
        price(Currency::EUR, vec![10_000; 3], &[(LineKind::Cleaning, 4_000), (LineKind::ServiceFee, 4_080)]);
    let confirmed = instant("2027-03-01T12:00:00Z");
    let firm = booking(price, "2027-06-10".parse().unwrap(), chrono_tz::Europe::Lisbon, confirmed);
    let firm = booking::Model { cancellation_policy: CancellationPolicy::Firm, ..firm };
    let now = instant("2027-03-05T00:00:00Z");
    let rows = schedule(&firm, &[paid(&firm)], none(&firm), true, now).unwrap();
    let said: Vec<_> = rows.iter().map(|row| (row.until.to_rfc3339(), row.outcome.back.paid.minor)).collect();
    // All until 30 days before, half of the nights until 7, then the cleaning until check-in, then nothing.
    assert_eq!(
        said,
        [
            ("2027-05-11T14:00:00+00:00".to_owned(), 38_080),
            ("2027-06-03T14:00:00+00:00".to_owned(), 19_000),
            ("2027-06-10T14:00:00+00:00".to_owned(), 4_000),
            ("2027-06-13T10:00:00+00:00".to_owned(), 0),
        ]
    );
    assert_eq!(rows[0].from, now);
    assert!(rows.windows(2).all(|two| two[0].until == two[1].from));

    // The host's: all of it goes back whenever; only what the host owes changes.
    let rows = schedule(&firm, &[paid(&firm)], none(&firm), false, now).unwrap();
    let said: Vec<_> =
        rows.iter().map(|row| (row.until.to_rfc3339(), row.outcome.penalty.unwrap().minor)).collect();
    assert_eq!(
        said,
        [
            // A tenth of 340.00 is less than 50 dollars, which are 43.10.
            ("2027-05-11T14:00:00+00:00".to_owned(), 4_310),
            ("2027-06-08T14:00:00+00:00".to_owned(), 8_500),
            ("2027-06-13T10:00:00+00:00".to_owned(), 17_000),
        ]
    );
    assert!(rows.iter().all(|row| row.outcome.back.paid.minor == 38_080));
    let over = schedule(&firm, &[paid(&firm)], none(&firm), true, firm.check_out_at).unwrap();
    assert!(over.is_empty());
}

#[test]
fn every_row_of_the_table_to_the_second() {
    use CancellationPolicy::{Firm, Flexible, Limited, Moderate, Strict};
    let confirmed = instant("2027-03-01T12:00:00Z");
    let check_in: NaiveDate = "2027-06-10".parse().unwrap();
    let stay = |policy, nights: usize, confirmed| {
        let price = price(Currency::EUR, vec![10_000; nights], &[]);
        let booking = booking(price, check_in, chrono_tz::Europe::Lisbon, confirmed);
        booking::Model { cancellation_policy: policy, ..booking }
    };
    let kept = |booking: &booking::Model, at| {
        outcome(booking, &[paid(booking)], none(booking), true, at).unwrap().back.kept.parts.base.minor
    };
    let second = TimeDelta::seconds(1);
    for (policy, days, until, then) in [
        (Flexible, 1, 0, 10_000),
        (Moderate, 5, 0, 25_000),
        (Limited, 14, 0, 20_000),
        (Limited, 7, 20_000, 40_000),
        (Firm, 30, 0, 20_000),
        (Firm, 7, 20_000, 40_000),
        (Strict, 7, 20_000, 40_000),
    ] {
        let booking = stay(policy, 4, confirmed);
        let boundary = booking.check_in_at - TimeDelta::days(days);
        assert_eq!(kept(&booking, boundary - second), until, "{policy:?} {days}");
        assert_eq!(kept(&booking, boundary), until, "{policy:?} {days}");
        assert_eq!(kept(&booking, boundary + second), then, "{policy:?} {days}");
    }
    // STRICT gives all back for two days only, and not when it is confirmed within two weeks; then grace is shorter.
    let strict = stay(Strict, 4, confirmed);
    let hours = |from: Instant, hours| from + TimeDelta::hours(hours);
    assert_eq!(kept(&strict, hours(confirmed, 48)), 0);
    assert_eq!(kept(&strict, hours(confirmed, 48) + second), 20_000);
    let late = strict.check_in_at - TimeDelta::days(10);
    let strict = stay(Strict, 4, late);
    assert_eq!(kept(&strict, hours(late, 24)), 0);
    assert_eq!(kept(&strict, hours(late, 24) + second), 20_000);
    // Less than a week before, there is no grace.
    let later = strict.check_in_at - TimeDelta::days(7) + second;
    assert_eq!(kept(&stay(Strict, 4, later), later), 40_000);
    // From 28 nights on, whatever the policy: thirty days, then the nights stayed and the next thirty.
    for policy in POLICIES {
        let long = stay(policy, 32, confirmed);
        let boundary = long.check_in_at - TimeDelta::days(30);
        assert_eq!(kept(&long, boundary), 0);
        assert_eq!(kept(&long, boundary + second), 300_000);
        assert_eq!(kept(&long, long.check_in_at), 300_000);
        assert_eq!(kept(&long, long.check_in_at + second), 310_000);
        assert_eq!(kept(&long, long.check_in_at + TimeDelta::days(9)), 320_000);
        assert_eq!(kept(&stay(policy, 28, confirmed), hours(confirmed, 24)), 0);
        assert_eq!(kept(&stay(policy, 28, late), late), 280_000);
    }
}

#[test]
fn what_hangs_on_a_night_goes_with_it() {
    use LineKind::{
        Cleaning, ExtraGuests, LengthDiscount, Nights, PercentTax, PersonNightTax, Pets, ServiceFee,
    };
    let lines = [
        (LengthDiscount, -3_600),
        (ExtraGuests, 3_000),
        (Cleaning, 4_000),
        (Pets, 1_000),
        (ServiceFee, 4_848),
        (PercentTax, 2_020),
        (PersonNightTax, 600),
    ];
    let price = price(Currency::EUR, vec![10_000, 12_000, 14_001], &lines);
    let confirmed = instant("2027-03-01T12:00:00Z");
    let booking = booking(price, "2027-06-10".parse().unwrap(), chrono_tz::Europe::Lisbon, confirmed);
    let flexible = booking::Model { cancellation_policy: CancellationPolicy::Flexible, ..booking };
    // One night is stayed and the next is paid. The third costs 140.01 less 14.00 of the discount, and has a third of
    // what more guests cost; of the percent tax comes back 136.01 of 404.01, of the other one two nights of three.
    let at = flexible.check_in_at + TimeDelta::seconds(1);
    let said = outcome(&flexible, &[paid(&flexible)], none(&flexible), true, at).unwrap();
    let eur = |minor| Money::new(minor, Currency::EUR);
    assert_eq!(
        said.back.lines,
        [
            (Nights, eur(12_601)),
            (ExtraGuests, eur(1_000)),
            (PercentTax, eur(680)),
            (PersonNightTax, eur(400))
        ]
    );
    assert_eq!(
        said.kept,
        [
            (Nights, eur(19_800)),
            (ExtraGuests, eur(2_000)),
            (Cleaning, eur(4_000)),
            (Pets, eur(1_000)),
            (ServiceFee, eur(4_848)),
            (PercentTax, eur(1_340)),
            (PersonNightTax, eur(200)),
        ]
    );
}

/// What of the nights is kept by the table, reckoned anew: percents of each night, and whether everything comes back.
fn percents(booking: &booking::Model, at: Instant) -> (Vec<i64>, bool) {
    let zone: Tz = booking.time_zone.parse().unwrap();
    let nights = booking.price.nightly.len();
    let at_three = |day: i64| {
        let date = booking.check_in + TimeDelta::days(day);
        let local = zone.from_local_datetime(&date.and_hms_opt(15, 0, 0).unwrap());
        local.unwrap().with_timezone(&chrono::Utc)
    };
    let confirmed = booking.confirmed_at.unwrap();
    let stayed = (0..i64::try_from(nights).unwrap()).filter(|night| at > at_three(*night)).count();
    let all = |percent| vec![percent; nights];
    let next =
        |more: usize, rest| (0..nights).map(|night| if night < stayed + more { 100 } else { rest }).collect();
    let hours = |hours| at <= confirmed + TimeDelta::hours(hours);
    let days = |days: i64| at <= at_three(-days);

    if nights < 28 && hours(24) && confirmed <= at_three(-7) {
        return (all(0), true);
    }
    if booking.rate_plan == RatePlan::NonRefundable {
        return (all(100), false);
    }
    if nights >= 28 {
        return if days(30) { (all(0), true) } else { (next(30, 0), false) };
    }
    let (until, half_until) = match booking.cancellation_policy {
        CancellationPolicy::Flexible if days(1) => return (all(0), true),
        CancellationPolicy::Flexible => return (next(1, 0), false),
        CancellationPolicy::Moderate if days(5) => return (all(0), true),
        CancellationPolicy::Moderate => return (next(1, 50), false),
        CancellationPolicy::Limited => (days(14), days(7)),
        CancellationPolicy::Firm => (days(30), days(7)),
        CancellationPolicy::Strict => (hours(48) && days(14), days(7)),
    };
    if until {
        (all(0), true)
    } else if half_until {
        (all(50), false)
    } else {
        (all(100), false)
    }
}

/// What comes back of the nights, by those percents.
fn nights_back(booking: &booking::Model, at: Instant) -> i64 {
    let price = &booking.price;
    let weights: Vec<u64> = price.nightly.iter().map(|night| night.unsigned_abs()).collect();
    let discounts = price.of(&LineKind::DISCOUNTS).unwrap().split(&weights);
    let (percents, _) = percents(booking, at);
    let nights: Vec<i64> =
        price.nightly.iter().zip(discounts).map(|(night, less)| night + less.minor).collect();
    let of = |percent| -> i64 {
        nights.iter().zip(&percents).filter(|(_, p)| **p == percent).map(|(night, _)| night).sum()
    };
    let half = Money::new(of(50), price.currency).part(50, 100).unwrap().minor;
    nights.iter().sum::<i64>() - of(100) - half
}

/// What the ledger has in the end, when the guest was charged, some went back out of goodwill, and the booking was then
/// called off as the outcome says.
fn played(booking: &booking::Model, goodwill: Borne, outcome: &Outcome) -> Vec<Draft> {
    let (id, host, at) = (booking.id, booking.host_id, Instant::UNIX_EPOCH);
    let total = booking.price.total().unwrap();
    let given = goodwill.total().unwrap();
    let mut drafts = vec![postings::charge_captured(id, PaymentId::new(), total, total, at)];
    for back in [given, outcome.back.worth] {
        if back.minor > 0 {
            drafts.push(postings::refunded(id, RefundId::new(), Account::ProviderCash, (back, back), at));
        }
    }
    let held = total.minus(given).unwrap().minus(outcome.back.worth).unwrap();
    let kept = giving_back::kept(&booking.price, outcome.back.parts, held, goodwill).unwrap();
    let (parts, borne, fee): (Parts, _, _) = (kept.parts, kept.borne, booking.price.host_fee);
    drafts.extend(postings::recognition_after_goodwill(id, host, parts, borne, fee, held, at).unwrap());
    drafts
}

fn balance(drafts: &[Draft], account: Account) -> i64 {
    let entries = drafts.iter().flat_map(Draft::entries);
    entries.filter(|(of, _)| *of == account).map(|(_, amount)| amount.minor).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_is_shown_is_what_is_done_at_every_boundary_of_every_policy(
        nightly in prop::collection::vec(1_i64..300_000, 1..40),
        (discount, cleaning, extra, pets, tax, person) in (0_i64..40, 0_i64..20_000, 0_i64..5_000, 0_i64..5_000, 0_i64..20, 0_i64..500),
        policy in prop::sample::select(POLICIES.to_vec()), non_refundable in any::<bool>(),
        currency in prop::sample::select(vec![Currency::EUR, Currency::JPY, Currency::KWD]),
        (zone, change) in prop::sample::select(CHANGES.to_vec()), days_after in 0_u64..33, days_ahead in 0_i64..70,
        goodwill in (0_i64..=60, 0_i64..=40, 0_i64..=20, 0_i64..=20),
    ) {
        let step = currency.step();
        let nightly: Vec<i64> = nightly.into_iter().map(|night| night * step).collect();
        let count = i64::try_from(nightly.len()).unwrap();
        let nights = Money::new(nightly.iter().sum(), currency);
        let long = nights.part(discount, 100).unwrap();
        let firm = nights.minus(long).unwrap().part(i64::from(non_refundable), 10).unwrap();
        let base = nights.minor - long.minor - firm.minor + (cleaning + extra * count + pets) * step;
        let of_base = |percent| Money::new(base, currency).part(percent, 100).unwrap().minor;
        let price = price(currency, nightly, &[
            (LineKind::LengthDiscount, -long.minor), (LineKind::NonRefundableDiscount, -firm.minor),
            (LineKind::ExtraGuests, extra * count * step), (LineKind::Cleaning, cleaning * step), (LineKind::Pets, pets * step),
            (LineKind::ServiceFee, of_base(12)), (LineKind::PercentTax, of_base(tax)),
            (LineKind::PersonNightTax, person * 2 * count * step),
        ]);
        let zone: Tz = zone.parse().unwrap();
        let check_in = change.parse::<NaiveDate>().unwrap() + Days::new(days_after);
        let check_in_at = zone::at(check_in, NaiveTime::from_hms_opt(15, 0, 0).unwrap(), zone);
        let booking = booking(price, check_in, zone, check_in_at - TimeDelta::days(days_ahead) - TimeDelta::minutes(77));
        let rate_plan = if non_refundable { RatePlan::NonRefundable } else { RatePlan::Standard };
        let booking = booking::Model { cancellation_policy: policy, rate_plan, ..booking };
        let total = booking.price.total().unwrap();

        // Some of it has gone back out of goodwill, borne by all three.
        let given = total.part(goodwill.0, 100).unwrap();
        let money = |steps: i64| Money::new(steps * step, currency);
        let borne = Borne { host: money(goodwill.1), platform: money(goodwill.2 + 1), taxes: money(goodwill.3) };
        let borne = borne.of_total(given).unwrap();
        let fresh = paid(&booking);
        let after = payment::Model { refunded: given.minor, listing_refunded: given.minor, ..fresh.clone() };

        let facts = Facts::of(&booking);
        let confirmed = booking.confirmed_at.unwrap();
        let second = TimeDelta::seconds(1);
        let both = [true, false];
        let schedules = both.map(|by_guest| schedule(&booking, std::slice::from_ref(&after), borne, by_guest, confirmed).unwrap());
        let instants = turns(&facts).into_iter().chain(penalty::turns(&facts));
        let instants = instants.flat_map(|turn| [turn - second, turn, turn + second]);
        for at in instants.filter(|at| confirmed <= *at && *at < booking.check_out_at) {
            // Without goodwill: the table, and sums to the last coin.
            let plain = outcome(&booking, std::slice::from_ref(&fresh), none(&booking), true, at).unwrap();
            let back = |kind| -> i64 {
                plain.back.lines.iter().filter(|(of, _)| *of == kind).map(|(_, amount)| amount.minor).sum()
            };
            prop_assert_eq!(back(LineKind::Nights), nights_back(&booking, at), "{}", at);
            let all_back = percents(&booking, at).1;
            let of = |kind| booking.price.of(&[kind]).unwrap().minor;
            prop_assert_eq!(back(LineKind::ServiceFee), if all_back { of(LineKind::ServiceFee) } else { 0 });
            let before = at <= booking.check_in_at;
            prop_assert_eq!(back(LineKind::Cleaning), if before { of(LineKind::Cleaning) } else { 0 });
            prop_assert_eq!(back(LineKind::Pets), if before { of(LineKind::Pets) } else { 0 });
            let (guest, host, platform, taxes) = shares(&plain);
            prop_assert_eq!(guest + host + platform + taxes, total.minor);
            let kept: i64 = plain.kept.iter().map(|(_, amount)| amount.minor).sum();
            prop_assert_eq!(kept, total.minor - guest);

            // With goodwill, by either side: what is shown is what the ledger has in the end.
            for (by_guest, rows) in both.into_iter().zip(&schedules) {
                let shown = outcome(&booking, std::slice::from_ref(&after), borne, by_guest, at).unwrap();
                let row = rows.iter().find(|row| at <= row.until).unwrap();
                prop_assert_eq!(&row.outcome, &shown);
                let drafts = played(&booking, borne, &shown);
                prop_assert!(drafts.iter().all(|draft| draft.check().is_ok()));
                let end = shown.settlement;
                prop_assert_eq!(balance(&drafts, Account::GuestFunds(booking.id)), 0);
                let host = Account::HostPayable(booking.host_id);
                let owed = Account::HostDebt(booking.host_id);
                prop_assert_eq!(balance(&drafts, host) + balance(&drafts, owed), -end.host.minor);
                prop_assert_eq!(balance(&drafts, Account::PlatformFees), -end.platform.minor);
                prop_assert_eq!(balance(&drafts, Account::PlatformLoss), end.platform_loss.minor);
                prop_assert_eq!(balance(&drafts, Account::TaxesPayable), -end.taxes.minor);
                prop_assert_eq!(balance(&drafts, Account::ProviderCash), total.minor - given.minor - shown.back.worth.minor);
                // Whoever bears nothing gets what there is without the goodwill.
                if by_guest {
                    prop_assert_eq!(end.platform, plain.settlement.platform);
                    let host = plain.settlement.host.minus(shown.back.kept.borne.host).unwrap();
                    prop_assert_eq!(end.host, host);
                }
                prop_assert_eq!(shown.penalty.is_some(), !by_guest);
            }
        }
    }
}
