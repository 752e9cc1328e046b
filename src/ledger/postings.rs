//! From what happened to who gets what: one pure function per event, as in the table of postings. Nothing is written
//! here, and nothing is judged but that the sums fit.

use super::{Account, Borne, Draft, Kind};
use crate::{
    kernel::{
        BookingId, Currency, Money, PaymentId, RefundId, UserId,
        clock::Instant,
        money::{BasisPoints, MoneyError},
    },
    pricing::price::{LineKind, Price},
};

/// The source of a booking's recognition; there is one per booking.
pub fn recognition_source(booking: BookingId) -> String {
    format!("recognition:{booking}")
}

/// A guest's money arrived, all of it into escrow: `paid` as it came, `worth` in the listing's currency.
pub fn charge_captured(
    booking: BookingId,
    payment: PaymentId,
    paid: Money,
    worth: Money,
    at: Instant,
) -> Draft {
    let draft = Draft::new(Kind::Charge, format!("charge:{payment}"), Some(booking), at);
    into_escrow(draft, booking, paid, worth)
}

/// Stripe kept its fee of a charge (`ch_…`), in the currency of our balance there.
pub fn provider_fee(booking: BookingId, charge_id: &str, fee: Money, at: Instant) -> Draft {
    Draft::new(Kind::ProviderFee, format!("provider_fee:{charge_id}"), Some(booking), at)
        .debit(Account::ProviderFees, fee)
        .credit(Account::ProviderCash, fee)
}

/// Money of the escrow went back to the guest: `paid` as it was paid and out of which `cash`, `worth` in the listing's
/// currency.
pub fn refunded(
    booking: BookingId,
    refund: RefundId,
    cash: Account,
    (paid, worth): (Money, Money),
    at: Instant,
) -> Draft {
    let draft = Draft::new(Kind::Refund, format!("refund:{refund}"), Some(booking), at)
        .debit(Account::GuestFunds(booking), worth)
        .credit(cash, paid);
    if paid.currency == worth.currency {
        return draft;
    }
    draft.credit(Account::Exchange, worth).debit(Account::Exchange, paid)
}

/// Money went back to the guest of a booking when everybody had been given their share: what was still in `escrow` (a
/// refund that had failed), and the rest from those who bear it. What the host bears is owed, and netted from payouts:
/// that of this booking, if it is still to come, and those after it.
pub fn refunded_from(
    booking: BookingId,
    host: UserId,
    refund: RefundId,
    cash: Account,
    (paid, worth): (Money, Money),
    (escrow, borne): (Money, Borne),
    at: Instant,
) -> Draft {
    let draft = Draft::new(Kind::Refund, format!("refund:{refund}"), Some(booking), at)
        .debit(Account::GuestFunds(booking), escrow)
        .debit(Account::HostDebt(host), borne.host)
        .debit(Account::PlatformLoss, borne.platform)
        .debit(Account::TaxesPayable, borne.taxes)
        .credit(cash, paid);
    if paid.currency == worth.currency {
        return draft;
    }
    draft.credit(Account::Exchange, worth).debit(Account::Exchange, paid)
}

/// A host called a booking off: what that costs the host, and the platform earns.
pub fn penalty(booking: BookingId, host: UserId, amount: Money, at: Instant) -> Draft {
    Draft::new(Kind::Penalty, format!("penalty:{booking}"), Some(booking), at)
        .debit(Account::HostDebt(host), amount)
        .credit(Account::PlatformFees, amount)
}

/// A refund that had gone out came back: the guest's bank did not take it.
pub fn refund_returned(
    booking: BookingId,
    refund: RefundId,
    paid: Money,
    worth: Money,
    at: Instant,
) -> Draft {
    let draft = Draft::new(Kind::RefundReturned, format!("refund_returned:{refund}"), Some(booking), at);
    into_escrow(draft, booking, paid, worth)
}

/// Cash becomes escrow. Where the two are of different currencies, each is balanced in its own by what was exchanged.
fn into_escrow(draft: Draft, booking: BookingId, paid: Money, worth: Money) -> Draft {
    let draft = draft.debit(Account::ProviderCash, paid).credit(Account::GuestFunds(booking), worth);
    if paid.currency == worth.currency {
        return draft;
    }
    draft.credit(Account::Exchange, paid).debit(Account::Exchange, worth)
}

/// A price, or what is kept or given back of it, taken apart by whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// What the host offers: nights after discounts, extra guests, cleaning, pets.
    pub base: Money,
    /// What the guest pays to the platform.
    pub service_fee: Money,
    /// All taxes.
    pub taxes: Money,
}

impl Parts {
    /// Nothing.
    pub const fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { base: zero, service_fee: zero, taxes: zero }
    }

    /// All of a price.
    pub fn of(price: &Price) -> Result<Self, MoneyError> {
        Ok(Self {
            base: price.base()?,
            service_fee: price.of(&[LineKind::ServiceFee])?,
            taxes: price.of(&[LineKind::PercentTax, LineKind::PersonNightTax])?,
        })
    }

    /// What is left when `back` was given back.
    pub fn less(self, back: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            base: self.base.minus(back.base)?,
            service_fee: self.service_fee.minus(back.service_fee)?,
            taxes: self.taxes.minus(back.taxes)?,
        })
    }

    /// The same parts of another whole, in proportion: each bears its share of the difference.
    pub fn of_total(self, total: Money) -> Result<Self, MoneyError> {
        if self.total()? == total {
            return Ok(self);
        }
        let weights =
            [self.base, self.service_fee, self.taxes].map(|part| u64::try_from(part.minor).unwrap_or(0));
        let mut shares = total.split(&weights).into_iter();
        let mut next = || shares.next().unwrap_or(Money::zero(total.currency));
        Ok(Self { base: next(), service_fee: next(), taxes: next() })
    }

    /// Whether no part is negative.
    pub fn is_of_parts(self) -> bool {
        [self.base, self.service_fee, self.taxes].iter().all(|part| part.minor >= 0)
    }

    /// The sum.
    pub fn total(self) -> Result<Money, MoneyError> {
        self.base.plus(self.service_fee)?.plus(self.taxes)
    }
}

/// Who gets what of a booking in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// The host's, after the host fee.
    pub host: Money,
    /// The platform's: service fee and host fee.
    pub platform: Money,
    /// The tax office's.
    pub taxes: Money,
}

/// Splits what is kept. The host fee is owed on what of the base the host keeps, rounded once.
pub fn split(kept: Parts, host_fee: BasisPoints) -> Result<Split, MoneyError> {
    let fee = kept.base.share(host_fee)?;
    Ok(Split { host: kept.base.minus(fee)?, platform: kept.service_fee.plus(fee)?, taxes: kept.taxes })
}

/// Who gets what of a booking in the end, when what went back out of goodwill has been borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// What the host owes of what is kept, off the host's part.
    pub host_fee: Money,
    /// The host's, after the host fee; negative where the host has to bear more than that.
    pub host: Money,
    /// The platform's: service fee and host fee.
    pub platform: Money,
    /// What the platform bears.
    pub platform_loss: Money,
    /// The tax office's.
    pub taxes: Money,
}

/// Splits what is kept, and takes from each what each bears. A tax that is not kept can't be given up: the platform
/// bears it.
pub fn settlement(kept: Parts, borne: Borne, host_fee: BasisPoints) -> Result<Settlement, MoneyError> {
    let earned = split(kept, host_fee)?;
    let given_up = Money::new(borne.taxes.minor.min(earned.taxes.minor), borne.taxes.currency);
    Ok(Settlement {
        host_fee: kept.base.minus(earned.host)?,
        host: earned.host.minus(borne.host)?,
        platform: earned.platform,
        platform_loss: borne.platform.plus(borne.taxes.minus(given_up)?)?,
        taxes: earned.taxes.minus(given_up)?,
    })
}

/// Why a booking cannot be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecognitionError {
    /// What is kept is not what is there: escrow would not end at zero.
    #[error("{kept:?} would be handed out of an escrow of {held:?}")]
    NotWhatIsHeld {
        /// The parts' sum.
        kept: Money,
        /// Captured less refunded.
        held: Money,
    },
    /// A part is negative: more would be taken back than was given.
    #[error("a part of what is kept is negative: {0:?}")]
    Negative(Parts),
    /// The amounts don't fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A booking is over (completed, or cancelled with something kept): escrow is emptied into what everybody earned.
/// `kept` is the price less what is given back; `held` is captured less refunded (refunds under way count as gone).
/// `None` when nothing is kept.
pub fn recognition(
    booking: BookingId,
    host: UserId,
    kept: Parts,
    host_fee: BasisPoints,
    held: Money,
    at: Instant,
) -> Result<Option<Draft>, RecognitionError> {
    recognition_after_goodwill(booking, host, kept, Borne::none(held.currency), host_fee, held, at)
}

/// The same where some has gone back out of goodwill before: `kept` is `held` and what is `borne`, and each is given so
/// much less as each bears.
pub fn recognition_after_goodwill(
    booking: BookingId,
    host: UserId,
    kept: Parts,
    borne: Borne,
    host_fee: BasisPoints,
    held: Money,
    at: Instant,
) -> Result<Option<Draft>, RecognitionError> {
    let total = kept.total()?;
    if total != held.plus(borne.total()?)? {
        return Err(RecognitionError::NotWhatIsHeld { kept: total, held });
    }
    if !kept.is_of_parts() || !borne.is_of_parts() {
        return Err(RecognitionError::Negative(kept));
    }
    let end = settlement(kept, borne, host_fee)?;
    let zero = Money::zero(held.currency);
    let (payable, owed) = if end.host.minor < 0 { (zero, zero.minus(end.host)?) } else { (end.host, zero) };
    let draft = Draft::new(Kind::Recognition, recognition_source(booking), Some(booking), at)
        .debit(Account::GuestFunds(booking), held)
        .debit(Account::PlatformLoss, end.platform_loss)
        .debit(Account::HostDebt(host), owed)
        .credit(Account::HostPayable(host), payable)
        .credit(Account::PlatformFees, end.platform)
        .credit(Account::TaxesPayable, end.taxes);
    Ok((!draft.entries().is_empty()).then_some(draft))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::pricing::price::Line;

    fn price(currency: Currency, nightly: Vec<i64>, lines: &[(LineKind, i64)]) -> Price {
        let lines = lines.iter().map(|(kind, amount)| Line { kind: *kind, amount: *amount }).collect();
        Price { currency, nightly, lines, host_fee: 300, exchange: None, usd_rate: None }
    }

    /// Example A of the design: EUR, 3 nights at 100.00.
    fn a() -> Price {
        use LineKind::{Cleaning, Nights, PercentTax, ServiceFee};
        let lines = [(Nights, 30_000), (Cleaning, 4_000), (ServiceFee, 4_080), (PercentTax, 1_700)];
        price(Currency::EUR, vec![10_000; 3], &lines)
    }

    /// Example B of the design: JPY, 7 nights at 12,345 with a weekly discount.
    fn b() -> Price {
        use LineKind::{Cleaning, LengthDiscount, Nights, PersonNightTax, ServiceFee};
        let lines = [
            (Nights, 86_415),
            (LengthDiscount, -8_642),
            (Cleaning, 5_000),
            (ServiceFee, 9_933),
            (PersonNightTax, 2_800),
        ];
        price(Currency::JPY, vec![12_345; 7], &lines)
    }

    struct Books(BTreeMap<Account, i64>);

    impl Books {
        fn of(drafts: &[Draft]) -> Self {
            let mut sums = BTreeMap::new();
            for draft in drafts {
                draft.check().unwrap();
                for (account, amount) in draft.entries() {
                    *sums.entry(*account).or_default() += amount.minor;
                }
            }
            Self(sums)
        }

        fn balance(&self, account: Account) -> i64 {
            self.0.get(&account).copied().unwrap_or(0)
        }
    }

    /// Charge, refund of `back`, recognition of the rest: cash, host, platform and taxes at the end; escrow is empty.
    fn story(price: &Price, back: Parts) -> (i64, i64, i64, i64) {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let paid = price.total().unwrap();
        let returned = back.total().unwrap();
        let mut drafts = vec![charge_captured(booking, PaymentId::new(), paid, paid, at)];
        if returned.minor > 0 {
            drafts.push(refunded(booking, RefundId::new(), Account::ProviderCash, (returned, returned), at));
        }
        let kept = Parts::of(price).unwrap().less(back).unwrap();
        let held = paid.minus(returned).unwrap();
        drafts.extend(recognition(booking, host, kept, price.host_fee, held, at).unwrap());
        let books = Books::of(&drafts);
        assert_eq!(books.balance(Account::GuestFunds(booking)), 0, "escrow ends at zero");
        (
            books.balance(Account::ProviderCash),
            -books.balance(Account::HostPayable(host)),
            -books.balance(Account::PlatformFees),
            -books.balance(Account::TaxesPayable),
        )
    }

    fn parts(currency: Currency, base: i64, service_fee: i64, taxes: i64) -> Parts {
        let money = |minor| Money::new(minor, currency);
        Parts { base: money(base), service_fee: money(service_fee), taxes: money(taxes) }
    }

    #[test]
    fn example_a_completed() {
        assert_eq!(story(&a(), Parts::none(Currency::EUR)), (39_780, 32_980, 5_100, 1_700));
    }

    #[test]
    fn example_a_cancelled_two_days_before() {
        // Back: one night of three and half of two others (100.00), cleaning 40.00, tax 7.00.
        let back = parts(Currency::EUR, 14_000, 0, 700);
        assert_eq!(back.total(), Ok(Money::new(14_700, Currency::EUR)));
        assert_eq!(story(&a(), back), (25_080, 19_400, 4_680, 1_000));
    }

    #[test]
    fn example_b_completed() {
        assert_eq!(b().total(), Ok(Money::new(95_506, Currency::JPY)));
        // 3 % of 82,773 is 2,483.
        assert_eq!(story(&b(), Parts::none(Currency::JPY)), (95_506, 80_290, 12_416, 2_800));
    }

    #[test]
    fn example_b_cancelled_ten_days_before() {
        let back = parts(Currency::JPY, 38_886 + 5_000, 0, 2_800);
        assert_eq!(back.total(), Ok(Money::new(46_686, Currency::JPY)));
        assert_eq!(story(&b(), back), (48_820, 37_720, 11_100, 0));
    }

    #[test]
    fn all_back_leaves_nothing_to_recognise() {
        assert_eq!(story(&a(), Parts::of(&a()).unwrap()), (0, 0, 0, 0));
    }

    #[test]
    fn more_or_less_than_what_is_held_is_never_handed_out() {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let kept = Parts::of(&a()).unwrap();
        for held in [39_779, 39_781, 0] {
            let held = Money::new(held, Currency::EUR);
            let refused = recognition(booking, host, kept, 300, held, at);
            assert!(matches!(refused, Err(RecognitionError::NotWhatIsHeld { .. })));
        }
        let negative = parts(Currency::EUR, 100, -100, 0);
        let refused = recognition(booking, host, negative, 300, Money::zero(Currency::EUR), at);
        assert!(matches!(refused, Err(RecognitionError::Negative(_))));
    }

    /// 50.00 of example A go back before it ends: 20.00 the host's, 25.00 the platform's, 5.00 the tax office's.
    #[test]
    fn goodwill_before_the_end_is_borne_at_the_end() {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let eur = |minor| Money::new(minor, Currency::EUR);
        let borne = Borne { host: eur(2_000), platform: eur(2_500), taxes: eur(500) };
        let (kept, held) = (Parts::of(&a()).unwrap(), eur(34_780));
        let recognised = recognition_after_goodwill(booking, host, kept, borne, 300, held, at);
        let books = Books::of(&[
            charge_captured(booking, PaymentId::new(), eur(39_780), eur(39_780), at),
            refunded(booking, RefundId::new(), Account::ProviderCash, (eur(5_000), eur(5_000)), at),
            recognised.unwrap().unwrap(),
        ]);
        assert_eq!(books.balance(Account::GuestFunds(booking)), 0);
        assert_eq!(books.balance(Account::HostPayable(host)), -30_980);
        assert_eq!(books.balance(Account::PlatformFees), -5_100);
        assert_eq!(books.balance(Account::PlatformLoss), 2_500);
        assert_eq!(books.balance(Account::TaxesPayable), -1_200);
        // Whoever forgets who bears it hands out what is not there.
        let forgotten = recognition(booking, host, kept, 300, held, at);
        assert!(matches!(forgotten, Err(RecognitionError::NotWhatIsHeld { .. })));
    }

    #[test]
    fn a_host_who_bears_more_than_is_kept_owes_it_and_a_tax_that_is_gone_is_the_platforms() {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let eur = |minor| Money::new(minor, Currency::EUR);
        let (kept, held) = (parts(Currency::EUR, 1_000, 0, 100), eur(0));
        let borne = Borne { host: eur(1_000), platform: eur(0), taxes: eur(100) };
        let draft = recognition_after_goodwill(booking, host, kept, borne, 300, held, at).unwrap().unwrap();
        let books = Books::of(&[draft]);
        assert_eq!(books.balance(Account::HostDebt(host)), 30);
        assert_eq!(books.balance(Account::PlatformFees), -30);
        assert_eq!(books.balance(Account::TaxesPayable), 0);

        let borne = Borne { host: eur(0), platform: eur(900), taxes: eur(200) };
        let draft = recognition_after_goodwill(booking, host, kept, borne, 300, held, at).unwrap().unwrap();
        let books = Books::of(&[draft]);
        assert_eq!(books.balance(Account::HostPayable(host)), -970);
        assert_eq!(books.balance(Account::PlatformLoss), 1_000);
        assert_eq!(books.balance(Account::TaxesPayable), 0);
    }

    #[test]
    fn a_refund_after_the_end_takes_from_each_what_each_bears() {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let eur = |minor| Money::new(minor, Currency::EUR);
        let (escrow, borne) = (eur(500), Borne { host: eur(2_000), platform: eur(2_200), taxes: eur(300) });
        let ways = [eur(5_000), Money::new(5_800, Currency::USD)].into_iter();
        let ways = ways.flat_map(|paid| [(paid, Account::ProviderCash), (paid, Account::PlatformBank)]);
        for (paid, cash) in ways {
            let (both, sources) = ((paid, eur(5_000)), (escrow, borne));
            let draft = refunded_from(booking, host, RefundId::new(), cash, both, sources, at);
            assert!(draft.entries().contains(&(cash, Money::new(-paid.minor, paid.currency))));
            assert_eq!(draft.check(), Ok(()));
            let of = |account| -> i64 {
                let entries = draft.entries().iter();
                let entries = entries.filter(|(a, money)| *a == account && money.currency == Currency::EUR);
                entries.map(|(_, money)| money.minor).sum()
            };
            assert_eq!((of(Account::GuestFunds(booking)), of(Account::HostDebt(host))), (500, 2_000));
            assert_eq!((of(Account::PlatformLoss), of(Account::TaxesPayable)), (2_200, 300));
        }
    }

    #[test]
    fn a_penalty_is_owed_by_the_host_and_earned_by_the_platform() {
        let (booking, host) = (BookingId::new(), UserId::new());
        let draft = penalty(booking, host, Money::new(5_000, Currency::EUR), Instant::UNIX_EPOCH);
        assert_eq!(draft.source(), format!("penalty:{booking}"));
        let books = Books::of(&[draft]);
        assert_eq!(books.balance(Account::HostDebt(host)), 5_000);
        assert_eq!(books.balance(Account::PlatformFees), -5_000);
    }

    #[test]
    fn a_refund_that_came_back_is_in_escrow_again() {
        let (booking, refund, at) = (BookingId::new(), RefundId::new(), Instant::UNIX_EPOCH);
        let money = Money::new(500, Currency::EUR);
        for paid in [money, Money::new(580, Currency::USD)] {
            let out = refunded(booking, refund, Account::ProviderCash, (paid, money), at);
            let books = Books::of(&[out, refund_returned(booking, refund, paid, money, at)]);
            assert!(books.0.values().all(|sum| *sum == 0));
        }
    }

    #[test]
    fn in_another_currency_each_currency_sums_to_zero_and_escrow_is_the_listings() {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let (yen, eur) = (|minor| Money::new(minor, Currency::JPY), |minor| Money::new(minor, Currency::EUR));
        let back = parts(Currency::EUR, 14_000, 0, 700);
        let kept = Parts::of(&a()).unwrap().less(back).unwrap();
        let drafts = [
            charge_captured(booking, PaymentId::new(), yen(70_411), eur(39_780), at),
            refunded(booking, RefundId::new(), Account::ProviderCash, (yen(26_019), eur(14_700)), at),
            recognition(booking, host, kept, 300, eur(25_080), at).unwrap().unwrap(),
        ];
        let mut sums = BTreeMap::<_, i64>::new();
        for draft in &drafts {
            draft.check().unwrap();
            for (account, amount) in draft.entries() {
                *sums.entry((*account, amount.currency)).or_default() += amount.minor;
            }
        }
        let sum = |account, currency| sums.get(&(account, currency)).copied().unwrap_or(0);
        assert_eq!(sum(Account::ProviderCash, Currency::JPY), 70_411 - 26_019);
        assert_eq!(sum(Account::Exchange, Currency::JPY), 26_019 - 70_411);
        assert_eq!(sum(Account::Exchange, Currency::EUR), 39_780 - 14_700);
        assert_eq!(sum(Account::GuestFunds(booking), Currency::EUR), 0);
        assert_eq!(sum(Account::HostPayable(host), Currency::EUR), -19_400);
        assert!(sums.keys().all(|(account, currency)| *currency == Currency::EUR
            || matches!(account, Account::ProviderCash | Account::Exchange)));
    }

    #[test]
    fn parts_of_another_whole_add_up_to_it() {
        let all = parts(Currency::EUR, 34_000, 4_080, 1_700);
        let less = all.of_total(Money::new(10_001, Currency::EUR)).unwrap();
        assert_eq!(less.total(), Ok(Money::new(10_001, Currency::EUR)));
        assert!(less.is_of_parts() && less.base.minor < 34_000);
        assert_eq!(all.of_total(all.total().unwrap()), Ok(all));
        assert_eq!(all.of_total(Money::zero(Currency::EUR)), Ok(Parts::none(Currency::EUR)));
    }

    proptest! {
        #[test]
        fn whoever_bears_what_the_end_adds_up(
            base in 0_i64..1_000_000, service_fee in 0_i64..100_000, taxes in 0_i64..100_000, host_fee in 0_u32..=10_000,
            host in 0_i64..1_000_000, platform in 0_i64..1_000_000, tax in 0_i64..1_000_000, share in 0_i64..=100,
            currency in prop::sample::select(Currency::ALL),
        ) {
            let step = currency.step();
            let money = |steps: i64| Money::new(steps * step, currency);
            let kept = parts(currency, base * step, service_fee * step, taxes * step);
            let given = kept.total().unwrap().part(share, 100).unwrap();
            let borne = Borne { host: money(host), platform: money(platform + 1), taxes: money(tax) };
            let borne = borne.of_total(given).unwrap();
            let held = kept.total().unwrap().minus(given).unwrap();
            let (booking, id, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
            if let Some(draft) = recognition_after_goodwill(booking, id, kept, borne, host_fee, held, at).unwrap() {
                prop_assert_eq!(draft.check(), Ok(()));
                let is_credit = |account: &Account| {
                    matches!(account, Account::HostPayable(_) | Account::PlatformFees | Account::TaxesPayable)
                };
                let fits = draft.entries().iter().all(|(account, amount)| is_credit(account) == (amount.minor < 0));
                prop_assert!(fits);
            } else {
                prop_assert!(held.minor == 0);
            }
        }

        #[test]
        fn every_split_adds_up(
            base in 0_i64..1_000_000_000, service_fee in 0_i64..100_000_000, taxes in 0_i64..100_000_000,
            host_fee in 0_u32..=10_000, currency in prop::sample::select(Currency::ALL),
        ) {
            let step = currency.step();
            let kept = parts(currency, base * step, service_fee * step, taxes * step);
            let shares = split(kept, host_fee).unwrap();
            let sum = shares.host.plus(shares.platform).unwrap().plus(shares.taxes).unwrap();
            prop_assert_eq!(sum, kept.total().unwrap());
            prop_assert!([shares.host, shares.platform, shares.taxes].iter().all(|s| s.minor >= 0 && s.minor % step == 0));
        }
    }
}
