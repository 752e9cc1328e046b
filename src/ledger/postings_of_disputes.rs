//! From what happened to who gets what, when a guest's bank takes money back and when an admin decides a dispute: as in
//! the table of postings. Nothing is written here.

use super::{Account, Borne, Draft, Kind};
use crate::kernel::{BookingId, DisputeId, Money, UserId, clock::Instant};

/// The source of a chargeback's opening, which is reversed when it is won.
pub fn chargeback_source(dispute: DisputeId) -> String {
    format!("chargeback:{dispute}")
}

/// A guest's bank took money back, for as long as that is argued about: `paid` as it went, `worth` in the listing's
/// currency.
pub fn chargeback_opened(
    booking: BookingId,
    dispute: DisputeId,
    paid: Money,
    worth: Money,
    at: Instant,
) -> Draft {
    let draft = Draft::new(Kind::Chargeback, chargeback_source(dispute), Some(booking), at)
        .debit(Account::Chargebacks(booking), worth)
        .credit(Account::ProviderCash, paid);
    if paid.currency == worth.currency {
        return draft;
    }
    draft.credit(Account::Exchange, worth).debit(Account::Exchange, paid)
}

/// A chargeback was won: an empty draft for the opposite of its opening.
pub fn chargeback_won(booking: BookingId, dispute: DisputeId, at: Instant) -> Draft {
    Draft::new(Kind::ChargebackWon, format!("chargeback_won:{dispute}"), Some(booking), at)
}

/// A chargeback was lost: what of it was on its way back to the guest anyway is `covered` by the booking's escrow, and the
/// rest is borne by those who had been given it.
pub fn chargeback_lost(
    booking: BookingId,
    host: UserId,
    dispute: DisputeId,
    amount: Money,
    covered: Money,
    borne: Borne,
    at: Instant,
) -> Draft {
    Draft::new(Kind::ChargebackLost, format!("chargeback_lost:{dispute}"), Some(booking), at)
        .debit(Account::GuestFunds(booking), covered)
        .debit(Account::HostDebt(host), borne.host)
        .debit(Account::PlatformLoss, borne.platform)
        .debit(Account::TaxesPayable, borne.taxes)
        .credit(Account::Chargebacks(booking), amount)
}

/// Stripe kept a fee for a chargeback, or gave it back (then it is negative): once per line of its list (`txn_…`).
pub fn dispute_fee(booking: BookingId, line: &str, fee: Money, at: Instant) -> Draft {
    Draft::new(Kind::DisputeFee, format!("dispute_fee:{line}"), Some(booking), at)
        .debit(Account::ProviderFees, fee)
        .credit(Account::ProviderCash, fee)
}

/// An admin decided that the platform pays a host for what happened during a stay.
pub fn awarded(booking: BookingId, host: UserId, dispute: DisputeId, amount: Money, at: Instant) -> Draft {
    Draft::new(Kind::Dispute, format!("dispute:{dispute}"), Some(booking), at)
        .debit(Account::PlatformLoss, amount)
        .credit(Account::HostPayable(host), amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn a_chargeback_sums_to_zero_in_each_currency_and_leaves_nothing_when_it_is_lost() {
        let (booking, host, dispute, at) =
            (BookingId::new(), UserId::new(), DisputeId::new(), Instant::UNIX_EPOCH);
        for paid in [eur(33_600), Money::new(59_590, Currency::JPY)] {
            let opened = chargeback_opened(booking, dispute, paid, eur(33_600), at);
            assert_eq!(opened.check(), Ok(()));
            let borne = Borne { host: eur(9_100), platform: eur(4_000), taxes: eur(500) };
            let lost = chargeback_lost(booking, host, dispute, eur(33_600), eur(20_000), borne, at);
            assert_eq!(lost.check(), Ok(()));
            let left: i64 = [opened, lost]
                .iter()
                .flat_map(|draft| draft.entries().to_vec())
                .filter(|(account, _)| *account == Account::Chargebacks(booking))
                .map(|(_, amount)| amount.minor)
                .sum();
            assert_eq!(left, 0);
        }
    }

    #[test]
    fn a_fee_that_comes_back_is_the_opposite_of_one_that_is_kept() {
        let booking = BookingId::new();
        let (kept, back) = (
            dispute_fee(booking, "txn_1", eur(1_500), Instant::UNIX_EPOCH),
            dispute_fee(booking, "txn_2", eur(-1_500), Instant::UNIX_EPOCH),
        );
        assert_eq!((kept.check(), back.check()), (Ok(()), Ok(())));
        let cash = |draft: &Draft| draft.entries()[1].1.minor;
        assert_eq!((cash(&kept), cash(&back)), (-1_500, 1_500));
        assert_ne!(kept.source(), back.source());
    }

    #[test]
    fn what_a_host_is_awarded_is_the_platforms_loss() {
        let (booking, host) = (BookingId::new(), UserId::new());
        let draft = awarded(booking, host, DisputeId::new(), eur(5_000), Instant::UNIX_EPOCH);
        assert_eq!(draft.check(), Ok(()));
        assert_eq!(
            draft.entries(),
            [(Account::PlatformLoss, eur(5_000)), (Account::HostPayable(host), eur(-5_000))]
        );
    }
}
