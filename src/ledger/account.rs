//! The accounts of the ledger and how they are spelled in its rows. No amounts here.

use std::{fmt, str::FromStr};

use crate::kernel::{BookingId, UserId};

/// An account; each exists once per currency. Debit is positive, credit negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// What Stripe holds for us.
    ProviderCash,
    /// What the platform pays out of its own bank account, where Stripe can't.
    PlatformBank,
    /// A guest's money in escrow: never a debit balance, zero when the booking is closed.
    GuestFunds(BookingId),
    /// What a host is to be paid.
    HostPayable(UserId),
    /// What a host owes.
    HostDebt(UserId),
    /// What the platform earned.
    PlatformFees,
    /// What must be handed to the tax office.
    TaxesPayable,
    /// What a guest's bank took back while that is argued about.
    Chargebacks(BookingId),
    /// What Stripe keeps.
    ProviderFees,
    /// What the platform bears itself.
    PlatformLoss,
    /// Where two currencies meet.
    Exchange,
}

/// The text is not an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an account of the ledger")]
pub struct NotAnAccount;

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProviderCash => f.write_str("provider_cash"),
            Self::PlatformBank => f.write_str("platform_bank"),
            Self::GuestFunds(booking) => write!(f, "guest_funds:{booking}"),
            Self::HostPayable(host) => write!(f, "host_payable:{host}"),
            Self::HostDebt(host) => write!(f, "host_debt:{host}"),
            Self::PlatformFees => f.write_str("platform_fees"),
            Self::TaxesPayable => f.write_str("taxes_payable"),
            Self::Chargebacks(booking) => write!(f, "chargebacks:{booking}"),
            Self::ProviderFees => f.write_str("provider_fees"),
            Self::PlatformLoss => f.write_str("platform_loss"),
            Self::Exchange => f.write_str("exchange"),
        }
    }
}

impl FromStr for Account {
    type Err = NotAnAccount;
    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let whose = text.split_once(':');
        let booking = |id: &str| id.parse::<BookingId>().map_err(|_| NotAnAccount);
        let host = |id: &str| id.parse::<UserId>().map_err(|_| NotAnAccount);
        match (text, whose) {
            ("provider_cash", _) => Ok(Self::ProviderCash),
            ("platform_bank", _) => Ok(Self::PlatformBank),
            ("platform_fees", _) => Ok(Self::PlatformFees),
            ("taxes_payable", _) => Ok(Self::TaxesPayable),
            ("provider_fees", _) => Ok(Self::ProviderFees),
            ("platform_loss", _) => Ok(Self::PlatformLoss),
            ("exchange", _) => Ok(Self::Exchange),
            (_, Some(("guest_funds", id))) => booking(id).map(Self::GuestFunds),
            (_, Some(("chargebacks", id))) => booking(id).map(Self::Chargebacks),
            (_, Some(("host_payable", id))) => host(id).map(Self::HostPayable),
            (_, Some(("host_debt", id))) => host(id).map(Self::HostDebt),
            _ => Err(NotAnAccount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_reads_back_what_it_wrote() {
        let (booking, user) = (BookingId::new(), UserId::new());
        for account in [
            Account::ProviderCash,
            Account::PlatformBank,
            Account::GuestFunds(booking),
            Account::HostPayable(user),
            Account::HostDebt(user),
            Account::PlatformFees,
            Account::TaxesPayable,
            Account::Chargebacks(booking),
            Account::ProviderFees,
            Account::PlatformLoss,
            Account::Exchange,
        ] {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
        assert_eq!(Account::GuestFunds(booking).to_string(), format!("guest_funds:{booking}"));
    }

    #[test]
    fn what_is_no_account_or_somebody_elses_is_refused() {
        let user = UserId::new();
        for text in ["", "guest_funds", "guest_funds:", "petty_cash", &format!("guest_funds:{user}")] {
            assert_eq!(text.parse::<Account>(), Err(NotAnAccount), "{text}");
        }
    }
}
