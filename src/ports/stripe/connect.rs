//! The calls that pay hosts: connected accounts, transfers and their reversals; and the lines of our own balance. As in
//! `client`: one try per call, the caller's key, no knowledge of what is paid for.

use serde::Serialize;
use stripe::{StripeError as LibraryError, StripeRequest};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_connect::{
    account_link::{CreateAccountLink, CreateAccountLinkType},
    transfer::{CreateTransfer, ListTransfer, RetrieveTransfer},
    transfer_reversal::{CreateIdTransferReversal, ListIdTransferReversal},
};
use stripe_core::balance_transaction::ListBalanceTransaction;
use url::Url;

use super::{
    Stripe,
    client::{metadata, once_with},
    payees::{Account, AccountLink, BalanceLine, Reversal, Transfer, TransferAsk},
    types::StripeError,
    wire_connect as wire,
};
use crate::kernel::{Money, clock::Instant};

/// What an account is begun with. Stripe's own list of parameters has hundreds; these are ours.
#[derive(Serialize)]
struct NewAccount<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    country: &'a str,
    email: &'a str,
    capabilities: Capabilities,
    metadata: Names<'a>,
}

#[derive(Serialize)]
struct Capabilities {
    transfers: Requested,
}

#[derive(Serialize)]
struct Requested {
    requested: bool,
}

#[derive(Serialize)]
struct Names<'a> {
    host: &'a str,
    payout_account: &'a str,
}

/// Who an account is for.
#[derive(Debug, Clone, Copy)]
pub struct AccountAsk<'a> {
    /// ISO 3166-1 alpha-2; it can't be changed later.
    pub country: &'a str,
    /// Where Stripe writes to.
    pub email: &'a str,
    /// Our host, for the metadata.
    pub host: &'a str,
    /// Our row, for the metadata.
    pub payout_account: &'a str,
}

impl Stripe {
    /// Begins an Express account that can be transferred to. `Refused` where Stripe serves no such country.
    pub async fn create_account(&self, ask: &AccountAsk<'_>, key: &str) -> Result<Account, StripeError> {
        let form = NewAccount {
            kind: "express",
            country: ask.country,
            email: ask.email,
            capabilities: Capabilities { transfers: Requested { requested: true } },
            metadata: Names { host: ask.host, payout_account: ask.payout_account },
        };
        let request = RequestBuilder::new(StripeMethod::Post, "/accounts").form(&form).customize();
        account(request.request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// The account as it is now.
    pub async fn fetch_account(&self, id: &str) -> Result<Account, StripeError> {
        let request = RequestBuilder::new(StripeMethod::Get, format!("/accounts/{}", segment(id)));
        account(request.customize().send(self.client()).await)
    }

    /// A way into Stripe's form. The host comes back to `done`, or to `again` when the link has grown too old.
    pub async fn create_account_link(
        &self,
        account: &str,
        done: &Url,
        again: &Url,
    ) -> Result<AccountLink, StripeError> {
        let request = CreateAccountLink::new(account, CreateAccountLinkType::AccountOnboarding)
            .return_url(done.as_str())
            .refresh_url(again.as_str());
        // No key: a second link does no harm, and the first may be used up.
        let theirs = request.customize().send(self.client()).await.map_err(super::wire::error)?;
        wire::account_link(theirs).map_err(StripeError::Unknown)
    }

    /// Fills in Stripe's form in place of the host. Only the emulator can do that; refused at Stripe itself.
    pub async fn complete_onboarding(&self, account_id: &str, key: &str) -> Result<Account, StripeError> {
        if !self.on_emulator() {
            return Err(StripeError::Refused {
                status: 0,
                code: None,
                message: "only the host can fill in Stripe's form here".to_owned(),
            });
        }
        let path = format!("/test_helpers/accounts/{}/complete_onboarding", segment(account_id));
        let request = RequestBuilder::new(StripeMethod::Post, path).customize();
        account(request.request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// Sends money to a connected account. `Refused` with `insufficient_capabilities_for_transfer` or
    /// `balance_insufficient` where it can't be.
    pub async fn create_transfer(&self, ask: &TransferAsk<'_>, key: &str) -> Result<Transfer, StripeError> {
        let mut request = CreateTransfer::new(super::wire::currency(ask.amount.currency), ask.destination)
            .amount(ask.amount.minor)
            .transfer_group(&ask.transfer_group)
            .metadata(metadata(&ask.metadata));
        if let Some(charge) = ask.source_transaction {
            request = request.source_transaction(charge);
        }
        transfer(request.customize().request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// The transfer as it is now.
    pub async fn fetch_transfer(&self, id: &str) -> Result<Transfer, StripeError> {
        transfer(RetrieveTransfer::new(id).customize().send(self.client()).await)
    }

    /// The transfer of a group that carries `value` under `name` in its metadata: the look-up of an unknown outcome.
    pub async fn find_transfer(
        &self,
        group: &str,
        name: &str,
        value: &str,
    ) -> Result<Option<Transfer>, StripeError> {
        let mut after: Option<String> = None;
        loop {
            let mut request = ListTransfer::new().limit(100).transfer_group(group);
            if let Some(last) = after {
                request = request.starting_after(last);
            }
            let page = request.customize().send(self.client()).await.map_err(super::wire::error)?;
            after = page.data.last().map(|last| last.id.as_str().to_owned());
            let found = page.data.into_iter().find(|it| it.metadata.get(name).is_some_and(|v| v == value));
            if let Some(found) = found {
                return transfer(Ok(found)).map(Some);
            }
            if !page.has_more || after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Takes `amount` of a transfer back. `Refused` with `balance_insufficient` when the account has spent it.
    pub async fn reverse_transfer(
        &self,
        transfer: &str,
        amount: Money,
        key: &str,
        pairs: &[(&str, String)],
    ) -> Result<Reversal, StripeError> {
        let request = CreateIdTransferReversal::new(transfer).amount(amount.minor).metadata(metadata(pairs));
        let theirs = request.customize().request_strategy(once_with(key)?).send(self.client()).await;
        wire::reversal(theirs.map_err(super::wire::error)?).map_err(StripeError::Unknown)
    }

    /// What was taken back of a transfer, newest first: the look-up of an unknown outcome. There are few of them.
    pub async fn reversals_of(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError> {
        let request = ListIdTransferReversal::new(transfer).limit(100);
        let page = request.customize().send(self.client()).await.map_err(super::wire::error)?;
        page.data.into_iter().map(|it| wire::reversal(it).map_err(StripeError::Unknown)).collect()
    }

    /// A page of the lines of our own balance, newest first: a hundred that are older than the line `after`, made at
    /// `since` or later. An empty page is the end.
    pub async fn balance_lines(
        &self,
        since: Option<Instant>,
        after: Option<&str>,
    ) -> Result<Vec<BalanceLine>, StripeError> {
        let mut request = ListBalanceTransaction::new().limit(100);
        if let Some(since) = since {
            request = request.created(stripe_types::RangeQueryTs::gte(since.timestamp()));
        }
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = request.customize().send(self.client()).await.map_err(super::wire::error)?;
        page.data.into_iter().map(|it| wire::balance_line(&it).map_err(StripeError::Unknown)).collect()
    }
}

/// An id as a part of an address: it comes from Stripe, and leads nowhere else all the same.
fn segment(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn account(answer: Result<stripe_shared::Account, LibraryError>) -> Result<Account, StripeError> {
    wire::account(answer.map_err(super::wire::error)?).map_err(StripeError::Unknown)
}

fn transfer(answer: Result<stripe_shared::Transfer, LibraryError>) -> Result<Transfer, StripeError> {
    wire::transfer(answer.map_err(super::wire::error)?).map_err(StripeError::Unknown)
}
