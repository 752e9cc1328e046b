//! How a payment goes on and ends: confirm, authenticate, capture, cancel, lapse. Cards decide; nothing is random.

use serde_json::{Value, json};

use super::{
    books::Turn,
    cards::{self, TestCard},
    charges::Charge,
    disputes,
    errors::ApiError,
    form::Params,
    intents::{Intent, Status, card, check_steps},
};

/// How long an authorisation holds, in seconds.
const AUTHORISATION: i64 = 7 * 24 * 3600;

/// `POST /v1/payment_intents/{id}/confirm`
pub fn confirm(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["payment_method", "return_url", "receipt_email"])?;
    check_confirm(find(turn, id)?, params)?;
    confirm_known(turn, id, params)
}

/// What confirming asks for before anything is done.
pub fn check_confirm(intent: &Intent, params: &Params) -> Result<(), ApiError> {
    use Status::{
        Canceled, RequiresAction, RequiresCapture, RequiresConfirmation, RequiresPaymentMethod, Succeeded,
    };
    match intent.status {
        RequiresPaymentMethod | RequiresConfirmation | RequiresAction => {}
        Canceled | RequiresCapture | Succeeded => {
            return Err(wrong_state("confirm", intent));
        }
    }
    chosen(intent, params)?;
    if intent.redirects.as_deref() == Some("always") && params.text("return_url").is_none() {
        let message = "This PaymentIntent is configured to accept payment methods that might redirect your customer \
                       off of your page: you must provide a `return_url`, or set \
                       `automatic_payment_methods[allow_redirects]` to `never`.";
        return Err(ApiError::parameter("return_url", None, message));
    }
    Ok(())
}

/// Confirms an intent that passed the check.
pub fn confirm_known(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    let mut intent = find(turn, id)?.clone();
    let card = chosen(&intent, params)?;
    intent.payment_method = Some(card.payment_method.to_owned());
    intent.last_error = None;
    if !card.asks_3ds {
        return pay(turn, intent, card);
    }
    let url = format!("https://emulator.invalid/3ds/{id}");
    intent.status = Status::RequiresAction;
    intent.next_action = Some(match params.text("return_url") {
        Some(back) => {
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": back, "url": url } })
        }
        None => json!({ "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect" } }),
    });
    turn.emit("payment_intent.requires_action", intent.wire());
    Ok(keep(turn, intent))
}

/// `POST /v1/test_helpers/payment_intents/{id}/authenticate` with `succeed`: the emulator's own, in place of the
/// guest's browser.
pub fn authenticate(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["succeed"])?;
    params.required("succeed")?;
    let succeed = params.flag("succeed")?.unwrap_or_default();
    let mut intent = find(turn, id)?.clone();
    if intent.status != Status::RequiresAction {
        return Err(wrong_state("authenticate", &intent));
    }
    let card = chosen(&intent, &Params::default())?;
    intent.next_action = None;
    if succeed {
        return pay(turn, intent, card);
    }
    // Stripe answers the browser here, so a failed authentication is a state of the intent and not an error.
    intent.last_error = Some(json!({
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a \
                    new PaymentMethod to attempt to fulfill this PaymentIntent again.",
        "payment_method": card.wire(turn.now),
    }));
    intent.status = Status::RequiresPaymentMethod;
    intent.payment_method = None;
    turn.emit("payment_intent.payment_failed", intent.wire());
    Ok(keep(turn, intent))
}

/// Tries the card.
fn pay(turn: &mut Turn<'_>, mut intent: Intent, card: &TestCard) -> Result<Value, ApiError> {
    let mut charge = Charge::of(&intent, card, turn.now);
    intent.latest_charge = Some(charge.id.clone());
    intent.next_action = None;
    if let Some(refusal) = card.refusal {
        let mut error = json!({
            "type": "card_error",
            "charge": charge.id,
            "code": refusal.code,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", refusal.code),
            "message": refusal.message,
            "payment_method": card.wire(turn.now),
        });
        if let Some(reason) = refusal.decline_code {
            error["decline_code"] = json!(reason);
        }
        intent.last_error = Some(error);
        intent.status = Status::RequiresPaymentMethod;
        intent.payment_method = None;
        turn.emit("charge.failed", charge.wire());
        turn.emit("payment_intent.payment_failed", intent.wire());
        turn.books.charges.insert(charge.id.clone(), charge.clone());
        let mut answer = ApiError::card(refusal.code, refusal.message)
            .with("charge", charge.id)
            .with("payment_method", card.wire(turn.now));
        if let Some(reason) = refusal.decline_code {
            answer = answer.with("decline_code", reason);
        }
        return Err(answer.with("payment_intent", keep(turn, intent)));
    }
    if intent.is_manual() {
        let until = turn.now + AUTHORISATION;
        charge.capture_before = Some(until);
        intent.capture_before = Some(until);
        intent.amount_capturable = intent.amount;
        intent.status = Status::RequiresCapture;
        turn.emit("charge.succeeded", charge.wire());
        turn.emit("payment_intent.amount_capturable_updated", intent.wire());
    } else {
        charge.capture(turn, intent.amount);
        intent.amount_received = intent.amount;
        intent.status = Status::Succeeded;
        turn.emit("charge.succeeded", charge.wire());
        turn.emit("payment_intent.succeeded", intent.wire());
        argue(turn, &mut charge, card);
    }
    turn.books.charges.insert(charge.id.clone(), charge);
    Ok(keep(turn, intent))
}

/// `POST /v1/payment_intents/{id}/capture`
pub fn capture(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["amount_to_capture", "final_capture", "metadata"])?;
    let mut intent = find(turn, id)?.clone();
    let metadata = params.metadata()?;
    let amount = params.integer("amount_to_capture")?.unwrap_or(intent.amount_capturable);
    let charge = intent.latest_charge.as_ref().and_then(|id| turn.books.charges.get(id)).cloned();
    let (Status::RequiresCapture, Some(mut charge)) = (intent.status, charge) else {
        return Err(wrong_state("capture", &intent));
    };
    check_steps("amount_to_capture", amount, intent.currency)?;
    if amount > intent.amount_capturable {
        let message = format!(
            "The requested capture amount is greater than the amount you can capture for this charge ({}).",
            intent.amount_capturable
        );
        return Err(ApiError::parameter("amount_to_capture", Some("amount_too_large"), message));
    }
    charge.capture(turn, amount);
    intent.metadata.extend(metadata);
    intent.status = Status::Succeeded;
    intent.amount_received = amount;
    intent.amount_capturable = 0;
    intent.capture_before = None;
    turn.emit("charge.captured", charge.wire());
    if charge.amount_refunded > 0 {
        turn.emit("charge.refunded", charge.wire());
    }
    turn.emit("payment_intent.succeeded", intent.wire());
    if let Some(card) = cards::find(&charge.payment_method) {
        argue(turn, &mut charge, card);
    }
    turn.books.charges.insert(charge.id.clone(), charge);
    Ok(keep(turn, intent))
}

/// Some cards' banks take back what was paid as soon as it is.
fn argue(turn: &mut Turn<'_>, charge: &mut Charge, card: &TestCard) {
    if card.disputes {
        let amount = charge.amount_captured;
        disputes::open(turn, charge, amount, "fraudulent");
    }
}

/// `POST /v1/payment_intents/{id}/cancel`
pub fn cancel(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["cancellation_reason"])?;
    let reasons = &["duplicate", "fraudulent", "requested_by_customer", "abandoned"];
    let reason = params.choice("cancellation_reason", reasons)?.map(str::to_owned);
    let intent = find(turn, id)?.clone();
    if matches!(intent.status, Status::Succeeded | Status::Canceled) {
        return Err(wrong_state("cancel", &intent));
    }
    Ok(end(turn, intent, reason, "charge.refunded"))
}

/// Lets go of every authorisation that was not captured in time; Stripe does so by itself after 7 days.
pub fn lapse(turn: &mut Turn<'_>) {
    let now = turn.now;
    let late = |intent: &&Intent| {
        intent.status == Status::RequiresCapture && intent.capture_before.is_some_and(|until| until <= now)
    };
    let late: Vec<Intent> = turn.books.intents.values().filter(late).cloned().collect();
    for intent in late {
        end(turn, intent, Some("expired".to_owned()), "charge.expired");
    }
}

/// Cancels; `released` is the event of an authorisation that is let go. Stripe counts it as refunded, though no money
/// was ever taken and there is no refund.
fn end(turn: &mut Turn<'_>, mut intent: Intent, reason: Option<String>, released: &str) -> Value {
    let held = intent.latest_charge.as_ref().filter(|_| intent.status == Status::RequiresCapture);
    if let Some(mut charge) = held.and_then(|id| turn.books.charges.get(id)).cloned() {
        charge.amount_refunded = charge.amount;
        charge.capture_before = None;
        turn.emit(released, charge.wire());
        turn.books.charges.insert(charge.id.clone(), charge);
    }
    intent.status = Status::Canceled;
    intent.canceled_at = Some(turn.now);
    intent.cancellation_reason = reason;
    intent.amount_capturable = 0;
    intent.capture_before = None;
    intent.next_action = None;
    turn.emit("payment_intent.canceled", intent.wire());
    keep(turn, intent)
}

fn find<'a>(turn: &'a Turn<'_>, id: &str) -> Result<&'a Intent, ApiError> {
    turn.books.intents.get(id).ok_or_else(|| ApiError::missing("payment_intent", id))
}

fn keep(turn: &mut Turn<'_>, intent: Intent) -> Value {
    let answer = intent.wire();
    turn.books.intents.insert(intent.id.clone(), intent);
    answer
}

/// The card of this call, or the one that the intent has.
fn chosen(intent: &Intent, params: &Params) -> Result<&'static TestCard, ApiError> {
    match params.text("payment_method").or(intent.payment_method.as_deref()) {
        Some(name) => card(name),
        None => {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method.";
            Err(ApiError::parameter("payment_method", Some("payment_intent_unexpected_state"), message))
        }
    }
}

fn wrong_state(verb: &str, intent: &Intent) -> ApiError {
    let message =
        format!("You cannot {verb} this PaymentIntent because it has a status of {}.", intent.status.word());
    ApiError::state("payment_intent_unexpected_state", message).with("payment_intent", intent.wire())
}
