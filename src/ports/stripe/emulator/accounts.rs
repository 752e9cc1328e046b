//! Connected accounts: their shape, the way into the form, and its end. What may be transferred to them is in
//! `transfers`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    books::{Turn, mint},
    errors::ApiError,
    form::Params,
};
use crate::kernel::{Currency, country};

/// How long a link into the form is good for, in seconds.
const LINK: i64 = 5 * 60;

/// What the form asks for.
const QUESTIONS: [&str; 4] =
    ["external_account", "individual.verification.document", "tos_acceptance.date", "tos_acceptance.ip"];

/// Countries where Stripe has no Express accounts: some of those that people try.
const NOT_SERVED: [&str; 6] = ["CU", "IR", "KP", "RU", "SY", "BY"];

/// A connected account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub id: String,
    pub country: String,
    pub email: Option<String>,
    /// The capability was asked for.
    pub wants_transfers: bool,
    /// The form was filled in.
    pub submitted: bool,
    /// Why it is closed.
    pub disabled_reason: Option<String>,
    /// What it has, per currency: transfers less reversals less what went to the host's bank.
    pub balance: BTreeMap<Currency, i64>,
    pub metadata: BTreeMap<String, String>,
    pub created: i64,
}

impl Account {
    /// Whether money can be transferred to it.
    pub fn can_receive(&self) -> bool {
        self.wants_transfers && self.submitted && self.disabled_reason.is_none()
    }

    /// As Stripe writes it.
    pub fn wire(&self) -> Value {
        let due: Vec<&str> = if self.submitted { vec![] } else { QUESTIONS.to_vec() };
        let transfers = if self.can_receive() { "active" } else { "inactive" };
        let reason = self.disabled_reason.as_deref();
        json!({
            "id": self.id,
            "object": "account",
            "business_type": null,
            "capabilities": if self.wants_transfers { json!({ "transfers": transfers }) } else { json!({}) },
            "charges_enabled": false,
            "country": self.country,
            "created": self.created,
            "default_currency": "eur",
            "details_submitted": self.submitted,
            "email": self.email,
            "metadata": self.metadata,
            "payouts_enabled": self.can_receive(),
            "requirements": {
                "alternatives": [],
                "current_deadline": null,
                "currently_due": due,
                "disabled_reason": reason.or((!self.submitted).then_some("requirements.past_due")),
                "errors": [],
                "eventually_due": due,
                "past_due": due,
                "pending_verification": [],
            },
            "type": "express",
        })
    }
}

/// `POST /v1/accounts`
pub fn create(turn: &mut Turn<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["type", "country", "email", "capabilities", "metadata", "business_type"])?;
    let kind = params.required("type")?;
    if kind != "express" {
        return Err(ApiError::parameter("type", None, "The emulator knows express accounts only."));
    }
    let country = params.required("country")?;
    if !country::is_code(country) || NOT_SERVED.contains(&country) {
        let message =
            format!("Country '{country}' is unknown. Try using a 2-character alphanumeric country code.");
        return Err(ApiError::parameter("country", Some("country_unsupported"), message));
    }
    let id = mint("acct");
    let account = Account {
        id: id.clone(),
        country: country.to_owned(),
        email: params.text("email").map(str::to_owned),
        wants_transfers: params.flag("capabilities[transfers][requested]")?.unwrap_or(false),
        submitted: false,
        disabled_reason: None,
        balance: BTreeMap::new(),
        metadata: params.metadata()?,
        created: turn.now,
    };
    let answer = account.wire();
    turn.emit("account.updated", answer.clone());
    turn.books.accounts.insert(id, account);
    Ok(answer)
}

/// `GET /v1/accounts/{id}`
pub fn fetch(turn: &Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    turn.books.accounts.get(id).map(Account::wire).ok_or_else(|| ApiError::missing("account", id))
}

/// `POST /v1/account_links`; `base` is where the emulator itself listens.
pub fn link(turn: &Turn<'_>, params: &Params, base: &str) -> Result<Value, ApiError> {
    params.only(&["account", "type", "return_url", "refresh_url", "collect"])?;
    let id = params.required("account")?;
    params.choice("type", &["account_onboarding", "account_update"])?;
    params.required("type")?;
    let (back, _) = (params.required("return_url")?, params.required("refresh_url")?);
    if !turn.books.accounts.contains_key(id) {
        return Err(ApiError::missing("account", id));
    }
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    Ok(json!({
        "object": "account_link",
        "created": turn.now,
        "expires_at": turn.now + LINK,
        "url": format!("{base}setup/{id}?return_url={back}"),
    }))
}

/// `POST /v1/test_helpers/accounts/{id}/complete_onboarding`: the emulator's own, in place of the host's browser.
pub fn complete(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    change(turn, id, |account| account.submitted = true)
}

/// `POST /v1/test_helpers/accounts/{id}/disable` with `reason`: the emulator's own, as Stripe closes an account.
pub fn disable(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&["reason"])?;
    let reason = params.text("reason").map(str::to_owned);
    change(turn, id, |account| account.disabled_reason = reason)
}

/// `POST /v1/test_helpers/accounts/{id}/empty`: the emulator's own, as money goes on to the host's bank.
pub fn empty(turn: &mut Turn<'_>, id: &str, params: &Params) -> Result<Value, ApiError> {
    params.only(&[])?;
    change(turn, id, |account| account.balance.clear())
}

fn change(turn: &mut Turn<'_>, id: &str, change: impl FnOnce(&mut Account)) -> Result<Value, ApiError> {
    let known = turn.books.accounts.get(id).cloned();
    let mut account = known.ok_or_else(|| ApiError::missing("account", id))?;
    change(&mut account);
    let answer = account.wire();
    turn.emit("account.updated", answer.clone());
    turn.books.accounts.insert(id.to_owned(), account);
    Ok(answer)
}
