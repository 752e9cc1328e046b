//! Payment intents: their shape, and how they begin. How they are paid or end is in `paying`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    books::{Turn, list, mint},
    cards,
    errors::ApiError,
    form::Params,
    paying,
};
use crate::kernel::Currency;

/// The most that Stripe takes at once, in minor units.
const LARGEST: i64 = 99_999_999;

/// Stripe's words for how far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Canceled,
    Succeeded,
}

impl Status {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
        }
    }
}

/// A payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    pub id: String,
    pub client_secret: String,
    pub amount: i64,
    pub currency: Currency,
    pub status: Status,
    pub capture_method: String,
    /// `always` or `never`, with automatic payment methods.
    pub redirects: Option<String>,
    pub payment_method: Option<String>,
    pub latest_charge: Option<String>,
    pub last_error: Option<Value>,
    pub next_action: Option<Value>,
    pub amount_capturable: i64,
    pub amount_received: i64,
    /// When an authorisation lapses, in the domain's seconds.
    pub capture_before: Option<i64>,
    pub canceled_at: Option<i64>,
    pub cancellation_reason: Option<String>,
    pub description: Option<String>,
    pub receipt_email: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub transfer_group: Option<String>,
    pub created: i64,
}

impl Intent {
    /// True when paying only authorises.
    pub fn is_manual(&self) -> bool {
        self.capture_method == "manual"
    }

    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        let automatic =
            self.redirects.as_ref().map(|word| json!({ "allow_redirects": word, "enabled": true }));
        let mut wire = json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_details": { "tip": {} },
            "amount_received": self.amount_received,
            "automatic_payment_methods": automatic,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method,
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency.code().to_lowercase(),
            "description": self.description,
            "last_payment_error": self.last_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "metadata": self.metadata,
            "next_action": self.next_action,
            "payment_method": self.payment_method,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "receipt_email": self.receipt_email,
            "status": self.status.word(),
            "transfer_group": self.transfer_group,
        });
        // Apart, since one `json!` of all of them is deeper than the compiler's macro limit.
        for unused in [
            "application",
            "application_fee_amount",
            "customer",
            "on_behalf_of",
            "payment_method_configuration_details",
            "processing",
            "review",
            "setup_future_usage",
            "shipping",
            "source",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_data",
        ] {
            wire[unused] = Value::Null;
        }
        wire
    }
}

/// Refuses an amount that is no whole number of the currency's steps, or less than one.
pub fn check_steps(param: &str, amount: i64, currency: Currency) -> Result<(), ApiError> {
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::parameter(param, Some("parameter_invalid_integer"), message));
    }
    if amount % currency.step() != 0 {
        let message =
            format!("Invalid amount: amounts in {currency} must be evenly divisible by {}.", currency.step());
        return Err(ApiError::parameter(param, Some("invalid_charge_amount"), message));
    }
    Ok(())
}

/// The card behind a payment method's name.
pub fn card(payment_method: &str) -> Result<&'static cards::TestCard, ApiError> {
    cards::find(payment_method).ok_or_else(|| {
        let message = format!("No such PaymentMethod: '{payment_method}'");
        ApiError::parameter("payment_method", Some("resource_missing"), message)
    })
}

/// `POST /v1/payment_intents`
pub fn create(turn: &mut Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&[
        "amount",
        "currency",
        "automatic_payment_methods",
        "capture_method",
        "confirm",
        "description",
        "metadata",
        "payment_method",
        "payment_method_types",
        "receipt_email",
        "return_url",
        "transfer_group",
    ])?;
    params.required("amount")?;
    let amount = params.integer("amount")?.unwrap_or_default();
    let currency = params.required("currency")?;
    let currency: Currency = currency
        .parse()
        .map_err(|_| ApiError::parameter("currency", None, format!("Invalid currency: {currency}")))?;
    check_steps("amount", amount, currency)?;
    if amount < currency.smallest_charge() {
        let message = format!("Amount must be at least {} {currency}.", currency.smallest_charge());
        return Err(ApiError::parameter("amount", Some("amount_too_small"), message));
    }
    if amount > LARGEST {
        let message = format!("Amount must be no more than {LARGEST} {currency}.");
        return Err(ApiError::parameter("amount", Some("amount_too_large"), message));
    }
    if params.many("payment_method_types").iter().any(|kind| *kind != "card") {
        let message = "The emulator knows cards only.";
        return Err(ApiError::parameter("payment_method_types", None, message));
    }
    let automatic = params.flag("automatic_payment_methods[enabled]")?.unwrap_or(true);
    let redirects = params.choice("automatic_payment_methods[allow_redirects]", &["always", "never"])?;
    let capture = params.choice("capture_method", &["automatic", "automatic_async", "manual"])?;
    let payment_method = params.text("payment_method").map(card).transpose()?;
    let confirm = params.flag("confirm")?.unwrap_or(false);
    let status = match payment_method {
        None => Status::RequiresPaymentMethod,
        Some(_) => Status::RequiresConfirmation,
    };
    let id = mint("pi");
    let intent = Intent {
        client_secret: format!("{id}_secret_{}", Uuid::from_u128(rand::random()).simple()),
        id: id.clone(),
        amount,
        currency,
        status,
        capture_method: capture.unwrap_or("automatic_async").to_owned(),
        redirects: (automatic && params.many("payment_method_types").is_empty())
            .then(|| redirects.unwrap_or("always").to_owned()),
        payment_method: payment_method.map(|card| card.payment_method.to_owned()),
        latest_charge: None,
        last_error: None,
        next_action: None,
        amount_capturable: 0,
        amount_received: 0,
        capture_before: None,
        canceled_at: None,
        cancellation_reason: None,
        description: params.text("description").map(str::to_owned),
        receipt_email: params.text("receipt_email").map(str::to_owned),
        metadata: params.metadata()?,
        transfer_group: params.text("transfer_group").map(str::to_owned),
        created: turn.now,
    };
    if confirm {
        // Everything that confirming would turn away at the door is turned away before the intent is made.
        paying::check_confirm(&intent, params)?;
    }
    turn.emit("payment_intent.created", intent.wire());
    let answer = intent.wire();
    turn.books.intents.insert(id.clone(), intent);
    if confirm { paying::confirm_known(turn, &id, params) } else { Ok(answer) }
}

/// `GET /v1/payment_intents/{id}`
pub fn fetch(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    turn.books.intents.get(id).map(Intent::wire).ok_or_else(|| ApiError::missing("payment_intent", id))
}

/// `GET /v1/payment_intents`
pub fn list_all(turn: &Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["limit", "starting_after", "ending_before", "created"])?;
    list("/v1/payment_intents", &turn.books.intents, params, |_| true, |it| it.created, Intent::wire)
}
