//! What follows from what Stripe says: pure judgements on payments and refunds. No I/O.

use chrono::TimeDelta;

use super::{payment, payment::Status, refund};
use crate::{
    bookings::{booking, booking_change},
    kernel::{Currency, Money, PaymentId, clock::Instant, money::MoneyError},
    ledger::Borne,
    ports::stripe::{Intent, IntentStatus, Refund, RefundStatus, StripeError},
};

/// The names under which our ids stand in Stripe's metadata.
pub mod name {
    /// The booking that is paid for.
    pub const BOOKING: &str = "booking";
    /// The payment.
    pub const PAYMENT: &str = "payment";
    /// The refund.
    pub const REFUND: &str = "refund";
}

/// How far along a status is. The open ones are level: a card is declined, another is tried. Money that arrived counts
/// more than a cancellation, and doubt more than anything.
const fn rank(status: Status) -> u8 {
    match status {
        Status::Created => 0,
        Status::Unknown => 1,
        Status::RequiresPaymentMethod | Status::RequiresAction | Status::Processing => 2,
        Status::Authorised => 3,
        Status::Cancelled => 4,
        Status::Succeeded => 5,
        Status::NeedsReview => 6,
    }
}

/// Where a payment goes that is at `current` and seen at `seen`: forward or level, never back. `None` when it stays.
pub fn advance(current: Status, seen: Status) -> Option<Status> {
    (seen != current && rank(seen) >= rank(current)).then_some(seen)
}

/// Whether nothing that happens at Stripe moves the payment any more.
pub fn is_settled(status: Status) -> bool {
    rank(status) >= rank(Status::Cancelled)
}

/// Our word for Stripe's.
pub const fn status_of(seen: IntentStatus) -> Status {
    match seen {
        IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation => {
            Status::RequiresPaymentMethod
        }
        IntentStatus::RequiresAction => Status::RequiresAction,
        IntentStatus::Processing => Status::Processing,
        IntentStatus::RequiresCapture => Status::Authorised,
        IntentStatus::Canceled => Status::Cancelled,
        IntentStatus::Succeeded => Status::Succeeded,
    }
}

/// What of a change others must hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The money is with us.
    Settled,
    /// The bank said no.
    Failed,
    /// The guest is at it.
    Underway,
    /// The money is set aside on the card.
    Authorised,
    /// What was set aside was let go: nothing can be taken any more.
    Lost,
}

/// How our row of a payment changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is now.
    pub status: Status,
    /// Minor units that arrived.
    pub captured: i64,
    /// The last try.
    pub charge_id: Option<String>,
    /// Why that failed.
    pub decline_code: Option<String>,
    /// What others must hear.
    pub news: Option<News>,
}

/// What the payment becomes, now that Stripe's intent is seen; `None` when there is nothing new. What does not match our
/// row in id, amount or currency is never believed: the payment goes to an admin.
pub fn step(payment: &payment::Model, seen: &Intent) -> Option<Step> {
    let kept = |status, news| Step {
        status,
        captured: payment.captured,
        charge_id: payment.charge_id.clone(),
        decline_code: payment.decline_code.clone(),
        news,
    };
    let theirs = status_of(seen.status);
    if !matches(payment, seen) {
        return advance(payment.status, Status::NeedsReview).map(|status| kept(status, None));
    }
    if payment.status != theirs && advance(payment.status, theirs).is_none() {
        return None;
    }
    if payment.status == theirs && is_settled(theirs) {
        return None;
    }
    let decline = seen.last_error.as_ref().and_then(|e| e.decline_code.clone().or_else(|| e.code.clone()));
    let next = Step {
        status: theirs,
        captured: if theirs == Status::Succeeded { seen.amount_received.minor } else { payment.captured },
        charge_id: seen.latest_charge.clone().or_else(|| payment.charge_id.clone()),
        decline_code: decline,
        news: None,
    };
    let changed = kept(payment.status, None) != next;
    if !changed && payment.intent_id.is_some() {
        return None;
    }
    let news = match theirs {
        Status::Succeeded => Some(News::Settled),
        Status::RequiresPaymentMethod if changed && seen.last_error.is_some() => Some(News::Failed),
        Status::RequiresAction | Status::Processing if payment.status != theirs => Some(News::Underway),
        Status::Authorised if payment.status != theirs => Some(News::Authorised),
        Status::Cancelled if payment.status == Status::Authorised => Some(News::Lost),
        _ => None,
    };
    Some(Step { news, ..next })
}

/// Whether the intent is the one our row is about, with our amount and currency, all of it where it was taken, and
/// only authorised where that was asked for.
fn matches(payment: &payment::Model, seen: &Intent) -> bool {
    let amount = Money::new(payment.amount, payment.currency);
    let is_ours = match &payment.intent_id {
        Some(id) => *id == seen.id,
        // The answer to our first call was lost: the metadata says whose it is.
        None => seen.metadata.get(name::PAYMENT).is_some_and(|id| *id == payment.id.to_string()),
    };
    let all = seen.status != IntentStatus::Succeeded || seen.amount_received == amount;
    let as_asked = seen.status != IntentStatus::RequiresCapture || payment.manual_capture;
    is_ours && seen.amount == amount && all && as_asked
}

/// Where a refund goes that is at `current` and seen at `seen`; a refund that was done can still come back.
pub fn refund_advance(current: refund::Status, seen: RefundStatus) -> Option<refund::Status> {
    use refund::Status::{Failed, Pending, Succeeded, Unknown};
    let theirs = match seen {
        RefundStatus::Pending | RefundStatus::RequiresAction => Pending,
        RefundStatus::Succeeded => Succeeded,
        RefundStatus::Failed | RefundStatus::Canceled => Failed,
    };
    match (current, theirs) {
        (Pending | Unknown, Succeeded | Failed) | (Unknown, Pending) | (Succeeded, Failed) => Some(theirs),
        _ => None,
    }
}

/// Whether Stripe's refund is the one our row is about.
pub fn refund_matches(refund: &refund::Model, payment: &payment::Model, seen: &Refund) -> bool {
    let is_ours = match &refund.provider_id {
        Some(id) => *id == seen.id,
        None => seen.metadata.get(name::REFUND).is_some_and(|id| *id == refund.id.to_string()),
    };
    is_ours
        && seen.amount == Money::new(refund.amount, refund.currency)
        && seen.intent.is_some()
        && seen.intent == payment.intent_id
}

/// What of a payment came and has not gone back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// As it was paid.
    pub paid: Money,
    /// What it is worth in the listing's currency.
    pub worth: Money,
}

/// What of a payment came and has not gone back; it comes as a whole or not at all.
pub fn left(payment: &payment::Model) -> Left {
    let came = if payment.captured > 0 { payment.listing_amount } else { 0 };
    Left {
        paid: Money::new(payment.captured - payment.refunded, payment.currency),
        worth: Money::new(came - payment.listing_refunded, payment.listing_currency),
    }
}

/// What of it Stripe would give back: nothing once the guest's bank has taken some of it, be it for good or not.
pub fn refundable(payment: &payment::Model) -> Left {
    let left = left(payment);
    if payment.charged_back == 0 {
        return left;
    }
    Left { paid: Money::zero(left.paid.currency), worth: Money::zero(left.worth.currency) }
}

/// What of it can be paid to the guest in another way than through Stripe: all that is left, but for what the guest's bank
/// has taken. It is for whoever won't get it by way of the card: Stripe refuses what a bank has kept a part of, and banks
/// return what they have no account for.
pub fn payable(payment: &payment::Model) -> Left {
    let left = left(payment);
    let rest = |money: Money, taken: i64| Money::new((money.minor - taken).max(0), money.currency);
    Left {
        paid: rest(left.paid, payment.charged_back),
        worth: rest(left.worth, payment.listing_charged_back),
    }
}

/// What a refund may be of, by the way that it goes.
pub fn returnable(payment: &payment::Model, out_of_band: bool) -> Left {
    if out_of_band { payable(payment) } else { refundable(payment) }
}

/// The idempotency key of a refund at Stripe: each refusal for a time begins another intent.
pub fn refund_key(refund: &refund::Model) -> String {
    match refund.round {
        0 => refund.id.to_string(),
        round => format!("{}:{round}", refund.id),
    }
}

/// What goes back as it was paid, when what is `worth` so much to the listing goes back: its share of what was paid,
/// rounded once and never more than is left. The last one takes all that is left, so that all of them are what was paid.
pub fn share(payment: &payment::Model, worth: Money) -> Result<Money, MoneyError> {
    share_of(payment, left(payment), worth)
}

/// The same where so much is left.
pub fn share_of(payment: &payment::Model, left: Left, worth: Money) -> Result<Money, MoneyError> {
    if worth == left.worth {
        return Ok(left.paid);
    }
    let share = Money::new(payment.captured, payment.currency).part(worth.minor, payment.listing_amount)?;
    Ok(if share.minor > left.paid.minor { left.paid } else { share })
}

/// What of a booking's payments came and has not gone back, of those that are a part of its price: all in the same
/// currencies, or nothing in `currency` where there are none.
pub fn left_of(payments: &[payment::Model], currency: Currency) -> Result<Left, MoneyError> {
    sum_of(payments, currency, left)
}

/// The same of what a refund may be of.
pub fn returnable_of(
    payments: &[payment::Model],
    currency: Currency,
    out_of_band: bool,
) -> Result<Left, MoneyError> {
    sum_of(payments, currency, |payment| returnable(payment, out_of_band))
}

fn sum_of(
    payments: &[payment::Model],
    currency: Currency,
    what: impl Fn(&payment::Model) -> Left,
) -> Result<Left, MoneyError> {
    let paid_in = payments.first().map_or(currency, |payment| payment.currency);
    let listing = payments.first().map_or(currency, |payment| payment.listing_currency);
    let lefts = || payments.iter().filter(|payment| payment.counts).map(&what);
    Ok(Left {
        paid: Money::sum(paid_in, lefts().map(|left| left.paid))?,
        worth: Money::sum(listing, lefts().map(|left| left.worth))?,
    })
}

/// What goes back of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Of which.
    pub payment: PaymentId,
    /// As it was paid.
    pub paid: Money,
    /// What it is worth to the listing.
    pub worth: Money,
}

/// What goes back of which of a booking's payments (oldest first), when what is `worth` so much goes back: of the newest
/// first, each no more than is left of it. Less than asked for where less is left, or where the other currency has no
/// coin for it.
pub fn portions(payments: &[payment::Model], worth: Money) -> Result<Vec<Portion>, MoneyError> {
    spread(payments, worth, None, left)
}

/// The same of what a refund may be of.
pub fn returnable_portions(
    payments: &[payment::Model],
    worth: Money,
    out_of_band: bool,
) -> Result<Vec<Portion>, MoneyError> {
    spread(payments, worth, None, |payment| returnable(payment, out_of_band))
}

/// The same where it is known what that is as it was paid; a payment of which nothing is left has given all of it.
pub fn portions_of(
    payments: &[payment::Model],
    worth: Money,
    paid: Money,
) -> Result<Vec<Portion>, MoneyError> {
    spread(payments, worth, Some(paid), left)
}

fn spread(
    payments: &[payment::Model],
    worth: Money,
    paid: Option<Money>,
    what: impl Fn(&payment::Model) -> Left,
) -> Result<Vec<Portion>, MoneyError> {
    let (mut rest, mut rest_paid) = (worth, paid);
    let mut portions = Vec::new();
    for payment in payments.iter().rev().filter(|payment| payment.counts) {
        let left = what(payment);
        let take = if rest.minor < left.worth.minor { rest } else { left.worth };
        if take.minor <= 0 {
            continue;
        }
        let paid = match rest_paid {
            Some(rest) if take != left.worth => {
                Money::new(rest.minor.clamp(0, left.paid.minor), rest.currency)
            }
            _ => share_of(payment, left, take)?,
        };
        if paid.minor == 0 {
            continue;
        }
        rest = rest.minus(take)?;
        rest_paid = rest_paid.map(|rest| rest.minus(paid)).transpose()?;
        portions.push(Portion { payment: payment.id, paid, worth: take });
    }
    Ok(portions)
}

/// All of these portions together, as they were paid and as they are worth; nothing in these currencies where there are
/// none.
pub fn total_of(portions: &[Portion], paid: Currency, worth: Currency) -> Result<Left, MoneyError> {
    Ok(Left {
        paid: Money::sum(paid, portions.iter().map(|portion| portion.paid))?,
        worth: Money::sum(worth, portions.iter().map(|portion| portion.worth))?,
    })
}

/// Who bears what a refund gives back beyond what a policy does, in the listing's currency.
pub fn borne_of(refund: &refund::Model, currency: Currency) -> Borne {
    let money = |minor| Money::new(minor, currency);
    Borne {
        host: money(refund.host_bears),
        platform: money(refund.platform_bears),
        taxes: money(refund.taxes_bear),
    }
}

/// Whether a refund counts: it has not failed, and no chargeback has taken its place.
pub fn counts(refund: &refund::Model) -> bool {
    use refund::Status::{Covered, Failed, Replaced};
    !matches!(refund.status, Failed | Replaced | Covered)
}

/// The same of all of these together, but for those that don't count.
pub fn borne<'a>(
    refunds: impl IntoIterator<Item = &'a refund::Model>,
    currency: Currency,
) -> Result<Borne, MoneyError> {
    let live = refunds.into_iter().filter(|refund| counts(refund));
    live.map(|refund| borne_of(refund, currency)).try_fold(Borne::none(currency), Borne::plus)
}

/// How long to wait before an unknown outcome is asked for again, after that many calls: 5 minutes, an hour, then daily
/// five times. `None`: it is for an admin now.
pub fn ask_again(attempts: i32) -> Option<TimeDelta> {
    match attempts {
        ..=1 => Some(TimeDelta::minutes(5)),
        2 => Some(TimeDelta::hours(1)),
        3..=7 => Some(TimeDelta::days(1)),
        _ => None,
    }
}

/// Whether Stripe may have forgotten the key of a call that was first made at `asked_at`: then it is looked up, never
/// sent again. Stripe keeps keys for 24 hours.
pub fn is_forgotten(asked_at: Option<Instant>, now: Instant) -> bool {
    asked_at.is_some_and(|at| now - at >= TimeDelta::hours(23))
}

/// What a payment is for: a booking, or a change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// The booking.
    pub booking: booking::Model,
    /// The change, where it is the difference that this costs.
    pub change: Option<booking_change::Model>,
}

/// Whether it is not to be paid for any more; from the end of its hold on, whether or not that was written. What the
/// host has accepted does not end by itself.
pub fn has_ended(purpose: &Purpose, now: Instant) -> bool {
    if let Some(change) = &purpose.change {
        return change.status != booking_change::Status::Accepted || change.ends_at <= now;
    }
    let booking = &purpose.booking;
    match booking.status {
        booking::Status::PendingPayment | booking::Status::PendingApproval => {
            booking.accepted_at.is_none() && booking.hold_ends_at <= now
        }
        booking::Status::Confirmed => false,
        booking::Status::Expired
        | booking::Status::Completed
        | booking::Status::Cancelled
        | booking::Status::Declined => true,
    }
}

/// Whether what was authorised for the booking is to be charged: its host has accepted.
pub fn may_capture(booking: &booking::Model) -> bool {
    booking.status == booking::Status::PendingApproval && booking.accepted_at.is_some()
}

/// What follows from a call that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterError {
    /// It may have been done: ask again with the same key.
    AskAgain,
    /// It may have been done, with other parameters than now: look it up.
    LookUp,
    /// It was not done, for a reason that passes: the queue tries again soon.
    TryLater,
    /// It was not done and never will be.
    GiveUp,
}

/// What to do about an error of a call that changes something.
pub fn after(error: &StripeError) -> AfterError {
    match error {
        StripeError::Unknown(_) => AfterError::AskAgain,
        StripeError::KeyConflict(_) => AfterError::LookUp,
        // Ours to repair: a wrong key, a missing permission, a setting.
        StripeError::RateLimited | StripeError::Refused { status: 0 | 401 | 403, .. } => AfterError::TryLater,
        StripeError::Declined(_) | StripeError::Refused { .. } => AfterError::GiveUp,
    }
}

/// What a webhook is about, by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A PaymentIntent.
    Intent,
    /// A charge.
    Charge,
    /// A refund.
    Refund,
    /// A host's account.
    Account,
    /// Money that was sent to a host.
    Transfer,
    /// A chargeback of a guest's bank.
    Dispute,
    /// Nothing that we work on.
    Nothing,
}

/// The subject of a type of webhook.
pub fn subject(kind: &str) -> Subject {
    match kind.split_once('.') {
        Some(("payment_intent", _)) => Subject::Intent,
        Some(("refund", _) | ("charge", "refund.updated")) => Subject::Refund,
        Some(("account", "updated")) => Subject::Account,
        Some(("transfer", _)) => Subject::Transfer,
        Some(("charge", rest)) if rest.starts_with("dispute.") => Subject::Dispute,
        Some(("charge", rest)) if !rest.contains('.') => Subject::Charge,
        _ => Subject::Nothing,
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
