//! Refunds: what may go back, and what that does to the charge. Cards always take their money back at once here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    books::{Turn, list, mint},
    charges::{Charge, Transaction},
    disputes,
    errors::ApiError,
    form::Params,
    intents,
};
use crate::kernel::{Currency, Money};

/// Money that went back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    pub id: String,
    pub intent: String,
    pub charge: String,
    pub amount: i64,
    pub currency: Currency,
    pub reason: Option<String>,
    pub transaction: String,
    pub metadata: BTreeMap<String, String>,
    pub created: i64,
}

impl Refund {
    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.transaction,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency.code().to_lowercase(),
            "destination_details": {
                "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" },
                "type": "card",
            },
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": "succeeded",
            "transfer_reversal": null,
        })
    }
}

/// `POST /v1/refunds`
pub fn create(turn: &mut Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["payment_intent", "charge", "amount", "metadata", "reason"])?;
    let mut charge = charge_of(turn, params)?;
    let reasons = &["duplicate", "fraudulent", "requested_by_customer"];
    let reason = params.choice("reason", reasons)?.map(str::to_owned);
    let metadata = params.metadata()?;
    if disputes::is_disputed(turn, &charge.id) {
        let message = format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
        return Err(ApiError::state("charge_disputed", message));
    }
    let left = charge.refundable();
    let amount = params.integer("amount")?.unwrap_or(left);
    intents::check_steps("amount", amount, charge.currency)?;
    if left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id);
        return Err(ApiError::state("charge_already_refunded", message));
    }
    if amount > left {
        let write = |minor| Money::new(minor, charge.currency);
        let message = format!(
            "Refund amount ({:?}) is greater than unrefunded amount on charge ({:?})",
            write(amount),
            write(left)
        );
        return Err(ApiError::parameter("amount", None, message));
    }
    let id = mint("re");
    let refund = Refund {
        id: id.clone(),
        intent: charge.intent.clone(),
        charge: charge.id.clone(),
        amount,
        currency: charge.currency,
        reason,
        transaction: Transaction::write(turn, "refund", &id, -amount, 0, charge.currency),
        metadata,
        created: turn.now,
    };
    charge.amount_refunded += amount;
    let answer = refund.wire();
    turn.emit("charge.refunded", charge.wire());
    turn.emit("refund.created", answer.clone());
    turn.emit("refund.updated", answer.clone());
    turn.books.charges.insert(charge.id.clone(), charge);
    turn.books.refunds.insert(id, refund);
    Ok(answer)
}

/// The paid charge that `payment_intent` or `charge` speaks of.
fn charge_of(turn: &Turn<'_>, params: &Params) -> Result<Charge, ApiError> {
    let books = &turn.books;
    let (noun, id, charge) = match (params.text("payment_intent"), params.text("charge")) {
        (Some(id), None) => {
            let intent = books.intents.get(id).ok_or_else(|| ApiError::missing("payment_intent", id))?;
            let charge = intent.latest_charge.as_ref().and_then(|id| books.charges.get(id));
            ("PaymentIntent", id, charge)
        }
        (None, Some(id)) => {
            let charge = books.charges.get(id).ok_or_else(|| ApiError::missing("charge", id))?;
            ("Charge", id, Some(charge))
        }
        _ => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(ApiError::parameter("payment_intent", Some("parameter_missing"), message));
        }
    };
    match charge {
        Some(charge) if charge.amount_captured > 0 => Ok(charge.clone()),
        _ => {
            let message = format!("This {noun} ({id}) does not have a successful charge to refund.");
            Err(ApiError::state("payment_intent_unexpected_state", message))
        }
    }
}

/// `GET /v1/refunds/{id}`
pub fn fetch(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    turn.books.refunds.get(id).map(Refund::wire).ok_or_else(|| ApiError::missing("refund", id))
}

/// `GET /v1/refunds`
pub fn list_all(turn: &Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["limit", "starting_after", "ending_before", "created", "payment_intent", "charge"])?;
    let (intent, charge) = (params.text("payment_intent"), params.text("charge"));
    let keep = |refund: &Refund| {
        intent.is_none_or(|id| refund.intent == id) && charge.is_none_or(|id| refund.charge == id)
    };
    list("/v1/refunds", &turn.books.refunds, params, keep, |refund| refund.created, Refund::wire)
}
