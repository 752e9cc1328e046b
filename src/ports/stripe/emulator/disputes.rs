//! Chargebacks: a guest's bank takes money back, is told what we have to say, and decides by the words of Stripe's own
//! test evidence. What that does to the charge and to our balance.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    books::{Turn, list, mint},
    charges::{Charge, Transaction},
    errors::ApiError,
    form::Params,
    intents,
};
use crate::kernel::Currency;

/// Words that end a dispute as soon as they are submitted, as Stripe documents them.
const WINNING: &str = "winning_evidence";
const LOSING: &str = "losing_evidence";

/// Stripe's words for how far a dispute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// A chargeback.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dispute {
    pub id: String,
    pub charge: String,
    pub intent: String,
    pub amount: i64,
    pub currency: Currency,
    pub status: Status,
    pub reason: String,
    pub text: Option<String>,
    /// What it did to our balance: withdrawn, and perhaps reinstated.
    pub lines: Vec<Transaction>,
    pub created: i64,
}

impl Dispute {
    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        let lines: Vec<Value> = self.lines.iter().map(Transaction::wire).collect();
        let mut evidence = json!({ "enhanced_evidence": {}, "uncategorized_text": self.text });
        for unused in [
            "access_activity_log",
            "billing_address",
            "cancellation_policy",
            "cancellation_policy_disclosure",
            "cancellation_rebuttal",
            "customer_communication",
            "customer_email_address",
            "customer_name",
            "customer_purchase_ip",
            "customer_signature",
            "duplicate_charge_documentation",
            "duplicate_charge_explanation",
            "duplicate_charge_id",
            "product_description",
            "receipt",
            "refund_policy",
            "refund_policy_disclosure",
            "refund_refusal_explanation",
            "service_date",
            "service_documentation",
            "shipping_address",
            "shipping_carrier",
            "shipping_date",
            "shipping_documentation",
            "shipping_tracking_number",
            "uncategorized_file",
        ] {
            evidence[unused] = Value::Null;
        }
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": lines,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency.code().to_lowercase(),
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.created + 7 * 24 * 3600,
                "enhanced_eligibility": {},
                "has_evidence": self.text.is_some(),
                "past_due": false,
                "submission_count": u64::from(self.text.is_some()),
            },
            "is_charge_refundable": false,
            "livemode": false,
            "metadata": {},
            "network_reason_code": null,
            "payment_intent": self.intent,
            "payment_method_details": null,
            "reason": self.reason,
            "status": self.status.word(),
        })
    }
}

/// Whether a guest's bank argues about a charge, or has won: nothing of it is refunded then.
pub fn is_disputed(turn: &Turn<'_>, charge: &str) -> bool {
    turn.books.disputes.values().any(|it| it.charge == charge && it.status != Status::Won)
}

/// Stripe's price of a dispute: 15 of whatever the currency is.
fn fee(currency: Currency) -> i64 {
    15 * 10_i64.pow(currency.exponent())
}

/// A guest's bank takes `amount` of a charge back. The caller keeps the charge.
pub fn open(turn: &mut Turn<'_>, charge: &mut Charge, amount: i64, reason: &str) -> Value {
    let id = mint("du");
    let line = Transaction::write(turn, "adjustment", &id, -amount, fee(charge.currency), charge.currency);
    let dispute = Dispute {
        id: id.clone(),
        charge: charge.id.clone(),
        intent: charge.intent.clone(),
        amount,
        currency: charge.currency,
        status: Status::NeedsResponse,
        reason: reason.to_owned(),
        text: None,
        lines: turn.books.transactions.get(&line).cloned().into_iter().collect(),
        created: turn.now,
    };
    charge.disputed = true;
    let answer = dispute.wire();
    turn.emit("charge.dispute.created", answer.clone());
    turn.emit("charge.dispute.funds_withdrawn", answer.clone());
    turn.emit("charge.updated", charge.wire());
    turn.books.disputes.insert(id, dispute);
    answer
}

/// `POST /v1/test_helpers/charges/{id}/dispute` with `amount`: the emulator's own, in place of a guest's bank.
pub fn plant(turn: &mut Turn<'_>, charge_id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["amount"])?;
    let known = turn.books.charges.get(charge_id).cloned();
    let mut charge = known.ok_or_else(|| ApiError::missing("charge", charge_id))?;
    let amount = params.integer("amount")?.unwrap_or(charge.amount_captured);
    intents::check_steps("amount", amount, charge.currency)?;
    let answer = open(turn, &mut charge, amount, "general");
    turn.books.charges.insert(charge.id.clone(), charge);
    Ok(answer)
}

/// `POST /v1/disputes/{id}` with `evidence[uncategorized_text]` and `submit`.
pub fn update(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["evidence", "submit", "metadata"])?;
    let mut dispute = find(turn, id)?.clone();
    if matches!(dispute.status, Status::Won | Status::Lost) {
        return Err(closed());
    }
    if let Some(text) = params.text("evidence[uncategorized_text]") {
        dispute.text = Some(text.to_owned());
    }
    if !params.flag("submit")?.unwrap_or(true) {
        return Ok(keep(turn, dispute));
    }
    dispute.status = match dispute.text.as_deref() {
        Some(WINNING) => Status::Won,
        Some(LOSING) => Status::Lost,
        _ => Status::UnderReview,
    };
    turn.emit("charge.dispute.updated", dispute.wire());
    Ok(decide(turn, dispute))
}

fn closed() -> ApiError {
    ApiError::refused("This dispute is already closed.")
}

/// `POST /v1/disputes/{id}/close`: we give in.
pub fn close(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    let mut dispute = find(turn, id)?.clone();
    if matches!(dispute.status, Status::Won | Status::Lost) {
        return Err(closed());
    }
    dispute.status = Status::Lost;
    Ok(decide(turn, dispute))
}

/// What follows from where a dispute is: of one that is won, amount and fee come back.
fn decide(turn: &mut Turn<'_>, mut dispute: Dispute) -> Value {
    match dispute.status {
        Status::Won => {
            let (amount, currency) = (dispute.amount, dispute.currency);
            let line = Transaction::write(turn, "adjustment", &dispute.id, amount, -fee(currency), currency);
            dispute.lines.extend(turn.books.transactions.get(&line).cloned());
            turn.emit("charge.dispute.closed", dispute.wire());
            turn.emit("charge.dispute.funds_reinstated", dispute.wire());
        }
        Status::Lost => turn.emit("charge.dispute.closed", dispute.wire()),
        Status::NeedsResponse | Status::UnderReview => {}
    }
    keep(turn, dispute)
}

fn keep(turn: &mut Turn<'_>, dispute: Dispute) -> Value {
    let answer = dispute.wire();
    turn.books.disputes.insert(dispute.id.clone(), dispute);
    answer
}

fn find<'a>(turn: &'a Turn<'_>, id: &str) -> Result<&'a Dispute, ApiError> {
    turn.books.disputes.get(id).ok_or_else(|| ApiError::missing("dispute", id))
}

/// `GET /v1/disputes/{id}`
pub fn fetch(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    find(turn, id).map(Dispute::wire)
}

/// `GET /v1/disputes`
pub fn list_all(turn: &Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["limit", "starting_after", "ending_before", "created", "payment_intent", "charge"])?;
    let (intent, charge) = (params.text("payment_intent"), params.text("charge"));
    let keep =
        |it: &Dispute| intent.is_none_or(|id| it.intent == id) && charge.is_none_or(|id| it.charge == id);
    list("/v1/disputes", &turn.books.disputes, params, keep, |it| it.created, Dispute::wire)
}
