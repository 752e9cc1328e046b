//! What the emulator remembers. No HTTP here, no file, and no rule of what may happen to an object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    accounts::Account,
    charges::{Charge, Transaction},
    disputes::Dispute,
    errors::ApiError,
    events::Outgoing,
    form::Params,
    idempotency::Keys,
    intents::Intent,
    refunds::Refund,
    shelf::Shelf,
    transfers::Transfer,
};
use crate::ports::stripe::wire;

/// Everything that survives a restart. A field that is added later is empty in an older file; what is empty is left
/// out, so that a change is books with little in them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Books {
    /// `pi_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub intents: Shelf<Intent>,
    /// `ch_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub charges: Shelf<Charge>,
    /// `re_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub refunds: Shelf<Refund>,
    /// `acct_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub accounts: Shelf<Account>,
    /// `tr_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub transfers: Shelf<Transfer>,
    /// `du_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub disputes: Shelf<Dispute>,
    /// `txn_…`
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub transactions: Shelf<Transaction>,
    /// Answers that were given.
    #[serde(skip_serializing_if = "Keys::is_bare")]
    pub keys: Keys,
    /// Webhooks that nobody has taken yet, oldest first.
    #[serde(skip_serializing_if = "Shelf::is_bare")]
    pub webhooks: Shelf<Outgoing>,
    /// Webhooks that were taken or given up since the last note.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<String>,
}

impl Books {
    /// A webhook was taken, or given up.
    pub fn forget_webhook(&mut self, id: &str) {
        self.webhooks.remove(id);
        self.gone.push(id.to_owned());
    }

    /// What changed since the last call, as books.
    pub fn take_changes(&mut self) -> Self {
        Self {
            intents: self.intents.take_changes(),
            charges: self.charges.take_changes(),
            refunds: self.refunds.take_changes(),
            accounts: self.accounts.take_changes(),
            transfers: self.transfers.take_changes(),
            disputes: self.disputes.take_changes(),
            transactions: self.transactions.take_changes(),
            keys: self.keys.take_changes(),
            webhooks: self.webhooks.take_changes(),
            gone: std::mem::take(&mut self.gone),
        }
    }

    /// Adds a change that was written after this.
    pub fn follow(&mut self, later: Self) {
        self.intents.follow(later.intents);
        self.charges.follow(later.charges);
        self.refunds.follow(later.refunds);
        self.accounts.follow(later.accounts);
        self.transfers.follow(later.transfers);
        self.disputes.follow(later.disputes);
        self.transactions.follow(later.transactions);
        self.keys.follow(later.keys);
        self.webhooks.follow(later.webhooks);
        for id in later.gone {
            self.webhooks.remove(&id);
        }
    }

    /// Whether a change changes nothing.
    pub fn is_empty(&self) -> bool {
        self.intents.is_bare()
            && self.charges.is_bare()
            && self.refunds.is_bare()
            && self.accounts.is_bare()
            && self.transfers.is_bare()
            && self.disputes.is_bare()
            && self.transactions.is_bare()
            && self.keys.is_bare()
            && self.webhooks.is_bare()
            && self.gone.is_empty()
    }

    /// Any object by its id, as Stripe writes it.
    fn wire(&self, id: &str) -> Option<Value> {
        match id.split('_').next()? {
            "pi" => self.intents.get(id).map(Intent::wire),
            "ch" => self.charges.get(id).map(Charge::wire),
            "re" => self.refunds.get(id).map(Refund::wire),
            "acct" => self.accounts.get(id).map(Account::wire),
            "tr" => self.transfers.get(id).map(Transfer::wire),
            "du" => self.disputes.get(id).map(Dispute::wire),
            "txn" => self.transactions.get(id).map(Transaction::wire),
            _ => None,
        }
    }

    /// Puts whole objects in the place of ids, for every path of `expand`.
    pub fn expand(&self, answer: &mut Value, params: &Params) -> Result<(), ApiError> {
        for path in params.many("expand") {
            let steps: Vec<&str> = path.split('.').collect();
            if steps.len() > 4 || !self.expand_one(answer, &steps) {
                let message = format!("This property cannot be expanded ({path}).");
                // The call itself is done by now, so the answer counts as one.
                return Err(ApiError::parameter("expand", None, message).kept());
            }
        }
        Ok(())
    }

    fn expand_one(&self, value: &mut Value, steps: &[&str]) -> bool {
        let Some((first, rest)) = steps.split_first() else { return true };
        let Some(inner) = value.get_mut(*first) else { return false };
        if let Some(object) = inner.as_str().and_then(|id| self.wire(id)) {
            *inner = object;
        }
        match inner {
            Value::Null => true,
            Value::Array(items) => items.iter_mut().all(|item| self.expand_one(item, rest)),
            Value::Object(_) => self.expand_one(inner, rest),
            _ => false,
        }
    }
}

/// One call that is being answered: the books, the domain's time, and who asked.
pub struct Turn<'a> {
    /// What is changed.
    pub books: &'a mut Books,
    /// The domain's now, in seconds.
    pub now: i64,
    /// `req_…`; `None` when nobody asked and time did it.
    pub request: Option<String>,
    /// The caller's idempotency key.
    pub key: Option<String>,
}

impl Turn<'_> {
    /// Tells the webhook's receiver that something happened to `object`.
    pub fn emit(&mut self, kind: &str, object: Value) {
        let id = mint("evt");
        let event = json!({
            "id": id,
            "object": "event",
            "api_version": wire::api_version(),
            "created": self.now,
            "data": { "object": object },
            "livemode": false,
            "pending_webhooks": 1,
            "request": { "id": self.request, "idempotency_key": self.key },
            "type": kind,
        });
        self.books.webhooks.insert(id.clone(), Outgoing::new(id, event.to_string(), self.now));
    }
}

/// A new id; later ones sort after earlier ones, across restarts as well.
pub fn mint(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}

/// A page of a list, newest first: `limit` (1 to 100, 10), `starting_after`, `ending_before`, `created[…]`.
pub fn list<T>(
    url: &str,
    all: &BTreeMap<String, T>,
    params: &Params,
    keep: impl Fn(&T) -> bool,
    created: impl Fn(&T) -> i64,
    wire: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let limit = params.integer("limit")?.unwrap_or(10);
    let limit = usize::try_from(limit).ok().filter(|n| (1..=100).contains(n)).ok_or_else(|| {
        ApiError::parameter("limit", Some("parameter_invalid_integer"), "limit must be from 1 to 100.")
    })?;
    let bound = |name: &str| params.integer(&format!("created{name}"));
    let (exact, gt, gte, lt, lte) =
        (bound("")?, bound("[gt]")?, bound("[gte]")?, bound("[lt]")?, bound("[lte]")?);
    let in_time = |at: i64| {
        exact.is_none_or(|t| at == t)
            && gt.is_none_or(|t| at > t)
            && gte.is_none_or(|t| at >= t)
            && lt.is_none_or(|t| at < t)
            && lte.is_none_or(|t| at <= t)
    };
    let cursor = |name: &str| match params.text(name) {
        Some(id) if !all.contains_key(id) => Err(ApiError::missing("object", id)),
        id => Ok(id),
    };
    let (after, before) = (cursor("starting_after")?, cursor("ending_before")?);
    let fits = |(id, it): &(&String, &T)| {
        after.is_none_or(|last| id.as_str() < last)
            && before.is_none_or(|first| id.as_str() > first)
            && keep(it)
            && in_time(created(it))
    };
    // One more than asked for tells whether there are more.
    let mut page: Vec<&T> = if before.is_some() {
        // The page right before the cursor, still newest first.
        let mut page: Vec<&T> = all.iter().filter(fits).map(|(_, it)| it).take(limit + 1).collect();
        page.reverse();
        page
    } else {
        all.iter().rev().filter(fits).map(|(_, it)| it).take(limit + 1).collect()
    };
    let has_more = page.len() > limit;
    if has_more {
        if before.is_some() {
            page.remove(0);
        } else {
            page.truncate(limit);
        }
    }
    let data: Vec<Value> = page.into_iter().map(wire).collect();
    Ok(json!({ "object": "list", "url": url, "has_more": has_more, "data": data }))
}
