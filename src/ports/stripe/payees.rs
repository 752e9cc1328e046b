//! What passes through the door when hosts are paid: accounts, transfers, reversals, and the lines of our own balance,
//! in our own words. No type of the Stripe library here.

use std::collections::BTreeMap;

use crate::kernel::{Currency, Money, clock::Instant};

/// A connected account: where a host is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `acct_…`
    pub id: String,
    /// ISO 3166-1 alpha-2, where Stripe says it.
    pub country: Option<String>,
    /// True when money can be transferred to it: its capability `transfers` is active.
    pub can_receive: bool,
    /// True when Stripe pays out of it to the host's bank.
    pub payouts_enabled: bool,
    /// True when the host has been through the form.
    pub details_submitted: bool,
    /// What Stripe still wants to know, in its own words, e.g. `external_account`; sorted.
    pub missing: Vec<String>,
    /// Why the account is closed or paused, in Stripe's word, e.g. `rejected.fraud`.
    pub disabled_reason: Option<String>,
    /// What it was begun with.
    pub metadata: BTreeMap<String, String>,
}

/// A way into Stripe's form for an account; good for one visit, within minutes.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountLink {
    /// Where the host goes.
    pub url: String,
    /// Until when.
    pub expires_at: Instant,
}

/// Without the address, which lets anybody in.
impl std::fmt::Debug for AccountLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What is asked for when money is sent to a connected account.
#[derive(Debug, Clone)]
pub struct TransferAsk<'a> {
    /// What is sent.
    pub amount: Money,
    /// The account, `acct_…`.
    pub destination: &'a str,
    /// The charge that it comes out of (`ch_…`): then it need not wait for our balance. It must be settled in the
    /// transfer's currency.
    pub source_transaction: Option<&'a str>,
    /// Ties it to the charge, and lets it be looked up.
    pub transfer_group: String,
    /// Our own ids, as in [`IntentAsk`](super::IntentAsk).
    pub metadata: Vec<(&'a str, String)>,
}

/// Money that was sent to a connected account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// `tr_…`
    pub id: String,
    /// What was sent.
    pub amount: Money,
    /// What of that was taken back.
    pub amount_reversed: Money,
    /// The account, `acct_…`.
    pub destination: Option<String>,
    /// As in [`TransferAsk`].
    pub transfer_group: Option<String>,
    /// What it was asked with.
    pub metadata: BTreeMap<String, String>,
    /// When, to the second.
    pub created: Instant,
}

/// Money that was taken back from a connected account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// `trr_…`
    pub id: String,
    /// The transfer that it was part of, `tr_…`.
    pub transfer: String,
    /// What was taken back.
    pub amount: Money,
    /// What it was asked with.
    pub metadata: BTreeMap<String, String>,
}

/// A line of our own balance at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceLine {
    /// `txn_…`
    pub id: String,
    /// Stripe's type, e.g. `charge`, `refund`, `transfer`.
    pub kind: String,
    /// What it is about (`ch_…`, `re_…`, `tr_…`), where it is about something.
    pub source: Option<String>,
    /// Of the amounts.
    pub currency: Currency,
    /// In minor units: positive came, negative went.
    pub amount: i64,
    /// What Stripe kept of it, in minor units.
    pub fee: i64,
}
