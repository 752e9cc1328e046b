//! Charges and what they do to the balance. When a charge is made, taken or given back is decided elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    books::{Turn, list, mint},
    cards,
    errors::ApiError,
    form::Params,
    intents::Intent,
};
use crate::kernel::{Currency, Money};

/// One try to take money.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Charge {
    pub id: String,
    pub intent: String,
    pub amount: i64,
    pub amount_captured: i64,
    /// What went back to the guest, and what was let go of an authorisation: Stripe counts both here.
    pub amount_refunded: i64,
    pub currency: Currency,
    pub payment_method: String,
    /// Code, the issuer's reason and message of a decline.
    pub failure: Option<(String, Option<String>, String)>,
    pub capture_before: Option<i64>,
    pub transaction: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub transfer_group: Option<String>,
    pub created: i64,
    /// Whether a guest's bank ever took it back.
    #[serde(default)]
    pub disputed: bool,
}

/// A line of the balance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transaction {
    pub id: String,
    pub amount: i64,
    pub fee: i64,
    pub currency: Currency,
    /// `charge`, `refund`, `transfer`, `transfer_refund` or `adjustment`.
    pub kind: String,
    pub source: String,
    pub created: i64,
}

impl Charge {
    /// A charge of the whole intent with `card`, which pays or is declined as the card says.
    pub fn of(intent: &Intent, card: &cards::TestCard, now: i64) -> Self {
        let failure = card.refusal.map(|refusal| {
            (refusal.code.to_owned(), refusal.decline_code.map(str::to_owned), refusal.message.to_owned())
        });
        Self {
            id: mint("ch"),
            intent: intent.id.clone(),
            amount: intent.amount,
            amount_captured: 0,
            amount_refunded: 0,
            currency: intent.currency,
            payment_method: card.payment_method.to_owned(),
            failure,
            capture_before: None,
            transaction: None,
            description: intent.description.clone(),
            metadata: intent.metadata.clone(),
            transfer_group: intent.transfer_group.clone(),
            created: now,
            disputed: false,
        }
    }

    /// What can still be given back of what was taken.
    pub fn refundable(&self) -> i64 {
        if self.amount_captured == 0 { 0 } else { self.amount - self.amount_refunded }
    }

    /// Takes `amount`, lets the rest go, and writes the balance. The caller keeps the charge.
    pub fn capture(&mut self, turn: &mut Turn<'_>, amount: i64) {
        self.amount_captured = amount;
        self.amount_refunded = self.amount - amount;
        self.capture_before = None;
        let id =
            Transaction::write(turn, "charge", &self.id, amount, fee(amount, self.currency), self.currency);
        self.transaction = Some(id);
    }

    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        let paid = self.failure.is_none();
        let (code, reason, message) = match &self.failure {
            Some((code, reason, message)) => (Some(code), reason.as_ref().or(Some(code)), Some(message)),
            None => (None, None, None),
        };
        let card = cards::find(&self.payment_method);
        let outcome = json!({
            "network_status": if paid { "approved_by_network" } else { "declined_by_network" },
            "reason": reason,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": if paid { "Payment complete." } else { "The bank declined the payment." },
            "type": if paid { "authorized" } else { "issuer_declined" },
        });
        let details = json!({
            "amount_authorized": paid.then_some(self.amount),
            "brand": card.map(|card| card.brand),
            "capture_before": self.capture_before,
            "checks": null,
            "country": "US",
            "exp_month": 12,
            "exp_year": 2040,
            "funding": "credit",
            "last4": card.map(cards::TestCard::last4),
            "three_d_secure": null,
            "wallet": null,
        });
        let nobody = json!({ "address": null, "email": null, "name": null, "phone": null, "tax_id": null });
        let mut wire = json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "balance_transaction": self.transaction,
            "billing_details": nobody,
            "calculated_statement_descriptor": "SOJOURN EMULATOR",
            "captured": self.amount_captured > 0,
            "created": self.created,
            "currency": self.currency.code().to_lowercase(),
            "description": self.description,
            "disputed": self.disputed,
            "failure_code": code,
            "failure_message": message,
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "outcome": outcome,
            "paid": paid,
            "payment_intent": self.intent,
            "payment_method": self.payment_method,
            "payment_method_details": { "card": details, "type": "card" },
            "refunded": paid && self.amount_refunded == self.amount,
            "status": if paid { "succeeded" } else { "failed" },
            "transfer_group": self.transfer_group,
        });
        // Apart, since one `json!` of all of them is deeper than the compiler's macro limit.
        for unused in [
            "application",
            "application_fee",
            "application_fee_amount",
            "customer",
            "failure_balance_transaction",
            "on_behalf_of",
            "receipt_email",
            "receipt_number",
            "receipt_url",
            "review",
            "shipping",
            "source",
            "source_transfer",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_data",
        ] {
            wire[unused] = Value::Null;
        }
        wire
    }
}

/// The emulator's price: 1.5 % and 25 minor units, in whole steps of the currency, and never more than the amount.
fn fee(amount: i64, currency: Currency) -> i64 {
    let share = Money::new(amount, currency).share(150).map_or(0, |share| share.minor);
    let flat = Money::new(25, currency).part(1, 1).map_or(25, |flat| flat.minor);
    (share + flat).min(amount)
}

impl Transaction {
    /// Writes a line of the balance; its id.
    pub fn write(
        turn: &mut Turn<'_>,
        kind: &str,
        source: &str,
        amount: i64,
        fee: i64,
        currency: Currency,
    ) -> String {
        let id = mint("txn");
        let line = Self {
            id: id.clone(),
            amount,
            fee,
            currency,
            kind: kind.to_owned(),
            source: source.to_owned(),
            created: turn.now,
        };
        turn.books.transactions.insert(id.clone(), line);
        id
    }

    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        let currency = self.currency.code().to_lowercase();
        let fee = json!({
            "amount": self.fee,
            "application": null,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        });
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.created,
            "balance_type": "payments",
            "created": self.created,
            "currency": currency,
            "description": null,
            "exchange_rate": null,
            "fee": self.fee,
            "fee_details": if self.fee == 0 { vec![] } else { vec![fee] },
            "net": self.amount - self.fee,
            "reporting_category": self.kind,
            "source": self.source,
            "status": "available",
            "type": self.kind,
        })
    }
}

/// `GET /v1/charges/{id}`
pub fn fetch(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    turn.books.charges.get(id).map(Charge::wire).ok_or_else(|| ApiError::missing("charge", id))
}

/// `GET /v1/balance_transactions/{id}`
pub fn fetch_transaction(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    let line = turn.books.transactions.get(id);
    line.map(Transaction::wire).ok_or_else(|| ApiError::missing("balance_transaction", id))
}

/// `GET /v1/balance_transactions`
pub fn list_transactions(turn: &Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["limit", "starting_after", "ending_before", "created", "source", "type", "currency"])?;
    let (source, kind, currency) = (params.text("source"), params.text("type"), params.text("currency"));
    let keep = |line: &Transaction| {
        source.is_none_or(|id| line.source == id)
            && kind.is_none_or(|word| line.kind == word)
            && currency.is_none_or(|code| line.currency.code().eq_ignore_ascii_case(code))
    };
    let all = &turn.books.transactions;
    list("/v1/balance_transactions", all, params, keep, |line| line.created, Transaction::wire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_is_in_steps_and_within_the_amount() {
        assert_eq!(fee(10_000, Currency::EUR), 175);
        assert_eq!(fee(10_000, Currency::KWD), 180);
        assert_eq!(fee(20, Currency::EUR), 20);
    }
}
