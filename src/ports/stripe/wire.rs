//! From the Stripe library's types to ours. No calls here, and nothing of the library leaves this folder.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, anyhow};
use stripe::StripeError as LibraryError;
use stripe_shared as lib;

use super::{
    disputes,
    types::{Charge, Decline, Intent, IntentStatus, Refund, RefundStatus, Settlement, StripeError},
    webhook::Subject,
    wire_connect,
};
use crate::kernel::{
    Currency, Money,
    clock::{self, Instant},
};

/// The API version that the library speaks, as it stands in the header and in events.
pub(super) fn api_version() -> String {
    lib::version::VERSION.as_str().to_owned()
}

/// The library's spelling of our currency.
pub(super) fn currency(ours: Currency) -> stripe_types::Currency {
    let Ok(theirs) = ours.code().to_lowercase().parse();
    theirs
}

pub(super) fn money(minor: i64, theirs: &stripe_types::Currency) -> anyhow::Result<Money> {
    let ours = theirs.to_string().parse::<Currency>().with_context(|| theirs.to_string())?;
    Ok(Money::new(minor, ours))
}

pub(super) fn instant(seconds: i64) -> anyhow::Result<Instant> {
    clock::Instant::from_timestamp(seconds, 0).context("a time out of range")
}

pub(super) fn sorted(metadata: HashMap<String, String>) -> BTreeMap<String, String> {
    metadata.into_iter().collect()
}

fn decline(error: &lib::ApiErrors) -> Decline {
    Decline {
        code: error.code.as_ref().map(|code| code.as_str().to_owned()),
        decline_code: error.decline_code.clone(),
        message: error.message.clone().unwrap_or_default(),
    }
}

/// A payment in our words; an error when Stripe says something that we have no word for.
pub(super) fn intent(theirs: lib::PaymentIntent) -> anyhow::Result<Intent> {
    let status = match theirs.status {
        lib::PaymentIntentStatus::RequiresPaymentMethod => IntentStatus::RequiresPaymentMethod,
        lib::PaymentIntentStatus::RequiresConfirmation => IntentStatus::RequiresConfirmation,
        lib::PaymentIntentStatus::RequiresAction => IntentStatus::RequiresAction,
        lib::PaymentIntentStatus::Processing => IntentStatus::Processing,
        lib::PaymentIntentStatus::RequiresCapture => IntentStatus::RequiresCapture,
        lib::PaymentIntentStatus::Canceled => IntentStatus::Canceled,
        lib::PaymentIntentStatus::Succeeded => IntentStatus::Succeeded,
        other => return Err(anyhow!("a payment's status that we do not know: {}", other.as_str())),
    };
    Ok(Intent {
        id: theirs.id.as_str().to_owned(),
        status,
        amount: money(theirs.amount, &theirs.currency)?,
        amount_received: money(theirs.amount_received, &theirs.currency)?,
        client_secret: theirs.client_secret,
        latest_charge: theirs.latest_charge.map(|charge| charge.id().as_str().to_owned()),
        last_error: theirs.last_payment_error.as_deref().map(decline),
        metadata: sorted(theirs.metadata),
        manual_capture: matches!(theirs.capture_method, lib::PaymentIntentCaptureMethod::Manual),
        transfer_group: theirs.transfer_group,
        created: instant(theirs.created)?,
    })
}

/// A refund in our words.
pub(super) fn refund(theirs: lib::Refund) -> anyhow::Result<Refund> {
    let status = match theirs.status.as_deref() {
        Some("pending") => RefundStatus::Pending,
        Some("requires_action") => RefundStatus::RequiresAction,
        Some("succeeded") => RefundStatus::Succeeded,
        Some("failed") => RefundStatus::Failed,
        Some("canceled") => RefundStatus::Canceled,
        other => return Err(anyhow!("a refund's status that we do not know: {other:?}")),
    };
    Ok(Refund {
        id: theirs.id.as_str().to_owned(),
        status,
        amount: money(theirs.amount, &theirs.currency)?,
        intent: theirs.payment_intent.map(|intent| intent.id().as_str().to_owned()),
        charge: theirs.charge.map(|charge| charge.id().as_str().to_owned()),
        failure_reason: theirs.failure_reason,
        metadata: theirs.metadata.map(sorted).unwrap_or_default(),
        created: instant(theirs.created)?,
    })
}

/// A charge in our words; its settlement only where Stripe sent the whole balance transaction along.
pub(super) fn charge(theirs: lib::Charge) -> anyhow::Result<Charge> {
    let settlement = theirs.balance_transaction.as_ref().and_then(|transaction| transaction.as_object());
    Ok(Charge {
        id: theirs.id.as_str().to_owned(),
        intent: theirs.payment_intent.as_ref().map(|intent| intent.id().as_str().to_owned()),
        amount: money(theirs.amount, &theirs.currency)?,
        amount_captured: money(theirs.amount_captured, &theirs.currency)?,
        amount_refunded: money(theirs.amount_refunded, &theirs.currency)?,
        paid: theirs.paid,
        captured: theirs.captured,
        settlement: settlement.map(self::settlement).transpose()?,
    })
}

fn settlement(theirs: &lib::BalanceTransaction) -> anyhow::Result<Settlement> {
    Ok(Settlement {
        id: theirs.id.as_str().to_owned(),
        amount: money(theirs.amount, &theirs.currency)?,
        fee: money(theirs.fee, &theirs.currency)?,
        net: money(theirs.net, &theirs.currency)?,
    })
}

/// What a webhook's text is about, as far as the library can read it; whatever it can't read is `Other`.
pub(super) fn subject(text: &str) -> Subject {
    use stripe_webhook::EventObject as E;
    let Ok(event) = serde_json::from_str::<stripe_webhook::Event>(text) else {
        return Subject::Other;
    };
    let read = match event.data.object {
        E::AccountUpdated(it) => wire_connect::account(*it).map(Subject::Account),
        E::TransferCreated(it) | E::TransferReversed(it) | E::TransferUpdated(it) => {
            wire_connect::transfer(*it).map(Subject::Transfer)
        }
        E::PaymentIntentAmountCapturableUpdated(it)
        | E::PaymentIntentCanceled(it)
        | E::PaymentIntentCreated(it)
        | E::PaymentIntentPartiallyFunded(it)
        | E::PaymentIntentPaymentFailed(it)
        | E::PaymentIntentProcessing(it)
        | E::PaymentIntentRequiresAction(it)
        | E::PaymentIntentSucceeded(it) => intent(*it).map(Subject::Intent),
        E::ChargeCaptured(it)
        | E::ChargeExpired(it)
        | E::ChargeFailed(it)
        | E::ChargeRefunded(it)
        | E::ChargeSucceeded(it)
        | E::ChargeUpdated(it) => charge(*it).map(Subject::Charge),
        E::ChargeRefundUpdated(it) | E::RefundCreated(it) | E::RefundFailed(it) | E::RefundUpdated(it) => {
            refund(*it).map(Subject::Refund)
        }
        E::ChargeDisputeClosed(it)
        | E::ChargeDisputeCreated(it)
        | E::ChargeDisputeFundsReinstated(it)
        | E::ChargeDisputeFundsWithdrawn(it)
        | E::ChargeDisputeUpdated(it) => disputes::dispute(*it).map(Subject::Dispute),
        _ => Ok(Subject::Other),
    };
    read.unwrap_or(Subject::Other)
}

/// What the library's error says about the outcome. The library's own debug text is never kept: it can hold a
/// payment's client secret.
pub(super) fn error(theirs: LibraryError) -> StripeError {
    let (body, status) = match theirs {
        LibraryError::Stripe(body, status) => (body, status),
        LibraryError::Timeout => return StripeError::Unknown(anyhow!("no answer within the time limit")),
        LibraryError::ConfigError(text) => {
            return StripeError::Refused { status: 0, code: None, message: text };
        }
        LibraryError::JSONDeserialize(text) | LibraryError::ClientError(text) => {
            return StripeError::Unknown(anyhow!(text));
        }
    };
    let code = body.code.as_ref().map(|code| code.as_str().to_owned());
    let message = body.message.clone().unwrap_or_default();
    match (status, &body.type_) {
        (402, _) | (_, lib::ApiErrorsType::CardError) => StripeError::Declined(decline(&body)),
        // Another call with this key is under way: what it does is not known yet.
        (409, _) => StripeError::Unknown(anyhow!("{status} {}: {message}", code.unwrap_or_default())),
        (_, lib::ApiErrorsType::IdempotencyError) => StripeError::KeyConflict(message),
        (429, _) => StripeError::RateLimited,
        (400..=499, _) => StripeError::Refused { status, code, message },
        _ => StripeError::Unknown(anyhow!("{status} {}: {message}", code.unwrap_or_default())),
    }
}
