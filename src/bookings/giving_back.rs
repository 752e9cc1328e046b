//! What really goes back of what a policy says: never more than was paid and has not gone back, and in the currency that
//! it was paid in. Plain values in and out; no database, no clock.

use super::cancellation::Refund;
use crate::{
    kernel::{Money, money::MoneyError},
    ledger::postings::Parts,
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
    /// The same by whose it was.
    pub parts: Parts,
    /// What the host keeps of the base, before its fee, in the listing's currency.
    pub host_keeps: Money,
    /// Whether it is less than the policy says, since some of it has gone back before.
    pub is_limited: bool,
}

/// What goes back of a payment of `price` where a policy (or a host who cancels) gives `refund`.
pub fn of(price: &Price, refund: &Refund, payment: &payment::Model) -> Result<Back, MoneyError> {
    let left = payments::rules::left(payment);
    let is_limited = refund.total.minor > left.worth.minor;
    let worth = if is_limited { left.worth } else { refund.total };
    let paid = payments::rules::share(payment, worth)?;
    // So little that the other currency has no coin for it: then nothing goes back, and nothing is taken from anybody.
    let worth = if paid.minor == 0 { Money::zero(worth.currency) } else { worth };
    let parts = refund.parts()?.of_total(worth)?;
    let weights: Vec<u64> =
        refund.lines.iter().map(|(_, amount)| u64::try_from(amount.minor).unwrap_or(0)).collect();
    let lines = refund.lines.iter().map(|(kind, _)| *kind).zip(paid.split(&weights));
    let lines = lines.filter(|(_, amount)| amount.minor != 0).collect();
    let host_keeps = kept(price, parts, left.worth.minus(worth)?)?.base;
    Ok(Back { paid, lines, worth, parts, host_keeps, is_limited })
}

/// What is kept of a price when `back` goes back of it and `held` is all that is left of what was paid. Where more has
/// gone back than that, everybody bears a share of it: nobody is handed out what is not there.
pub fn kept(price: &Price, back: Parts, held: Money) -> Result<Parts, MoneyError> {
    let kept = Parts::of(price)?.less(back)?;
    let more_has_gone = kept.total()?.minor > held.minor;
    if more_has_gone && kept.is_of_parts() { kept.of_total(held) } else { Ok(kept) }
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

    fn paid(amount: Money) -> payment::Model {
        payment::Model { captured: amount.minor, ..plain_payment(amount, Money::new(39_780, Currency::EUR)) }
    }

    #[test]
    fn in_the_same_currency_it_is_what_the_policy_says() {
        let back = of(&price(), &refund(), &paid(Money::new(39_780, Currency::EUR))).unwrap();
        assert_eq!((back.paid, back.worth, back.is_limited), (refund().total, refund().total, false));
        assert_eq!((back.lines, back.host_keeps.minor), (refund().lines, 20_000));
    }

    #[test]
    fn in_another_currency_the_lines_add_up_to_a_share_of_what_was_paid() {
        let back = of(&price(), &refund(), &paid(Money::new(46_145, Currency::USD))).unwrap();
        // 461.45 × 147.00 / 397.80
        assert_eq!(back.paid, Money::new(17_052, Currency::USD));
        assert_eq!(back.worth, refund().total);
        assert_eq!(back.lines.iter().map(|(_, amount)| amount.minor).sum::<i64>(), 17_052);
        assert_eq!(back.host_keeps, Money::new(20_000, Currency::EUR));
    }

    #[test]
    fn what_has_gone_back_before_is_not_sent_again_and_everybody_bears_it() {
        let mut payment = paid(Money::new(46_145, Currency::USD));
        (payment.refunded, payment.listing_refunded) = (40_000, 34_483);
        let back = of(&price(), &refund(), &payment).unwrap();
        assert!(back.is_limited);
        assert_eq!((back.paid.minor, back.worth.minor, back.host_keeps.minor), (6_145, 5_297, 0));

        // Less has gone back: the policy's refund fits, and of the rest each has a part.
        (payment.refunded, payment.listing_refunded) = (11_600, 10_000);
        let back = of(&price(), &refund(), &payment).unwrap();
        assert!(!back.is_limited);
        let held = Money::new(39_780 - 10_000 - 14_700, Currency::EUR);
        let kept = kept(&price(), back.parts, held).unwrap();
        assert_eq!(kept.total(), Ok(held));
        assert!(kept.is_of_parts() && kept.base == back.host_keeps && kept.base.minor < 20_000);
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
        let back = of(&price, &refund, &payment).unwrap();
        assert_eq!((back.paid.minor, back.worth.minor, back.host_keeps.minor), (0, 0, 100_000));
        assert!(back.lines.is_empty());
    }

    proptest! {
        /// Whatever was paid, and whatever has gone back before: what is handed out at the end is what is held.
        #[test]
        fn what_is_kept_can_always_be_recognised(
            total in 1_000_i64..90_000_000, gone in 0_i64..=39_780, nights in 0_i64..=30_000, tax in 0_i64..=1_700,
            currency in prop::sample::select(Currency::ALL),
        ) {
            let paid_in = Money::new(total * currency.step(), currency);
            let mut payment = plain_payment(paid_in, Money::new(39_780, Currency::EUR));
            payment.captured = payment.amount;
            let before = payments::rules::share(&payment, Money::new(gone, Currency::EUR)).unwrap();
            (payment.refunded, payment.listing_refunded) = (before.minor, gone);
            let eur = |minor| Money::new(minor, Currency::EUR);
            let refund = Refund {
                lines: vec![(LineKind::Nights, eur(nights)), (LineKind::PercentTax, eur(tax))],
                total: eur(nights + tax),
                ..refund()
            };
            let back = of(&price(), &refund, &payment).unwrap();
            let held = eur(39_780 - gone - back.worth.minor);
            prop_assert!(held.minor >= 0 && back.paid.minor >= 0 && before.minor + back.paid.minor <= payment.captured);
            let lines: i64 = back.lines.iter().map(|(_, amount)| amount.minor).sum();
            prop_assert_eq!(lines, if nights + tax == 0 { 0 } else { back.paid.minor });
            let kept = kept(&price(), back.parts, held).unwrap();
            let (booking, host) = (BookingId::new(), UserId::new());
            let draft = postings::recognition(booking, host, kept, 300, held, Instant::UNIX_EPOCH);
            prop_assert!(draft.is_ok(), "{draft:?}");
        }
    }
}
