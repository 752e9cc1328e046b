//! Paying with a test card in place of the guest's browser, in the sandbox only. Our row is not touched: the webhook
//! settles, as it does in business.

use sha2::{Digest, Sha256};
use url::Url;

use super::{
    find,
    payment::{self, Status},
    rules::{self, Purpose},
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    drill,
    kernel::{Fault, PaymentId, clock::Instant},
    ports::stripe::{Decline, Intent, IntentStatus, StripeError, emulator::payment_method_for},
};

/// The mutation, as keys know it.
const NAME: &str = "sandboxPay";

/// What the guest does when their bank asks whether it is them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreeDSecure {
    /// Nothing yet.
    Leave,
    /// They prove it.
    Succeed,
    /// They fail.
    Fail,
}

/// A try to pay.
#[derive(Debug, Clone)]
pub struct Ask {
    /// A test card's number (`4242 4242 4242 4242`) or its payment method (`pm_card_visa`).
    pub card: String,
    /// What happens when the bank asks; the emulator only can be told.
    pub three_d_secure: ThreeDSecure,
    /// The client's own key for this try: the same key is the same try.
    pub key: String,
}

/// Why nothing is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// This is no play.
    SandboxOnly,
    /// No test card has this number.
    UnknownCard,
    /// Empty, longer than 255 characters, or with control characters.
    IdempotencyKey,
    /// The same key was used for another try.
    IdempotencyConflict,
    /// The payment is not at Stripe yet.
    NotStarted,
    /// It is paid or authorised, or cancelled, or an admin must look.
    NotPayable,
    /// The booking, or its change, is not to be paid for any more.
    BookingEnded,
}

/// What the provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Where the payment is at Stripe; our row follows by webhook.
    pub status: Status,
    /// Why the bank said no.
    pub decline_code: Option<String>,
}

/// Pays as `guest`. A payment of somebody else's booking is missing.
pub async fn sandbox_pay(
    app: &App,
    guest: &Viewer,
    id: PaymentId,
    ask: &Ask,
) -> Result<Outcome, Fault<Refusal>> {
    if !app.settings.sandbox() {
        return Err(Fault::Refused(Refusal::SandboxOnly));
    }
    guest.may_act()?;
    let (payment, purpose) = find::for_guest(app.db.read(), guest.user, id).await?;

    if !idempotent_answer::is_key(&ask.key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    let method = match ask.card.strip_prefix("pm_card_") {
        Some(_) => Some(ask.card.as_str()),
        None => payment_method_for(&ask.card),
    };
    let method = method.ok_or(Fault::Refused(Refusal::UnknownCard))?;
    let now = app.clock.now();
    let input = format!("{id} {method} {:?}", ask.three_d_secure);
    let begun = app.db.write(|tx| {
        let (payment, purpose, input) = (&payment, &purpose, &input);
        async move {
            accounts::lock(&tx, guest.user).await?;
            let known =
                idempotent_answer::recall::<PaymentId>(&tx, guest.user, NAME, &ask.key, input).await?;
            if let Some(known) = known {
                return known.map(|_| ()).map_err(|_| Fault::Refused(Refusal::IdempotencyConflict));
            }
            may_pay(payment, purpose, now).map_err(Fault::Refused)?;
            Ok(idempotent_answer::remember(&tx, guest.user, NAME, &ask.key, input, &id, now).await?)
        }
    });
    begun.await?;
    let intent_id = payment.intent_id.as_deref().ok_or(Fault::Refused(Refusal::NotStarted))?;

    // Stripe's keys are ASCII; a client's may be anything.
    let key = format!("{id}:pay:{}", hex::encode(Sha256::digest(&ask.key)));
    let back_to = Url::parse(&app.settings.public_url()).map_err(|e| Fault::Broken(e.into()))?;
    let answer = app.stripe.confirm_intent(intent_id, method, &back_to, &key).await;
    drill::point("payments.sandbox_pay.answered");
    let asks = matches!(&answer, Ok(intent) if intent.status == IntentStatus::RequiresAction);
    match ask.three_d_secure {
        ThreeDSecure::Succeed | ThreeDSecure::Fail if asks && app.stripe.on_emulator() => {
            let succeed = ask.three_d_secure == ThreeDSecure::Succeed;
            outcome(app.stripe.authenticate_3ds(intent_id, succeed, &format!("{key}:3ds")).await)
        }
        _ => outcome(answer),
    }
}

/// Whether a new try makes sense. One that was made before is answered as it was, whatever has happened since.
fn may_pay(payment: &payment::Model, purpose: &Purpose, now: Instant) -> Result<(), Refusal> {
    if rules::is_settled(payment.status) || payment.status == Status::Authorised {
        return Err(Refusal::NotPayable);
    }
    if rules::has_ended(purpose, now) {
        return Err(Refusal::BookingEnded);
    }
    if payment.intent_id.is_none() {
        return Err(Refusal::NotStarted);
    }
    Ok(())
}

fn outcome(answer: Result<Intent, StripeError>) -> Result<Outcome, Fault<Refusal>> {
    let declined = |why: Decline| Outcome {
        status: Status::RequiresPaymentMethod,
        decline_code: why.decline_code.or(why.code),
    };
    match answer {
        Ok(Intent { status, last_error, .. }) => match (rules::status_of(status), last_error) {
            (Status::RequiresPaymentMethod, Some(why)) => Ok(declined(why)),
            (status, _) => Ok(Outcome { status, decline_code: None }),
        },
        Err(StripeError::Declined(why)) => Ok(declined(why)),
        Err(StripeError::KeyConflict(_)) => Err(Fault::Refused(Refusal::IdempotencyConflict)),
        // A try before this one was faster than our row, which follows by webhook.
        Err(error) if error.code() == Some("payment_intent_unexpected_state") => {
            Err(Fault::Refused(Refusal::NotPayable))
        }
        // Of all that we name, only the payment method is the client's choice.
        Err(error) if error.code() == Some("resource_missing") => Err(Fault::Refused(Refusal::UnknownCard)),
        Err(error) => Err(Fault::Broken(error.into())),
    }
}
