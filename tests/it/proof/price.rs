//! What a stay costs and what comes back of it, written anew from the design (price of a stay, cancellation): plain values
//! in and out. The tables here are those of the design, not the server's.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};

use super::money::{Coin, convert, part, split};

/// An instant of the domain's clock.
pub type Instant = DateTime<Utc>;

/// A line of a price, as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Nights,
    LengthDiscount,
    NonRefundableDiscount,
    ExtraGuests,
    Cleaning,
    Pets,
    ServiceFee,
    PercentTax,
    PersonNightTax,
}

use Kind::{
    Cleaning, ExtraGuests, LengthDiscount, Nights, NonRefundableDiscount, PercentTax, PersonNightTax, Pets,
    ServiceFee,
};

impl Kind {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Nights => "NIGHTS",
            LengthDiscount => "LENGTH_DISCOUNT",
            NonRefundableDiscount => "NON_REFUNDABLE_DISCOUNT",
            ExtraGuests => "EXTRA_GUESTS",
            Cleaning => "CLEANING",
            Pets => "PETS",
            ServiceFee => "SERVICE_FEE",
            PercentTax => "PERCENT_TAX",
            PersonNightTax => "PERSON_NIGHT_TAX",
        }
    }
}

/// What the host gives back when, of the table of cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Flexible,
    Moderate,
    Firm,
    Strict,
}

impl Policy {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flexible => "FLEXIBLE",
            Self::Moderate => "MODERATE",
            Self::Firm => "FIRM",
            Self::Strict => "STRICT",
        }
    }
}

/// The taxes of the market, the same everywhere in it: in hundredths of a percent of the base, and per person and night
/// in euro cents.
pub const PERCENT_TAX: i64 = 525;
pub const PERSON_NIGHT_TAX: i64 = 137;
/// Fees of guest and host, in hundredths of a percent.
const GUEST_FEE: i64 = 1_200;
const HOST_FEE: i64 = 300;
/// Off from seven nights, in hundredths of a percent.
pub const WEEKLY_DISCOUNT: i64 = 1_000;
/// Guests in the price of a night.
pub const GUESTS_INCLUDED: i64 = 2;

/// What a host asks for.
#[derive(Debug, Clone, Copy)]
pub struct Tariff {
    pub coin: Coin,
    pub night: i64,
    pub cleaning: i64,
    pub extra_guest: i64,
    pub pets: i64,
    pub policy: Policy,
}

/// When, who, and at which rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub check_in: NaiveDate,
    pub nights: u64,
    pub adults: i64,
    pub pets: i64,
    pub non_refundable: bool,
}

impl Terms {
    /// The day of leaving.
    pub fn check_out(&self) -> NaiveDate {
        self.check_in + Days::new(self.nights)
    }

    /// When the guest may come.
    pub fn check_in_at(&self) -> Instant {
        at(self.check_in, 15)
    }

    /// When the guest leaves.
    pub fn check_out_at(&self) -> Instant {
        at(self.check_out(), 11)
    }

    /// The nights from `from` to `to`, counted from the first.
    pub fn dates(&self, from: u64, to: u64) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.check_in;
        (from..to).map(move |n| first + Days::new(n))
    }

    /// How many nights have begun: those whose check-in instant has passed.
    pub fn stayed(&self, now: Instant) -> u64 {
        self.dates(0, self.nights).filter(|date| at(*date, 15) < now).count() as u64
    }

    /// So many calendar days before check-in, at the time of check-in.
    pub fn days_before(&self, days: u64) -> Instant {
        at(self.check_in - Days::new(days), 15)
    }
}

/// A full hour of a day where all listings are; none of those in use is skipped or doubled by a change of the clocks.
pub fn at(date: NaiveDate, hour: u32) -> Instant {
    let local = date.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
    chrono_tz::Europe::Lisbon.from_local_datetime(&local).unwrap().with_timezone(&Utc)
}

/// What is kept or comes back, by whose it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    pub base: i64,
    pub fee: i64,
    pub taxes: i64,
}

impl Parts {
    pub fn total(self) -> i64 {
        self.base + self.fee + self.taxes
    }

    pub fn less(self, other: Self) -> Self {
        Self { base: self.base - other.base, fee: self.fee - other.fee, taxes: self.taxes - other.taxes }
    }

    fn of(lines: &[(Kind, i64)]) -> Self {
        let of = |kinds: &[Kind]| -> i64 {
            lines.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, amount)| amount).sum()
        };
        Self {
            base: of(&[Nights, LengthDiscount, NonRefundableDiscount, ExtraGuests, Cleaning, Pets]),
            fee: of(&[ServiceFee]),
            taxes: of(&[PercentTax, PersonNightTax]),
        }
    }
}

/// A price, line by line, in the listing's coin; lines of zero are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    pub coin: Coin,
    pub night: i64,
    pub nights: u64,
    pub lines: Vec<(Kind, i64)>,
}

/// The price of a stay.
pub fn price(tariff: &Tariff, terms: &Terms) -> Price {
    let coin = tariff.coin;
    let nights = i64::try_from(terms.nights).unwrap();
    let all = tariff.night * nights;
    let long = if nights >= 7 { part(all, WEEKLY_DISCOUNT, 10_000, coin) } else { 0 };
    let firm = if terms.non_refundable { part(all - long, 10, 100, coin) } else { 0 };
    let extra = tariff.extra_guest * (terms.adults - GUESTS_INCLUDED).max(0) * nights;
    let pets = if terms.pets > 0 { tariff.pets } else { 0 };
    let base = all - long - firm + extra + tariff.cleaning + pets;
    let lines = [
        (Nights, all),
        (LengthDiscount, -long),
        (NonRefundableDiscount, -firm),
        (ExtraGuests, extra),
        (Cleaning, tariff.cleaning),
        (Pets, pets),
        (ServiceFee, part(base, GUEST_FEE, 10_000, coin)),
        (PercentTax, part(base, PERCENT_TAX, 10_000, coin)),
        (PersonNightTax, convert(PERSON_NIGHT_TAX * terms.adults * nights, Coin::Eur, coin)),
    ];
    let lines = lines.into_iter().filter(|(_, amount)| *amount != 0).collect();
    Price { coin, night: tariff.night, nights: terms.nights, lines }
}

impl Price {
    fn of(&self, kinds: &[Kind]) -> i64 {
        self.lines.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, amount)| amount).sum()
    }

    /// Nights after the discounts.
    pub fn nights(&self) -> i64 {
        self.of(&[Nights, LengthDiscount, NonRefundableDiscount])
    }

    /// What it is, by whose it is.
    pub fn parts(&self) -> Parts {
        Parts::of(&self.lines)
    }

    /// The sum.
    pub fn total(&self) -> i64 {
        self.parts().total()
    }

    /// Nights and cleaning: what a host's penalty is reckoned from.
    pub fn nights_and_cleaning(&self) -> i64 {
        self.nights() + self.of(&[Cleaning])
    }

    /// Each line in the coin that is paid in.
    pub fn paid_in(&self, coin: Coin) -> Vec<(Kind, i64)> {
        self.lines.iter().map(|(kind, amount)| (*kind, convert(*amount, self.coin, coin))).collect()
    }

    /// What is to be paid in that coin.
    pub fn to_pay(&self, coin: Coin) -> i64 {
        self.paid_in(coin).iter().map(|(_, amount)| amount).sum()
    }

    /// What the host gets of a base, less its fee.
    pub fn host_fee(&self, base: i64) -> i64 {
        part(base, HOST_FEE, 10_000, self.coin)
    }
}

/// What comes back, and by which row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    pub rule: &'static str,
    pub lines: Vec<(Kind, i64)>,
}

impl Back {
    pub fn parts(&self) -> Parts {
        Parts::of(&self.lines)
    }
}

/// How much of the nights is kept: whole ones from the first on, and a percentage of the rest.
#[derive(PartialEq, Eq)]
struct Keep {
    whole: u64,
    percent: i64,
}

/// What a guest gets back who calls it off then.
pub fn by_guest(price: &Price, policy: Policy, terms: &Terms, confirmed_at: Instant, now: Instant) -> Back {
    let (rule, keep) = row(policy, terms, confirmed_at, now);
    let (coin, nights) = (price.coin, price.nights);
    let whole = usize::try_from(keep.whole.min(nights)).unwrap();
    let kept = |each: &[i64]| -> i64 {
        let rest: i64 = each[whole..].iter().sum();
        each[..whole].iter().sum::<i64>() + part(rest, keep.percent, 100, coin)
    };
    let even = vec![1; usize::try_from(nights).unwrap()];
    let discounts = split(price.nights() - price.of(&[Nights]), &even, coin);
    let each: Vec<i64> = discounts.iter().map(|less| price.night + less).collect();
    let extra = price.of(&[ExtraGuests]);
    let before = now <= terms.check_in_at();
    let fees = |kind| if before { price.of(&[kind]) } else { 0 };
    let base = [
        (Nights, price.nights() - kept(&each)),
        (ExtraGuests, extra - kept(&split(extra, &even, coin))),
        (Cleaning, fees(Cleaning)),
        (Pets, fees(Pets)),
    ];
    let base_back: i64 = base.iter().map(|(_, amount)| amount).sum();
    let all_back = keep == Keep { whole: 0, percent: 0 };
    let left = i64::try_from(nights - terms.stayed(now)).unwrap();
    let others = [
        (ServiceFee, if all_back { price.of(&[ServiceFee]) } else { 0 }),
        (PercentTax, part(price.of(&[PercentTax]), base_back, price.parts().base, coin)),
        (PersonNightTax, part(price.of(&[PersonNightTax]), left, i64::try_from(nights).unwrap(), coin)),
    ];
    let lines = base.into_iter().chain(others).filter(|(_, amount)| *amount != 0).collect();
    Back { rule, lines }
}

/// What a guest gets back when the host calls it off: everything.
pub fn by_host(price: &Price) -> Back {
    let rest = price
        .lines
        .iter()
        .filter(|(kind, _)| !matches!(kind, Nights | LengthDiscount | NonRefundableDiscount));
    let lines = std::iter::once((Nights, price.nights())).chain(rest.copied()).collect();
    Back { rule: "HOST_CANCELLED", lines }
}

/// The row of the table. An instant on a boundary belongs to the row before it.
fn row(policy: Policy, terms: &Terms, confirmed_at: Instant, now: Instant) -> (&'static str, Keep) {
    let nothing = Keep { whole: 0, percent: 0 };
    let all = Keep { whole: terms.nights, percent: 0 };
    let until = |days| now <= terms.days_before(days);
    let within = |hours| now <= confirmed_at + TimeDelta::hours(hours);
    assert!(terms.nights < 28, "stays of the proof are short: the long stay's row is another test's");
    if within(24) && confirmed_at <= terms.days_before(7) {
        return ("GRACE", nothing);
    }
    if terms.non_refundable {
        return ("NON_REFUNDABLE", all);
    }
    let next = terms.stayed(now) + 1;
    match policy {
        Policy::Flexible if until(1) => ("ALL_NIGHTS", nothing),
        Policy::Flexible => ("STAYED_AND_NEXT", Keep { whole: next, percent: 0 }),
        Policy::Moderate if until(5) => ("ALL_NIGHTS", nothing),
        Policy::Moderate => ("STAYED_AND_NEXT", Keep { whole: next, percent: 50 }),
        Policy::Firm if until(30) => ("ALL_NIGHTS", nothing),
        Policy::Strict if within(48) && until(14) => ("ALL_NIGHTS", nothing),
        Policy::Firm | Policy::Strict if until(7) => ("HALF_KEPT", Keep { whole: 0, percent: 50 }),
        Policy::Firm | Policy::Strict => ("ALL_KEPT", all),
    }
}

/// What a host owes who calls it off then: a part of nights and cleaning, 50 dollars at least and 1,000 at most.
pub fn penalty(price: &Price, terms: &Terms, now: Instant) -> i64 {
    let percent = match now {
        now if now <= terms.days_before(30) => 10,
        now if now <= terms.check_in_at() - TimeDelta::hours(48) => 25,
        _ => 50,
    };
    let dollars = |minor| convert(minor, Coin::Usd, price.coin);
    part(price.nights_and_cleaning(), percent, 100, price.coin).clamp(dollars(5_000), dollars(100_000))
}

/// Who bears what went back beyond the policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Borne {
    pub host: i64,
    pub platform: i64,
    pub taxes: i64,
}

impl Borne {
    pub fn total(self) -> i64 {
        self.host + self.platform + self.taxes
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            host: self.host + other.host,
            platform: self.platform + other.platform,
            taxes: self.taxes + other.taxes,
        }
    }

    /// The same of a smaller whole, in proportion.
    pub fn of_total(self, total: i64, coin: Coin) -> Self {
        let parts = split(total, &[self.host, self.platform, self.taxes], coin);
        Self { host: parts[0], platform: parts[1], taxes: parts[2] }
    }
}

/// What everybody has in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// What goes back now, in the listing's coin.
    pub worth: i64,
    /// Whether that is less than the policy says.
    pub is_limited: bool,
    /// What is held when it has gone.
    pub held: i64,
    /// What of the base is kept.
    pub base: i64,
    /// The host's fee of that.
    pub host_fee: i64,
    /// The host's, less its fee and what it bears; negative where it owes.
    pub host: i64,
    /// What the host bears.
    pub host_bears: i64,
    /// Fees of both sides.
    pub platform: i64,
    /// What the platform bears.
    pub loss: i64,
    /// The tax office's.
    pub taxes: i64,
}

/// What everybody has when `back` comes back of a price of which `left` is there still, and these have borne what went
/// back before: of what is missing then, each bears what it was named to bear, and no more than that altogether.
pub fn end(price: &Price, back: Parts, left: i64, borne: Borne) -> End {
    let worth = back.total().min(left);
    let held = left - worth;
    let kept = price.parts().less(back);
    let missing = kept.total() - held;
    assert!((0..=borne.total()).contains(&missing), "{missing} are missing, {borne:?}");
    let borne = if missing < borne.total() { borne.of_total(missing, price.coin) } else { borne };
    let host_fee = price.host_fee(kept.base);
    let given_up = borne.taxes.min(kept.taxes);
    End {
        worth,
        is_limited: back.total() > left,
        held,
        base: kept.base,
        host_fee,
        host: kept.base - host_fee - borne.host,
        host_bears: borne.host,
        platform: kept.fee + host_fee,
        loss: borne.platform + borne.taxes - given_up,
        taxes: kept.taxes - given_up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two worked examples of the design.
    #[test]
    fn the_oracle_knows_the_worked_examples() {
        let line = |kind, amount| (kind, amount);
        let a = Price {
            coin: Coin::Eur,
            night: 10_000,
            nights: 3,
            lines: vec![
                line(Nights, 30_000),
                line(Cleaning, 4_000),
                line(ServiceFee, 4_080),
                line(PercentTax, 1_700),
            ],
        };
        let check_in = "2027-03-10".parse().unwrap();
        let terms = Terms { check_in, nights: 3, adults: 2, pets: 0, non_refundable: false };
        let confirmed = at("2027-01-01".parse().unwrap(), 12);
        let back = by_guest(&a, Policy::Moderate, &terms, confirmed, terms.days_before(2));
        assert_eq!(back.lines, [(Nights, 10_000), (Cleaning, 4_000), (PercentTax, 700)]);
        let end = end(&a, back.parts(), 39_780, Borne::default());
        assert_eq!((end.worth, end.host, end.platform, end.taxes), (14_700, 19_400, 4_680, 1_000));

        let b = Price {
            coin: Coin::Jpy,
            night: 12_345,
            nights: 7,
            lines: vec![
                line(Nights, 86_415),
                line(LengthDiscount, -8_642),
                line(Cleaning, 5_000),
                line(ServiceFee, 9_933),
                line(PersonNightTax, 2_800),
            ],
        };
        let terms = Terms { nights: 7, ..terms };
        let back = by_guest(&b, Policy::Firm, &terms, confirmed, terms.days_before(10));
        assert_eq!(back.lines, [(Nights, 38_886), (Cleaning, 5_000), (PersonNightTax, 2_800)]);
        let end = super::end(&b, back.parts(), 95_506, Borne::default());
        assert_eq!((end.worth, end.host, end.platform, end.taxes), (46_686, 37_720, 11_100, 0));
    }
}
