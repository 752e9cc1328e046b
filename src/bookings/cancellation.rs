//! What a guest who cancels gets back: the policies as pure judgements over plain values. No database, no clock.
//!
//! An instant exactly on a boundary belongs to the row before it. "Kept" is the host's share of the nights, after
//! discounts; extra-guest fees follow their night.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::booking;
use crate::{
    kernel::{Money, clock::Instant, money::MoneyError, zone},
    ledger::postings::Parts,
    listings::listing::CancellationPolicy,
    pricing::{
        RatePlan,
        price::{LineKind, Price},
    },
};

/// Stays of this many nights follow the long-stay rule instead of their policy.
const LONG_STAY: usize = 28;

/// What a refund depends on.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Every line, as paid.
    pub price: &'a Price,
    /// As it was when quoted.
    pub policy: CancellationPolicy,
    /// The rate, as quoted.
    pub rate_plan: RatePlan,
    /// First night.
    pub check_in: NaiveDate,
    /// Local check-in time.
    pub check_in_time: NaiveTime,
    /// The listing's zone.
    pub zone: Tz,
    /// When paid.
    pub confirmed_at: Instant,
}

/// Which row of the table fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Within 24 h of a confirmation at least 7 days before check-in.
    Grace,
    /// Early enough for everything to come back.
    AllNights,
    /// Half of the nights are kept.
    HalfKept,
    /// All nights are kept.
    AllKept,
    /// Nights stayed and the next one are kept, and for MODERATE half of the rest.
    StayedAndNext,
    /// Nights stayed and the next thirty are kept.
    LongStay,
    /// The rate gives nothing back: all nights are kept.
    NonRefundable,
    /// The host cancelled: everything comes back.
    HostCancelled,
}

/// What comes back, line by line; the lines add up to the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Which row fired.
    pub rule: Rule,
    /// What comes back of each kind of line, those of zero left out.
    pub lines: Vec<(LineKind, Money)>,
    /// What the guest gets.
    pub total: Money,
    /// What the host keeps of the base, before its fee.
    pub host_keeps: Money,
}

impl Refund {
    /// What comes back, by whose it was.
    pub fn parts(&self) -> Result<Parts, MoneyError> {
        let of = |kinds: &[LineKind]| {
            let lines = self.lines.iter().filter(|(kind, _)| kinds.contains(kind));
            Money::sum(self.total.currency, lines.map(|(_, amount)| *amount))
        };
        Ok(Parts {
            base: of(&[LineKind::Nights, LineKind::ExtraGuests, LineKind::Cleaning, LineKind::Pets])?,
            service_fee: of(&[LineKind::ServiceFee])?,
            taxes: of(&[LineKind::PercentTax, LineKind::PersonNightTax])?,
        })
    }
}

/// How much of the nights the host keeps: whole nights from the first on, and a percentage of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    whole: usize,
    percent_of_rest: i64,
}

/// What a guest who cancels at `at` gets back.
pub fn by_guest(facts: &Facts, at: Instant) -> Result<Refund, MoneyError> {
    let nights = facts.price.nightly.len();
    let (rule, kept) = judge(facts, at, nights);
    let whole = kept.whole.min(nights);
    let keep = |parts: &[Money]| -> Result<Money, MoneyError> {
        let rest = Money::sum(facts.price.currency, parts[whole..].iter().copied())?;
        Money::sum(facts.price.currency, parts[..whole].iter().copied())?
            .plus(rest.part(kept.percent_of_rest, 100)?)
    };
    let night_parts = night_parts(facts.price)?;
    let extra = facts.price.of(&[LineKind::ExtraGuests])?;
    let extra_parts = extra.split(&vec![1; nights]);
    let before_check_in = at <= facts.night_begins(0);
    let zero = Money::zero(facts.price.currency);
    let back_before = |kind| if before_check_in { facts.price.of(&[kind]) } else { Ok(zero) };

    let nights_total = facts.price.nights()?;
    let nights_kept = keep(&night_parts)?;
    let base_lines = [
        (LineKind::Nights, nights_total.minus(nights_kept)?),
        (LineKind::ExtraGuests, extra.minus(keep(&extra_parts)?)?),
        (LineKind::Cleaning, back_before(LineKind::Cleaning)?),
        (LineKind::Pets, back_before(LineKind::Pets)?),
    ];
    let base = facts.price.base()?;
    let base_back = Money::sum(facts.price.currency, base_lines.iter().map(|(_, amount)| *amount))?;
    let all_nights_back = kept == Kept { whole: 0, percent_of_rest: 0 };
    let stayed = facts.stayed(at, nights);
    let person_night = facts.price.of(&[LineKind::PersonNightTax])?;
    let other_lines = [
        (LineKind::ServiceFee, if all_nights_back { facts.price.of(&[LineKind::ServiceFee])? } else { zero }),
        (LineKind::PercentTax, in_proportion(facts.price.of(&[LineKind::PercentTax])?, base_back, base)?),
        (LineKind::PersonNightTax, in_proportion_of(person_night, nights - stayed, nights)?),
    ];
    refund(rule, base_lines.into_iter().chain(other_lines), zero, base.minus(base_back)?)
}

/// What a guest gets back when the host cancels: everything.
pub fn by_host(price: &Price) -> Result<Refund, MoneyError> {
    let zero = Money::zero(price.currency);
    let nights = (LineKind::Nights, price.nights()?);
    let rest = price.lines.iter().filter(|l| !LineKind::OF_NIGHTS.contains(&l.kind));
    let lines = std::iter::once(nights).chain(rest.map(|l| (l.kind, Money::new(l.amount, price.currency))));
    refund(Rule::HostCancelled, lines, zero, zero)
}

fn refund(
    rule: Rule,
    lines: impl Iterator<Item = (LineKind, Money)>,
    zero: Money,
    host_keeps: Money,
) -> Result<Refund, MoneyError> {
    let lines: Vec<_> = lines.filter(|(_, amount)| amount.minor != 0).collect();
    let total = Money::sum(zero.currency, lines.iter().map(|(_, amount)| *amount))?;
    Ok(Refund { rule, lines, total, host_keeps })
}

fn judge(facts: &Facts, at: Instant, nights: usize) -> (Rule, Kept) {
    let all_back = Kept { whole: 0, percent_of_rest: 0 };
    let half = (Rule::HalfKept, Kept { whole: 0, percent_of_rest: 50 });
    let all_kept = (Rule::AllKept, Kept { whole: nights, percent_of_rest: 0 });
    let until = |days| at <= facts.days_before(days);
    let stayed_and = |more| Kept { whole: facts.stayed(at, nights) + more, percent_of_rest: 0 };
    let within = |hours| at <= facts.confirmed_at + TimeDelta::hours(hours);

    if nights < LONG_STAY && within(24) && facts.confirmed_at <= facts.days_before(7) {
        return (Rule::Grace, all_back);
    }
    // The rate, not the policy, and before the long stay's rule: who saved a tenth knew why.
    if facts.rate_plan == RatePlan::NonRefundable {
        return (Rule::NonRefundable, Kept { whole: nights, percent_of_rest: 0 });
    }
    if nights >= LONG_STAY {
        return if until(30) { (Rule::AllNights, all_back) } else { (Rule::LongStay, stayed_and(30)) };
    }
    match facts.policy {
        CancellationPolicy::Flexible if until(1) => (Rule::AllNights, all_back),
        CancellationPolicy::Flexible => (Rule::StayedAndNext, stayed_and(1)),
        CancellationPolicy::Moderate if until(5) => (Rule::AllNights, all_back),
        CancellationPolicy::Moderate => (Rule::StayedAndNext, Kept { percent_of_rest: 50, ..stayed_and(1) }),
        CancellationPolicy::Limited if until(14) => (Rule::AllNights, all_back),
        CancellationPolicy::Firm if until(30) => (Rule::AllNights, all_back),
        CancellationPolicy::Strict if within(48) && until(14) => (Rule::AllNights, all_back),
        CancellationPolicy::Limited | CancellationPolicy::Firm | CancellationPolicy::Strict if until(7) => {
            half
        }
        CancellationPolicy::Limited | CancellationPolicy::Firm | CancellationPolicy::Strict => all_kept,
    }
}

/// The instants at which what comes back can change, in no order: the boundaries of every policy, and each night's
/// check-in. At some of them it stays the same.
pub fn turns(facts: &Facts) -> Vec<Instant> {
    let after = [24, 48].map(|hours| facts.confirmed_at + TimeDelta::hours(hours));
    let before = [30, 14, 7, 5, 1].map(|days| facts.days_before(days));
    let nights = (0..facts.price.nightly.len() as u64).map(|night| facts.night_begins(night));
    after.into_iter().chain(before).chain(nights).collect()
}

impl<'a> Facts<'a> {
    /// The facts of a booking.
    pub fn of(booking: &'a booking::Model) -> Self {
        let zone = booking.time_zone.parse().unwrap_or(chrono_tz::UTC);
        Self {
            price: &booking.price,
            policy: booking.cancellation_policy,
            rate_plan: booking.rate_plan,
            check_in: booking.check_in,
            check_in_time: booking.check_in_at.with_timezone(&zone).time(),
            zone,
            confirmed_at: booking.confirmed_at.unwrap_or(booking.created_at),
        }
    }

    /// The instant so many calendar days before check-in, at the check-in time.
    pub(super) fn days_before(&self, days: u64) -> Instant {
        zone::days_before(self.check_in, days, self.check_in_time, self.zone)
    }

    /// The check-in instant of a night: from then on it counts as stayed.
    pub(super) fn night_begins(&self, night: u64) -> Instant {
        let date = self.check_in.checked_add_days(chrono::Days::new(night)).unwrap_or(NaiveDate::MAX);
        zone::at(date, self.check_in_time, self.zone)
    }

    /// How many of so many nights were stayed at an instant: those whose check-in instant has passed.
    pub(super) fn stayed(&self, at: Instant, nights: usize) -> usize {
        (0..nights as u64).take_while(|night| self.night_begins(*night) < at).count()
    }
}

/// Each night's share after the discounts, which are spread by largest remainder.
fn night_parts(price: &Price) -> Result<Vec<Money>, MoneyError> {
    let weights: Vec<u64> = price.nightly.iter().map(|n| n.unsigned_abs()).collect();
    let discounts = price.of(&LineKind::DISCOUNTS)?.split(&weights);
    price.nightly.iter().zip(discounts).map(|(n, less)| Money::new(*n, price.currency).plus(less)).collect()
}

fn in_proportion(amount: Money, part: Money, whole: Money) -> Result<Money, MoneyError> {
    if whole.minor == 0 { Ok(Money::zero(amount.currency)) } else { amount.part(part.minor, whole.minor) }
}

fn in_proportion_of(amount: Money, part: usize, whole: usize) -> Result<Money, MoneyError> {
    let count = |n: usize| i64::try_from(n).map_err(|_| MoneyError::TooLarge);
    if whole == 0 { Ok(Money::zero(amount.currency)) } else { amount.part(count(part)?, count(whole)?) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{kernel::Currency, pricing::price::Line};

    fn price(currency: Currency, nightly: Vec<i64>, lines: &[(LineKind, i64)]) -> Price {
        let nights = Line { kind: LineKind::Nights, amount: nightly.iter().sum() };
        let rest = lines.iter().map(|(kind, amount)| Line { kind: *kind, amount: *amount });
        Price {
            currency,
            nightly,
            lines: std::iter::once(nights).chain(rest).collect(),
            host_fee: 300,
            exchange: None,
            usd_rate: None,
        }
    }

    fn facts(price: &Price, policy: CancellationPolicy) -> Facts<'_> {
        Facts {
            price,
            policy,
            rate_plan: RatePlan::Standard,
            check_in: "2027-06-10".parse().unwrap(),
            check_in_time: "15:00:00".parse().unwrap(),
            zone: "Europe/Lisbon".parse().unwrap(),
            confirmed_at: "2027-03-01T12:00:00Z".parse().unwrap(),
        }
    }

    fn example_a() -> Price {
        let lines =
            [(LineKind::Cleaning, 4_000), (LineKind::ServiceFee, 4_080), (LineKind::PercentTax, 1_700)];
        price(Currency::EUR, vec![10_000; 3], &lines)
    }

    #[test]
    fn example_a_moderate_two_days_before() {
        let price = example_a();
        let facts = facts(&price, CancellationPolicy::Moderate);
        let refund = by_guest(&facts, facts.days_before(2)).unwrap();
        assert_eq!(refund.total.minor, 14_700);
        let minor: Vec<_> = refund.lines.iter().map(|(kind, amount)| (*kind, amount.minor)).collect();
        assert_eq!(
            minor,
            [(LineKind::Nights, 10_000), (LineKind::Cleaning, 4_000), (LineKind::PercentTax, 700)]
        );
        assert_eq!(refund.host_keeps.minor, 20_000);
    }

    #[test]
    fn example_b_firm_ten_days_before() {
        let lines = [
            (LineKind::LengthDiscount, -8_642),
            (LineKind::Cleaning, 5_000),
            (LineKind::ServiceFee, 9_933),
            (LineKind::PersonNightTax, 2_800),
        ];
        let price = price(Currency::JPY, vec![12_345; 7], &lines);
        let facts = facts(&price, CancellationPolicy::Firm);
        let refund = by_guest(&facts, facts.days_before(10)).unwrap();
        assert_eq!(
            (refund.rule, refund.total.minor, refund.host_keeps.minor),
            (Rule::HalfKept, 46_686, 38_887)
        );
    }

    #[test]
    fn flexible_boundaries_to_the_second() {
        let price = example_a();
        let facts = facts(&price, CancellationPolicy::Flexible);
        let second = TimeDelta::seconds(1);
        let at = |instant| by_guest(&facts, instant).unwrap().total.minor;
        let boundary = facts.days_before(1);
        assert_eq!(at(boundary), 39_780);
        // The first night is kept, the service fee too; 240/340 of the tax comes back.
        assert_eq!(at(boundary + second), 20_000 + 4_000 + 1_200);
        // On the instant of check-in no night is stayed yet; a second later one is, and cleaning is due.
        assert_eq!(at(facts.night_begins(0)), at(boundary + second));
        assert_eq!(at(facts.night_begins(0) + second), 10_000 + 500);
        assert_eq!(at(facts.night_begins(2) + second), 0);
    }

    #[test]
    fn grace_stands_above_every_policy_but_not_above_long_stays() {
        let price = example_a();
        for policy in [CancellationPolicy::Strict, CancellationPolicy::Firm, CancellationPolicy::Limited] {
            let mut facts = facts(&price, policy);
            facts.confirmed_at = facts.days_before(7);
            let refund = by_guest(&facts, facts.confirmed_at + TimeDelta::hours(24)).unwrap();
            assert_eq!((refund.rule, refund.total.minor), (Rule::Grace, 39_780));
            let late =
                by_guest(&facts, facts.confirmed_at + TimeDelta::hours(24) + TimeDelta::seconds(1)).unwrap();
            assert_eq!(late.rule, Rule::AllKept);
        }
        let month = self::price(Currency::EUR, vec![10_000; 40], &[]);
        let facts = Facts {
            confirmed_at: facts(&month, CancellationPolicy::Flexible).days_before(10),
            ..facts(&month, CancellationPolicy::Flexible)
        };
        let refund = by_guest(&facts, facts.confirmed_at).unwrap();
        assert_eq!((refund.rule, refund.total.minor), (Rule::LongStay, 100_000));
    }

    #[test]
    fn non_refundable_gives_nothing_back_but_within_the_grace_and_when_the_host_cancels() {
        let lines = [
            (LineKind::NonRefundableDiscount, -3_000),
            (LineKind::Cleaning, 4_000),
            (LineKind::ServiceFee, 3_720),
            (LineKind::PersonNightTax, 600),
        ];
        let price = price(Currency::EUR, vec![10_000; 3], &lines);
        let mut facts =
            Facts { rate_plan: RatePlan::NonRefundable, ..facts(&price, CancellationPolicy::Flexible) };
        let refund = by_guest(&facts, facts.days_before(60)).unwrap();
        assert_eq!(refund.rule, Rule::NonRefundable);
        // Cleaning and the tax of nights not stayed come back as ever; of the nights, nothing.
        assert_eq!(refund.total.minor, 4_600);
        assert_eq!(refund.host_keeps.minor, 27_000);
        let graceful = by_guest(&facts, facts.confirmed_at + TimeDelta::hours(24)).unwrap();
        assert_eq!((graceful.rule, graceful.total), (Rule::Grace, price.total().unwrap()));
        let by_host = by_host(&price).unwrap();
        assert_eq!(by_host.total, price.total().unwrap());
        assert_eq!(by_host.lines[0], (LineKind::Nights, price.nights().unwrap()));

        // Of a long stay neither: there is no grace, and its own row does not fire.
        let month =
            self::price(Currency::EUR, vec![10_000; 40], &[(LineKind::NonRefundableDiscount, -40_000)]);
        facts.price = &month;
        let refund = by_guest(&facts, facts.confirmed_at).unwrap();
        assert_eq!((refund.rule, refund.total.minor), (Rule::NonRefundable, 0));
    }

    proptest! {
        #[test]
        fn a_refund_is_never_negative_nor_more_than_paid_and_never_grows_with_time(
            nightly in prop::collection::vec(1_i64..1_000_000, 1..45),
            discount in 0_i64..50, cleaning in 0_i64..100_000, extra in 0_i64..10_000, tax in 0_i64..20,
            policy in prop::sample::select(vec![
                CancellationPolicy::Flexible, CancellationPolicy::Moderate, CancellationPolicy::Limited,
                CancellationPolicy::Firm, CancellationPolicy::Strict,
            ]),
            mut hours in prop::collection::vec(0_i64..4_000, 2..12),
            currency in prop::sample::select(vec![Currency::EUR, Currency::JPY, Currency::KWD]),
            non_refundable in any::<bool>(),
        ) {
            let step = currency.step();
            let nightly: Vec<i64> = nightly.into_iter().map(|n| n * step).collect();
            let nights: i64 = nightly.iter().sum();
            let count = i64::try_from(nightly.len()).unwrap();
            let off = Money::new(nights, currency).part(discount, 100).unwrap().minor;
            let firm = Money::new(nights - off, currency).part(i64::from(non_refundable), 10).unwrap().minor;
            let base = nights - off - firm + cleaning * step + extra * step * count;
            let lines = [
                (LineKind::LengthDiscount, -off), (LineKind::NonRefundableDiscount, -firm),
                (LineKind::Cleaning, cleaning * step),
                (LineKind::ExtraGuests, extra * step * count),
                (LineKind::ServiceFee, Money::new(base, currency).part(12, 100).unwrap().minor),
                (LineKind::PercentTax, Money::new(base, currency).part(tax, 100).unwrap().minor),
                (LineKind::PersonNightTax, 2 * step * count),
            ];
            let price = price(currency, nightly, &lines);
            let rate_plan = if non_refundable { RatePlan::NonRefundable } else { RatePlan::Standard };
            let facts = Facts { rate_plan, ..facts(&price, policy) };
            let paid = price.total().unwrap().minor;
            hours.sort_unstable();
            let mut last = paid;
            for hour in hours {
                let refund = by_guest(&facts, facts.confirmed_at + TimeDelta::hours(hour)).unwrap();
                prop_assert!((0..=paid).contains(&refund.total.minor));
                prop_assert!(refund.total.minor <= last, "a later cancellation gave more");
                let base_back: i64 = refund.lines.iter()
                    .filter(|(kind, _)| matches!(kind, LineKind::Nights | LineKind::ExtraGuests | LineKind::Cleaning | LineKind::Pets))
                    .map(|(_, amount)| amount.minor).sum();
                prop_assert_eq!(refund.host_keeps.minor + base_back, price.base().unwrap().minor);
                last = refund.total.minor;
            }
        }
    }
}
