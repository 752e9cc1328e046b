//! What really goes back of what a policy says: never more than was paid and has not gone back, and in the currency that
//! it was paid in. Plain values in and out; no database, no clock.

use super::cancellation::Refund;
use crate::{
    kernel::{Money, money::MoneyError},
    ledger::{Borne, postings::Parts},
    payments::{self, payment},
    pricing::price::{LineKind, Price},
};

/// What goes back to a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// What the guest gets, in the currency that was paid in.
    pub paid: Money,
    /// Of which lines, in the same currency; they add up to what the guest gets.
    pub lines: Vec<(LineKind, Money)>,
    /// What that is worth to the listing.
    pub worth: Money,
    /// What the policy gives back by whose it was, some of which may have gone back before; no more than has gone in the
    /// end.
    pub parts: Parts,
    /// What is kept, and who bears what went back before.
    pub kept: Kept,
    /// Whether it is less than the policy says, since some of it has gone back before.
    pub is_limited: bool,
}

/// What is kept of a price, and who bears how much of what went back beyond the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// What is kept: what is held of the guest's money, and what is borne.
    pub parts: Parts,
    /// Who bears what of it.
    pub borne: Borne,
}

/// What goes back of the payments of `price` (oldest first) where a policy (or a host who cancels) gives `refund`, and
/// these have `borne` what went back out of goodwill before.
pub fn of(
    price: &Price,
    refund: &Refund,
    payments: &[payment::Model],
    borne: Borne,
) -> Result<Back, MoneyError> {
    let left = held(price, payments)?;
    let is_limited = refund.total.minor > left.minor;
    let worth = if is_limited { left } else { refund.total };
    let portions = payments::rules::portions(payments, worth)?;
    // Without what is so little that the other currency has no coin for it: that is not taken from anybody.
    let paid_in = payments.first().map_or(price.lines_to_pay().0, |payment| payment.currency);
    let (paid, worth) = {
        let back = payments::rules::total_of(&portions, paid_in, worth.currency)?;
        (back.paid, back.worth)
    };
    let held = left.minus(worth)?;
    let gone = price.total()?.minus(held)?.minor.clamp(0, refund.total.minor.max(0));
    let parts = refund.parts()?.of_total(Money::new(gone, worth.currency))?;
    let weights: Vec<u64> =
        refund.lines.iter().map(|(_, amount)| u64::try_from(amount.minor).unwrap_or(0)).collect();
    let lines = refund.lines.iter().map(|(kind, _)| *kind).zip(paid.split(&weights));
    let lines = lines.filter(|(_, amount)| amount.minor != 0).collect();
    let kept = kept(price, parts, held, borne)?;
    Ok(Back { paid, lines, worth, parts, kept, is_limited })
}

/// What is held of a price: what came for it and has not gone back. More than the price is a refund of a change that
/// has failed, and still the guest's.
pub fn held(price: &Price, payments: &[payment::Model]) -> Result<Money, MoneyError> {
    let (left, total) = (payments::rules::left_of(payments, price.currency)?.worth, price.total()?);
    Ok(if left.minor > total.minor { total } else { left })
}

/// What is kept of a price when `back` goes back of it and `held` is all that is left of what was paid. Where more has
/// gone back than that, those bear it who were named; what nobody was named for, everybody bears a share of: nobody is
/// handed out what is not there.
pub fn kept(price: &Price, back: Parts, held: Money, borne: Borne) -> Result<Kept, MoneyError> {
    let parts = Parts::of(price)?.less(back)?;
    let given = parts.total()?.minus(held)?;
    if given.minor <= 0 || !parts.is_of_parts() {
        return Ok(Kept { parts, borne: Borne::none(held.currency) });
    }
    let named = borne.total()?;
    if named.minor > given.minor {
        // Some of what was given is what the policy gives anyway: nobody need bear that.
        return Ok(Kept { parts, borne: borne.of_total(given)? });
    }
    Ok(Kept { parts: parts.of_total(held.plus(named)?)?, borne })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        bookings::cancellation,
        kernel::{BookingId, Currency, UserId, clock::Instant},
        ledger::postings,
        payments::testing::plain_payment,
        pricing::price::Line,
    };

    /// Example A of the design, three nights at 100.00 in EUR.
    fn price() -> Price {
        use LineKind::{Cleaning, Nights, PercentTax, ServiceFee};
        let lines = [(Nights, 30_000), (Cleaning, 4_000), (ServiceFee, 4_080), (PercentTax, 1_700)];
        Price {
            currency: Currency::EUR,
            nightly: vec![10_000; 3],
            lines: lines.map(|(kind, amount)| Line { kind, amount }).into(),
            host_fee: 300,
            exchange: None,
            usd_rate: None,
        }
    }

    /// Half of the nights, the cleaning and its tax.
    fn refund() -> Refund {
        let eur = |minor| Money::new(minor, Currency::EUR);
        Refund {
            lines: vec![
                (LineKind::Nights, eur(10_000)),
                (LineKind::Cleaning, eur(4_000)),
                (LineKind::PercentTax, eur(700)),
            ],
            total: eur(14_700),
            host_keeps: eur(20_000),
            ..cancellation::by_host(&price()).unwrap()
        }
    }

    fn none() -> Borne {
        Borne::none(Currency::EUR)
    }

    fn paid(amount: Money) -> payment::Model {
        payment::Model { captured: amount.minor, ..plain_payment(amount, Money::new(39_780, Currency::EUR)) }
    }

    #[test]
    fn in_the_same_currency_it_is_what_the_policy_says() {
        let back = of(&price(), &refund(), &[paid(Money::new(39_780, Currency::EUR))], none()).unwrap();
        assert_eq!((back.paid, back.worth, back.is_limited), (refund().total, refund().total, false));
        assert_eq!((back.lines, back.kept.parts.base.minor), (refund().lines, 20_000));
    }

    #[test]
    fn in_another_currency_the_lines_add_up_to_a_share_of_what_was_paid() {
        let back = of(&price(), &refund(), &[paid(Money::new(46_145, Currency::USD))], none()).unwrap();
        // 461.45 × 147.00 / 397.80
        assert_eq!(back.paid, Money::new(17_052, Currency::USD));
        assert_eq!(back.worth, refund().total);
        assert_eq!(back.lines.iter().map(|(_, amount)| amount.minor).sum::<i64>(), 17_052);
        assert_eq!(back.kept.parts.base, Money::new(20_000, Currency::EUR));
    }

    #[test]
    fn what_has_gone_back_before_is_not_sent_again_and_everybody_bears_it() {
        let mut payment = paid(Money::new(46_145, Currency::USD));
        (payment.refunded, payment.listing_refunded) = (40_000, 34_483);
        let back = of(&price(), &refund(), std::slice::from_ref(&payment), none()).unwrap();
        assert!(back.is_limited);
        assert_eq!((back.paid.minor, back.worth.minor, back.kept.parts.base.minor), (6_145, 5_297, 0));

        // Less has gone back: the policy's refund fits, and of the rest each has a part.
        (payment.refunded, payment.listing_refunded) = (11_600, 10_000);
        let back = of(&price(), &refund(), std::slice::from_ref(&payment), none()).unwrap();
        assert!(!back.is_limited);
        let held = Money::new(39_780 - 10_000 - 14_700, Currency::EUR);
        let kept = kept(&price(), back.parts, held, none()).unwrap();
        assert_eq!(kept, back.kept);
        assert_eq!(kept.parts.total(), Ok(held));
        assert!(kept.parts.is_of_parts() && kept.parts.base.minor < 20_000);
    }

    #[test]
    fn those_who_were_named_bear_what_went_back_before_and_nobody_else() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        let mut payment = paid(eur(39_780));
        (payment.refunded, payment.listing_refunded) = (10_000, 10_000);
        let borne = Borne { host: eur(4_000), platform: eur(5_500), taxes: eur(500) };
        // All that the policy gives is there: it gives it, and the others keep what they keep without the goodwill.
        let back = of(&price(), &refund(), std::slice::from_ref(&payment), borne).unwrap();
        assert_eq!((back.is_limited, back.worth), (false, eur(14_700)));
        assert_eq!(back.kept.borne, borne);
        assert_eq!(back.kept.parts, Parts { base: eur(20_000), service_fee: eur(4_080), taxes: eur(1_000) });

        // 300.00 were given: of what the policy gives, 97.80 are left, and 49.20 of the goodwill were its own.
        (payment.refunded, payment.listing_refunded) = (30_000, 30_000);
        let back =
            of(&price(), &refund(), std::slice::from_ref(&payment), Borne::by_platform(eur(30_000))).unwrap();
        assert_eq!((back.is_limited, back.worth), (true, eur(9_780)));
        assert_eq!(back.kept.borne, Borne::by_platform(eur(25_080)));
        assert_eq!(back.kept.parts.total(), Ok(eur(25_080)));

        // The host calls it off: everything goes back, and nobody bears what would have gone back anyway.
        let all = cancellation::by_host(&price()).unwrap();
        let back =
            of(&price(), &all, std::slice::from_ref(&payment), Borne::by_platform(eur(30_000))).unwrap();
        assert_eq!((back.worth, back.kept.borne), (eur(9_780), none()));
        assert_eq!(back.kept.parts.total(), Ok(eur(0)));
    }

    #[test]
    fn an_amount_without_a_coin_stays_where_it_is() {
        let won = |minor| Money::new(minor, Currency::KRW);
        let price = Price {
            currency: Currency::KRW,
            nightly: vec![100_000],
            lines: vec![Line { kind: LineKind::Nights, amount: 100_000 }],
            ..price()
        };
        let refund = Refund {
            lines: vec![(LineKind::Nights, won(5))],
            total: won(5),
            host_keeps: won(99_995),
            ..cancellation::by_host(&price).unwrap()
        };
        let mut payment = plain_payment(Money::new(6_061, Currency::EUR), won(100_000));
        payment.captured = payment.amount;
        let back = of(&price, &refund, std::slice::from_ref(&payment), Borne::none(Currency::KRW)).unwrap();
        assert_eq!((back.paid.minor, back.worth.minor, back.kept.parts.base.minor), (0, 0, 100_000));
        assert!(back.lines.is_empty());
    }

    proptest! {
        /// Whatever was paid, and whatever has gone back before, and whoever bears how much of it: what is handed out at
        /// the end is what is held.
        #[test]
        fn what_is_kept_can_always_be_recognised(
            total in 1_000_i64..90_000_000, gone in 0_i64..=39_780, nights in 0_i64..=30_000, tax in 0_i64..=1_700,
            borne in (0_i64..=100, 0_i64..=100, 0_i64..=100), named in 0_i64..=100,
            currency in prop::sample::select(Currency::ALL),
        ) {
            let paid_in = Money::new(total * currency.step(), currency);
            let mut payment = plain_payment(paid_in, Money::new(39_780, Currency::EUR));
            payment.captured = payment.amount;
            let before = payments::rules::share(&payment, Money::new(gone, Currency::EUR)).unwrap();
            (payment.refunded, payment.listing_refunded) = (before.minor, gone);
            let eur = |minor| Money::new(minor, Currency::EUR);
            let borne = Borne { host: eur(borne.0), platform: eur(borne.1), taxes: eur(borne.2) };
            let borne = borne.of_total(eur(gone * named / 100)).unwrap();
            let refund = Refund {
                lines: vec![(LineKind::Nights, eur(nights)), (LineKind::PercentTax, eur(tax))],
                total: eur(nights + tax),
                ..refund()
            };
            let back = of(&price(), &refund, std::slice::from_ref(&payment), borne).unwrap();
            let held = eur(39_780 - gone - back.worth.minor);
            prop_assert!(held.minor >= 0 && back.paid.minor >= 0 && before.minor + back.paid.minor <= payment.captured);
            let lines: i64 = back.lines.iter().map(|(_, amount)| amount.minor).sum();
            prop_assert_eq!(lines, if nights + tax == 0 { 0 } else { back.paid.minor });
            let kept = kept(&price(), back.parts, held, borne).unwrap();
            prop_assert_eq!(kept, back.kept);
            let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
            let draft = postings::recognition_after_goodwill(booking, host, kept.parts, kept.borne, 300, held, at);
            prop_assert!(draft.is_ok(), "{draft:?}");
        }
    }
}
