//! From the Stripe library's types to ours, for what pays hosts. No calls here.

use stripe_shared as lib;

use super::{
    payees::{Account, AccountLink, BalanceLine, Reversal, Transfer},
    wire::{instant, money, sorted},
};

/// An account in our words.
pub(super) fn account(theirs: lib::Account) -> anyhow::Result<Account> {
    let active =
        |status: &lib::AccountCapabilitiesStatus| matches!(status, lib::AccountCapabilitiesStatus::Active);
    let requirements = theirs.requirements;
    let mut missing: Vec<String> =
        requirements.as_ref().and_then(|it| it.currently_due.clone()).unwrap_or_default();
    missing.sort();
    Ok(Account {
        id: theirs.id.as_str().to_owned(),
        country: theirs.country,
        can_receive: theirs.capabilities.and_then(|it| it.transfers).as_ref().is_some_and(active),
        payouts_enabled: theirs.payouts_enabled.unwrap_or(false),
        details_submitted: theirs.details_submitted.unwrap_or(false),
        missing,
        disabled_reason: requirements
            .and_then(|it| it.disabled_reason)
            .map(|reason| reason.as_str().to_owned()),
        metadata: theirs.metadata.map(sorted).unwrap_or_default(),
    })
}

/// A way into the form.
pub(super) fn account_link(theirs: stripe_connect::AccountLink) -> anyhow::Result<AccountLink> {
    Ok(AccountLink { url: theirs.url, expires_at: instant(theirs.expires_at)? })
}

/// A transfer in our words.
pub(super) fn transfer(theirs: lib::Transfer) -> anyhow::Result<Transfer> {
    Ok(Transfer {
        id: theirs.id.as_str().to_owned(),
        amount: money(theirs.amount, &theirs.currency)?,
        amount_reversed: money(theirs.amount_reversed, &theirs.currency)?,
        destination: theirs.destination.map(|account| account.id().as_str().to_owned()),
        transfer_group: theirs.transfer_group,
        metadata: sorted(theirs.metadata),
        created: instant(theirs.created)?,
    })
}

/// A reversal in our words.
pub(super) fn reversal(theirs: lib::TransferReversal) -> anyhow::Result<Reversal> {
    Ok(Reversal {
        id: theirs.id.as_str().to_owned(),
        transfer: theirs.transfer.id().as_str().to_owned(),
        amount: money(theirs.amount, &theirs.currency)?,
        metadata: theirs.metadata.map(sorted).unwrap_or_default(),
    })
}

/// A line of our balance.
pub(super) fn balance_line(theirs: &lib::BalanceTransaction) -> anyhow::Result<BalanceLine> {
    let amount = money(theirs.amount, &theirs.currency)?;
    Ok(BalanceLine {
        id: theirs.id.as_str().to_owned(),
        kind: theirs.type_.as_str().to_owned(),
        source: theirs.source.as_ref().map(|source| source.id().to_string()),
        currency: amount.currency,
        amount: amount.minor,
        fee: theirs.fee,
    })
}
