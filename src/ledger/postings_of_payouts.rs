//! From what happened to who gets what, when hosts are paid: as in the table of postings. Nothing is written here.

use super::{Account, Draft, Kind};
use crate::kernel::{BookingId, Money, PayoutId, PayoutLegId, TransferReversalId, UserId, clock::Instant};

/// Money went out to a host: `sent` as it went, `worth` in the listing's currency, in which the host had earned it.
pub fn payout_sent(
    booking: BookingId,
    host: UserId,
    leg: PayoutLegId,
    sent: Money,
    worth: Money,
    at: Instant,
) -> Draft {
    let draft = Draft::new(Kind::Payout, format!("payout:{leg}"), Some(booking), at)
        .debit(Account::HostPayable(host), worth)
        .credit(Account::ProviderCash, sent);
    if sent.currency == worth.currency {
        return draft;
    }
    draft.credit(Account::Exchange, worth).debit(Account::Exchange, sent)
}

/// What a host owed was taken out of a payout.
pub fn netting(booking: BookingId, host: UserId, payout: PayoutId, owed: Money, at: Instant) -> Draft {
    Draft::new(Kind::Netting, format!("netting:{payout}"), Some(booking), at)
        .debit(Account::HostPayable(host), owed)
        .credit(Account::HostDebt(host), owed)
}

/// Money that had been sent to a host was taken back: `taken` as it came, `worth` in the listing's currency, in which it
/// was owed.
pub fn transfer_reversed(
    booking: BookingId,
    host: UserId,
    reversal: TransferReversalId,
    taken: Money,
    worth: Money,
    at: Instant,
) -> Draft {
    let source = format!("transfer_reversed:{reversal}");
    let draft = Draft::new(Kind::TransferReversed, source, Some(booking), at)
        .debit(Account::ProviderCash, taken)
        .credit(Account::HostDebt(host), worth);
    if taken.currency == worth.currency {
        return draft;
    }
    draft.credit(Account::Exchange, taken).debit(Account::Exchange, worth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Currency;

    #[test]
    fn a_payout_sums_to_zero_in_each_currency() {
        let (booking, host, at) = (BookingId::new(), UserId::new(), Instant::UNIX_EPOCH);
        let (eur, yen) = (Money::new(32_980, Currency::EUR), Money::new(58_375, Currency::JPY));
        for sent in [eur, yen] {
            let draft = payout_sent(booking, host, PayoutLegId::new(), sent, eur, at);
            draft.check().unwrap();
            let paid = |(account, amount): &&(Account, Money)| {
                *account == Account::HostPayable(host) && amount.currency == Currency::EUR
            };
            assert_eq!(draft.entries().iter().filter(paid).map(|(_, it)| it.minor).sum::<i64>(), 32_980);
        }
        for taken in [eur, yen] {
            let draft = transfer_reversed(booking, host, TransferReversalId::new(), taken, eur, at);
            assert_eq!(draft.check(), Ok(()));
        }
        netting(booking, host, PayoutId::new(), eur, at).check().unwrap();
    }
}
