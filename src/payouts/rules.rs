//! When and how a host is paid: pure judgements. No I/O.

use chrono::TimeDelta;

use super::{payout, payout::HeldFor, payout_account, payout_leg, transfer_reversal};
use crate::{
    kernel::{Money, PaymentId, clock::Instant, money::MoneyError},
    payments::{self, payment},
    ports::stripe::Transfer,
};

/// How long after a stay a host is paid for it.
pub const PAID_AFTER: TimeDelta = TimeDelta::hours(24);

/// How long nothing is sent to an account that took the place of another one.
pub const HELD_FOR: TimeDelta = TimeDelta::hours(72);

/// The names under which our ids stand in Stripe's metadata, beside those of payments.
pub mod name {
    /// The payout.
    pub const PAYOUT: &str = "payout";
    /// The part of it.
    pub const LEG: &str = "payout_leg";
    /// What is taken back of it.
    pub const REVERSAL: &str = "transfer_reversal";
    /// The host's account.
    pub const ACCOUNT: &str = "payout_account";
}

/// Countries between which Stripe lets platforms transfer: the European Economic Area, the United Kingdom and
/// Switzerland. Everybody else stays at home.
const EUROPE: [&str; 33] = [
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Whether a platform of one country can pay hosts in the other.
pub fn is_served(platform: &str, host: &str) -> bool {
    platform == host || (EUROPE.contains(&platform) && EUROPE.contains(&host))
}

/// Whether a payout is still to be begun, or to be begun again.
pub const fn is_to_be_paid(status: payout::Status) -> bool {
    use payout::Status::{Failed, Held, Paid, Scheduled, Sending, Unknown, WaitingForAccount};
    match status {
        Scheduled | WaitingForAccount | Held | Failed => true,
        Sending | Unknown | Paid => false,
    }
}

/// What becomes of a payout whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The host has no account that can receive it.
    Wait,
    /// Somebody argues about the booking: whoever ends that lets it go on.
    Hold(HeldFor),
    /// The host is paid elsewhere since not long ago.
    HoldUntil(Instant),
    /// It is sent to this account (`acct_…`).
    Send(String),
}

/// Judges by what holds it, and by the host's account.
pub fn judge(holds: &[HeldFor], account: Option<&payout_account::Model>, now: Instant) -> Verdict {
    if let Some(reason) = holds.first() {
        return Verdict::Hold(*reason);
    }
    let Some(account) = account.filter(|account| account.can_receive) else { return Verdict::Wait };
    match (account.held_until, &account.provider_id) {
        (Some(until), Some(_)) if until > now => Verdict::HoldUntil(until),
        (_, Some(id)) => Verdict::Send(id.clone()),
        (_, None) => Verdict::Wait,
    }
}

/// A part of a payout that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Out of which payment.
    pub payment: PaymentId,
    /// In the currency that the guest paid in.
    pub amount: Money,
    /// What that is worth to the listing.
    pub worth: Money,
}

/// Takes a payout apart: one part per payment that was captured, in proportion to what is left of it; the parts are
/// worth the whole. In another currency, a part is its share of what was paid, and one coin at least.
pub fn parts(worth: Money, payments: &[payment::Model]) -> Result<Vec<Part>, MoneyError> {
    let captured: Vec<&payment::Model> =
        payments.iter().filter(|payment| payment.counts && payment.captured > 0).collect();
    let weight = |minor: i64| u64::try_from(minor).unwrap_or(0);
    let mut weights: Vec<u64> =
        captured.iter().map(|payment| weight(payments::rules::left(payment).worth.minor)).collect();
    if weights.iter().all(|weight| *weight == 0) {
        // All of it has gone back to the guest since, at somebody else's cost.
        weights = captured.iter().map(|payment| weight(payment.listing_amount)).collect();
    }
    let shares = worth.split(&weights);
    let mut parts = Vec::new();
    for (payment, worth) in captured.into_iter().zip(shares).filter(|(_, share)| share.minor > 0) {
        let paid = Money::new(payment.captured, payment.currency);
        let amount = if payment.currency == worth.currency {
            worth
        } else {
            paid.part(worth.minor, payment.listing_amount)?
        };
        let amount = Money { minor: amount.minor.max(payment.currency.step()), ..amount };
        parts.push(Part { payment: payment.id, amount, worth });
    }
    Ok(parts)
}

/// A part of what was sent that is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back<'a> {
    /// Of which part of which payout.
    pub leg: &'a payout_leg::Model,
    /// In the currency that was sent.
    pub amount: Money,
    /// What that is worth to the listing.
    pub worth: Money,
}

/// What is taken back of what was sent, for a host who owes so much: never more than was sent and is not taken back yet.
pub fn to_take_back<'a>(
    owed: Money,
    legs: &'a [payout_leg::Model],
    known: &[transfer_reversal::Model],
) -> Result<Vec<Back<'a>>, MoneyError> {
    let mut rest = owed;
    let mut parts = Vec::new();
    for leg in legs.iter().filter(|leg| leg.status == payout_leg::Status::Paid && leg.provider_id.is_some()) {
        let live = known.iter().filter(|it| it.leg_id == leg.id);
        let live = live.filter(|it| it.status != transfer_reversal::Status::Failed);
        let (sent, worth) =
            live.fold((leg.amount, leg.worth), |(sent, worth), it| (sent - it.amount, worth - it.worth));
        let taken = rest.minor.min(worth);
        if taken <= 0 || sent <= 0 {
            continue;
        }
        // The last part takes all that is left, so that all of them are what was sent.
        let amount = match taken == worth {
            true => Money::new(sent, leg.currency),
            false => Money::new(leg.amount, leg.currency).part(taken, leg.worth)?,
        };
        let amount = Money { minor: amount.minor.min(sent), ..amount };
        if amount.minor > 0 {
            parts.push(Back { leg, amount, worth: Money { minor: taken, ..owed } });
            rest.minor -= taken;
        }
    }
    Ok(parts)
}

/// The idempotency key of a part at Stripe: each refusal for certain begins another intent.
pub fn key(leg: &payout_leg::Model) -> String {
    format!("{}:{}", leg.id, leg.round)
}

/// Whether Stripe's transfer is the one our row is about.
pub fn matches(leg: &payout_leg::Model, seen: &Transfer) -> bool {
    let is_ours = match &leg.provider_id {
        Some(id) => *id == seen.id,
        None => seen.metadata.get(name::LEG).is_some_and(|id| *id == leg.id.to_string()),
    };
    is_ours
        && seen.amount == Money::new(leg.amount, leg.currency)
        && seen.destination.as_deref() == Some(leg.destination.as_str())
}

/// Where a payout is, by its parts.
pub fn status_of(legs: &[payout_leg::Status]) -> payout::Status {
    use payout_leg::Status::{Failed, Paid, Unknown};
    let is_any = |status| legs.contains(&status);
    if legs.iter().all(|status| *status == Paid) {
        payout::Status::Paid
    } else if is_any(Failed) {
        payout::Status::Failed
    } else if is_any(Unknown) {
        payout::Status::Unknown
    } else {
        payout::Status::Sending
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
