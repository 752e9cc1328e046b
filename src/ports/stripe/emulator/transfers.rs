//! Transfers to connected accounts and their reversals: what may be sent and taken back, and what that does to both
//! balances. Accounts themselves are in `accounts`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    books::{Turn, list, mint},
    charges::Transaction,
    errors::ApiError,
    form::Params,
    intents::check_steps,
};
use crate::kernel::Currency;

/// Money that was sent to a connected account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transfer {
    pub id: String,
    pub amount: i64,
    pub currency: Currency,
    pub destination: String,
    pub source_transaction: Option<String>,
    pub transfer_group: Option<String>,
    pub transaction: String,
    pub description: Option<String>,
    pub reversals: Vec<Reversal>,
    pub metadata: BTreeMap<String, String>,
    pub created: i64,
}

/// What was taken back of a transfer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reversal {
    pub id: String,
    pub transfer: String,
    pub amount: i64,
    pub currency: Currency,
    pub transaction: String,
    pub metadata: BTreeMap<String, String>,
    pub created: i64,
}

impl Reversal {
    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "object": "transfer_reversal",
            "amount": self.amount,
            "balance_transaction": self.transaction,
            "created": self.created,
            "currency": self.currency.code().to_lowercase(),
            "destination_payment_refund": null,
            "metadata": self.metadata,
            "source_refund": null,
            "transfer": self.transfer,
        })
    }
}

impl Transfer {
    /// What of it was taken back.
    pub fn reversed(&self) -> i64 {
        self.reversals.iter().map(|reversal| reversal.amount).sum()
    }

    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        let reversals: Vec<Value> = self.reversals.iter().rev().map(Reversal::wire).collect();
        json!({
            "id": self.id,
            "object": "transfer",
            "amount": self.amount,
            "amount_reversed": self.reversed(),
            "balance_transaction": self.transaction,
            "created": self.created,
            "currency": self.currency.code().to_lowercase(),
            "description": self.description,
            "destination": self.destination,
            "destination_payment": null,
            "livemode": false,
            "metadata": self.metadata,
            "reversals": {
                "object": "list",
                "data": reversals,
                "has_more": false,
                "url": format!("/v1/transfers/{}/reversals", self.id),
            },
            "reversed": self.reversed() == self.amount,
            "source_transaction": self.source_transaction,
            "source_type": "card",
            "transfer_group": self.transfer_group,
        })
    }
}

/// `POST /v1/transfers`
pub fn create(turn: &mut Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&[
        "amount",
        "currency",
        "destination",
        "source_transaction",
        "transfer_group",
        "metadata",
        "description",
    ])?;
    let amount = amount_of(params)?;
    let currency = params.required("currency")?;
    let currency: Currency = currency
        .parse()
        .map_err(|_| ApiError::parameter("currency", None, format!("Invalid currency: {currency}")))?;
    check_steps("amount", amount, currency)?;
    let destination = params.required("destination")?;
    let metadata = params.metadata()?;
    let known = turn.books.accounts.get(destination).cloned();
    let mut account = known.ok_or_else(|| {
        let message = format!("No such destination: '{destination}'");
        ApiError::parameter("destination", Some("resource_missing"), message)
    })?;
    let source = params.text("source_transaction").map(str::to_owned);
    let mut group = params.text("transfer_group").map(str::to_owned);
    match &source {
        Some(charge) => group = group_of_source(turn, charge, amount, currency, group)?,
        None if balance(turn, currency) < amount => {
            let message = "You have insufficient funds in your Stripe account.";
            return Err(ApiError::state("balance_insufficient", message));
        }
        None => {}
    }
    if !account.can_receive() {
        let message = "Your destination account needs to have at least one of the following capabilities enabled: \
                       transfers, legacy_payments";
        return Err(ApiError::state("insufficient_capabilities_for_transfer", message));
    }

    let id = mint("tr");
    let transfer = Transfer {
        id: id.clone(),
        amount,
        currency,
        destination: destination.to_owned(),
        source_transaction: source,
        transfer_group: group,
        transaction: Transaction::write(turn, "transfer", &id, -amount, 0, currency),
        description: params.text("description").map(str::to_owned),
        reversals: vec![],
        metadata,
        created: turn.now,
    };
    *account.balance.entry(currency).or_default() += amount;
    turn.books.accounts.insert(account.id.clone(), account);
    let answer = transfer.wire();
    turn.emit("transfer.created", answer.clone());
    turn.books.transfers.insert(id, transfer);
    Ok(answer)
}

/// Checks what is taken out of a charge, and says which group it belongs to.
fn group_of_source(
    turn: &Turn<'_>,
    id: &str,
    amount: i64,
    currency: Currency,
    group: Option<String>,
) -> Result<Option<String>, ApiError> {
    let refuse = |message: String| Err(ApiError::parameter("source_transaction", None, message));
    let Some(charge) = turn.books.charges.get(id) else {
        let message = format!("No such charge: '{id}'");
        return Err(ApiError::parameter("source_transaction", Some("resource_missing"), message));
    };
    if charge.amount_captured == 0 {
        return refuse("Cannot use a charge that was not captured as a source_transaction.".to_owned());
    }
    if charge.currency != currency {
        return refuse(format!(
            "The currency of source_transaction's balance transaction ({}) must be the same as the transfer \
             currency ({currency})",
            charge.currency
        ));
    }
    let of_charge = turn.books.transfers.values().filter(|it| it.source_transaction.as_deref() == Some(id));
    let sent: i64 = of_charge.map(|it| it.amount - it.reversed()).sum();
    if sent + amount > charge.amount_captured {
        return refuse(format!(
            "Transfers using this transaction as a source must not exceed the source amount of {}. (There are \
             already transfers using this source, totalling: {sent})",
            charge.amount_captured
        ));
    }
    if group.is_some() && charge.transfer_group.is_some() && group != charge.transfer_group {
        return refuse("The transfer_group must be that of the source_transaction.".to_owned());
    }
    Ok(charge.transfer_group.clone().or(group))
}

/// What we have in a currency.
fn balance(turn: &Turn<'_>, currency: Currency) -> i64 {
    let of_currency = turn.books.transactions.values().filter(|line| line.currency == currency);
    of_currency.map(|line| line.amount - line.fee).sum()
}

/// `POST /v1/transfers/{id}/reversals`
pub fn reverse(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["amount", "metadata", "description"])?;
    let known = turn.books.transfers.get(id).cloned();
    let mut transfer = known.ok_or_else(|| ApiError::missing("transfer", id))?;
    let left = transfer.amount - transfer.reversed();
    let amount = params.integer("amount")?.unwrap_or(left);
    check_steps("amount", amount, transfer.currency)?;
    if amount > left {
        let message = format!("Reversal amount ({amount}) is greater than the unreversed amount ({left})");
        return Err(ApiError::parameter("amount", None, message));
    }
    let metadata = params.metadata()?;
    let Some(mut account) = turn.books.accounts.get(&transfer.destination).cloned() else {
        return Err(ApiError::missing("account", &transfer.destination));
    };
    let has = account.balance.entry(transfer.currency).or_default();
    if *has < amount {
        let message = "The connected account does not have sufficient funds to cover this reversal.";
        return Err(ApiError::state("balance_insufficient", message));
    }
    *has -= amount;

    let reversal_id = mint("trr");
    let reversal = Reversal {
        id: reversal_id.clone(),
        transfer: id.to_owned(),
        amount,
        currency: transfer.currency,
        transaction: Transaction::write(turn, "transfer_refund", &reversal_id, amount, 0, transfer.currency),
        metadata,
        created: turn.now,
    };
    let answer = reversal.wire();
    transfer.reversals.push(reversal);
    turn.emit("transfer.reversed", transfer.wire());
    turn.books.accounts.insert(account.id.clone(), account);
    turn.books.transfers.insert(id.to_owned(), transfer);
    Ok(answer)
}

/// `GET /v1/transfers/{id}`
pub fn fetch(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    turn.books.transfers.get(id).map(Transfer::wire).ok_or_else(|| ApiError::missing("transfer", id))
}

/// `GET /v1/transfers/{id}/reversals`; of one transfer there are few, so it is one page.
pub fn list_reversals(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["limit", "starting_after", "ending_before"])?;
    let transfer = turn.books.transfers.get(id).ok_or_else(|| ApiError::missing("transfer", id))?;
    Ok(transfer.wire()["reversals"].clone())
}

/// `GET /v1/transfers`
pub fn list_all(turn: &Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["limit", "starting_after", "ending_before", "created", "destination", "transfer_group"])?;
    let (to, group) = (params.text("destination"), params.text("transfer_group"));
    let keep = |transfer: &Transfer| {
        to.is_none_or(|id| transfer.destination == id)
            && group.is_none_or(|name| transfer.transfer_group.as_deref() == Some(name))
    };
    list("/v1/transfers", &turn.books.transfers, params, keep, |it| it.created, Transfer::wire)
}

fn amount_of(params: &Params) -> Result<i64, ApiError> {
    params.required("amount")?;
    Ok(params.integer("amount")?.unwrap_or_default())
}
