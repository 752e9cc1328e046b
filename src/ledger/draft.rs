//! A transaction before it is posted: entries that must sum to zero in each currency. Pure; `post.rs` writes it.

use std::{collections::BTreeMap, fmt};

use super::Account;
use crate::kernel::{BookingId, Currency, Money, clock::Instant};

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A guest's money arrived.
    Charge,
    /// Stripe kept its fee.
    ProviderFee,
    /// Money went back to a guest.
    Refund,
    /// A refund came back, since the guest's bank didn't take it.
    RefundReturned,
    /// Who earned what of a booking.
    Recognition,
    /// A host called a booking off, and owes for it.
    Penalty,
    /// Money went out to a host.
    Payout,
    /// What a host owed was taken out of what the host was to be paid.
    Netting,
    /// Money that had been sent to a host was taken back.
    TransferReversed,
    /// A guest's bank took money back.
    Chargeback,
    /// It came back: the bank was convinced.
    ChargebackWon,
    /// It is gone, and somebody bears it.
    ChargebackLost,
    /// Stripe kept a fee for a chargeback, or gave it back.
    DisputeFee,
    /// The platform pays a host, as an admin decided.
    Dispute,
}

impl Kind {
    /// The word in the journal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::ProviderFee => "provider_fee",
            Self::Refund => "refund",
            Self::RefundReturned => "refund_returned",
            Self::Recognition => "recognition",
            Self::Penalty => "penalty",
            Self::Payout => "payout",
            Self::Netting => "netting",
            Self::TransferReversed => "transfer_reversed",
            Self::Chargeback => "chargeback",
            Self::ChargebackWon => "chargeback_won",
            Self::ChargebackLost => "chargeback_lost",
            Self::DisputeFee => "dispute_fee",
            Self::Dispute => "dispute",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why a draft is not a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nothing moves.
    #[error("a ledger draft without entries: {0}")]
    Empty(String),
    /// Debits and credits of a currency differ.
    #[error("the ledger draft {source_key} is off by {sum} minor units of {currency}")]
    Unbalanced {
        /// The draft's source.
        source_key: String,
        /// In which currency.
        currency: Currency,
        /// Debits less credits.
        sum: i128,
    },
    /// Escrow of another booking than the draft's: sums per booking would be wrong.
    #[error("the ledger draft {0} touches the escrow of another booking")]
    OtherBooking(String),
    /// An amount has no opposite.
    #[error("an amount of the ledger draft {0} is too large")]
    TooLarge(String),
}

/// A transaction to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(super) kind: Kind,
    pub(super) source: String,
    pub(super) booking: Option<BookingId>,
    pub(super) at: Instant,
    pub(super) entries: Vec<(Account, Money)>,
    too_large: bool,
}

impl Draft {
    /// An empty draft. `source` is what it follows from (`refund:rfd_…`): the ledger takes each source once.
    pub fn new(kind: Kind, source: impl Into<String>, booking: Option<BookingId>, at: Instant) -> Self {
        Self { kind, source: source.into(), booking, at, entries: Vec::new(), too_large: false }
    }

    /// Adds to the debit side; nothing is added for a zero amount.
    #[must_use]
    pub fn debit(mut self, account: Account, amount: Money) -> Self {
        if amount.minor != 0 {
            self.entries.push((account, amount));
        }
        self
    }

    /// Adds to the credit side; nothing is added for a zero amount.
    #[must_use]
    pub fn credit(mut self, account: Account, amount: Money) -> Self {
        match amount.minor.checked_neg() {
            Some(minor) => self.debit(account, Money { minor, ..amount }),
            None => {
                self.too_large = true;
                self
            }
        }
    }

    /// What moved.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it follows from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// For which booking.
    pub fn booking(&self) -> Option<BookingId> {
        self.booking
    }

    /// When.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The entries: debit positive, credit negative.
    pub fn entries(&self) -> &[(Account, Money)] {
        &self.entries
    }

    /// Whether it sums to zero in every currency, and keeps to its booking.
    pub fn check(&self) -> Result<(), DraftError> {
        if self.too_large {
            return Err(DraftError::TooLarge(self.source.clone()));
        }
        if self.entries.is_empty() {
            return Err(DraftError::Empty(self.source.clone()));
        }
        let mut sums = BTreeMap::<Currency, i128>::new();
        for (account, amount) in &self.entries {
            *sums.entry(amount.currency).or_default() += i128::from(amount.minor);
            if let Account::GuestFunds(booking) | Account::Chargebacks(booking) = account
                && self.booking != Some(*booking)
            {
                return Err(DraftError::OtherBooking(self.source.clone()));
            }
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((currency, sum)) => {
                Err(DraftError::Unbalanced { source_key: self.source.clone(), currency, sum })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(booking: Option<BookingId>) -> Draft {
        Draft::new(Kind::Charge, "test", booking, Instant::UNIX_EPOCH)
    }

    #[test]
    fn each_currency_must_sum_to_zero_for_itself() {
        let (eur, usd) = (Money::new(100, Currency::EUR), Money::new(100, Currency::USD));
        let even = draft(None).debit(Account::ProviderCash, eur).credit(Account::PlatformFees, eur);
        assert_eq!(even.check(), Ok(()));
        let mixed = draft(None).debit(Account::ProviderCash, eur).credit(Account::PlatformFees, usd);
        assert!(matches!(mixed.check(), Err(DraftError::Unbalanced { sum: 100, .. })));
        assert!(matches!(draft(None).check(), Err(DraftError::Empty(_))));
        let least = Money::new(i64::MIN, Currency::EUR);
        assert!(matches!(draft(None).credit(Account::Exchange, least).check(), Err(DraftError::TooLarge(_))));
    }

    #[test]
    fn escrow_is_touched_for_its_own_booking_only() {
        let (mine, other) = (BookingId::new(), BookingId::new());
        let eur = Money::new(100, Currency::EUR);
        let moved = |whose| {
            draft(Some(mine))
                .debit(Account::ProviderCash, eur)
                .credit(Account::GuestFunds(whose), eur)
                .check()
        };
        assert_eq!(moved(mine), Ok(()));
        assert!(matches!(moved(other), Err(DraftError::OtherBooking(_))));
    }

    proptest! {
        #[test]
        fn whatever_is_credited_as_it_is_debited_balances(
            amounts in prop::collection::vec((any::<i32>(), prop::sample::select(Currency::ALL)), 1..30),
        ) {
            let both = amounts.iter().fold(draft(None), |draft, (minor, currency)| {
                let money = Money::new(i64::from(*minor), *currency);
                draft.debit(Account::ProviderCash, money).credit(Account::Exchange, money)
            });
            prop_assume!(!both.entries().is_empty());
            prop_assert_eq!(both.check(), Ok(()));
            let off = both.debit(Account::ProviderCash, Money::new(1, Currency::EUR));
            let is_off = matches!(off.check(), Err(DraftError::Unbalanced { sum: 1, .. }));
            prop_assert!(is_off);
        }
    }
}
