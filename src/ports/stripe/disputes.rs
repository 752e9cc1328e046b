//! The calls about chargebacks: what a guest's bank has taken back, and what is said to it. As in `client`: one try per
//! call, the caller's key, no knowledge of what was paid for.

use stripe::StripeRequest;
use stripe_core::dispute::{RetrieveDispute, UpdateDispute, UpdateDisputeEvidence};
use stripe_shared as lib;

use super::{
    Stripe,
    client::once_with,
    payees::BalanceLine,
    types::StripeError,
    wire::{self, money},
    wire_connect::balance_line,
};
use crate::kernel::Money;

/// How far a chargeback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStatus {
    /// The bank argues, or only asks.
    Open,
    /// The money is ours again, or was never taken.
    Won,
    /// The money is the guest's.
    Lost,
}

/// A chargeback of a guest's bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// `du_…` (or `dp_…`, of older ones).
    pub id: String,
    /// How far it is.
    pub status: DisputeStatus,
    /// What it is about, in the currency of the charge; perhaps only a part of that.
    pub amount: Money,
    /// The charge (`ch_…`).
    pub charge: String,
    /// The payment it belongs to (`pi_…`).
    pub intent: Option<String>,
    /// Why, in Stripe's word, e.g. `fraudulent`.
    pub reason: String,
    /// What it did to our balance, oldest first: nothing yet, what was withdrawn, and what was reinstated.
    pub lines: Vec<BalanceLine>,
}

impl Dispute {
    /// Whether the money was taken from us, whatever became of it since.
    pub fn was_withdrawn(&self) -> bool {
        self.lines.iter().any(|line| line.amount < 0)
    }

    /// Whether the money that was taken has come back.
    pub fn was_reinstated(&self) -> bool {
        self.lines.iter().any(|line| line.amount > 0)
    }
}

impl Stripe {
    /// The chargeback as it is now. `Refused` with `resource_missing` when there is none.
    pub async fn fetch_dispute(&self, id: &str) -> Result<Dispute, StripeError> {
        let request = RetrieveDispute::new(id).expand(vec!["charge".to_owned()]);
        let theirs = request.customize().send(self.client()).await.map_err(wire::error)?;
        dispute(theirs).map_err(StripeError::Unknown)
    }

    /// Sends what we have to say about a chargeback to the guest's bank, for good.
    pub async fn answer_dispute(&self, id: &str, text: &str, key: &str) -> Result<Dispute, StripeError> {
        let evidence =
            UpdateDisputeEvidence { uncategorized_text: Some(text.to_owned()), ..Default::default() };
        let request = UpdateDispute::new(id).evidence(evidence).submit(true);
        let theirs = request.customize().request_strategy(once_with(key)?).send(self.client()).await;
        dispute(theirs.map_err(wire::error)?).map_err(StripeError::Unknown)
    }
}

/// A chargeback in our words; an error when Stripe says something that we have no word for.
pub(super) fn dispute(theirs: lib::Dispute) -> anyhow::Result<Dispute> {
    use lib::DisputeStatus as S;
    let status = match theirs.status {
        S::NeedsResponse | S::UnderReview | S::WarningNeedsResponse | S::WarningUnderReview => {
            DisputeStatus::Open
        }
        S::Won | S::WarningClosed | S::Prevented => DisputeStatus::Won,
        S::Lost => DisputeStatus::Lost,
        S::Unknown(other) => anyhow::bail!("a dispute's status that we do not know: {other}"),
        _ => anyhow::bail!("a dispute's status that we do not know"),
    };
    let of_charge = theirs.charge.as_object().and_then(|charge| charge.payment_intent.as_ref());
    let intent = theirs.payment_intent.as_ref().or(of_charge);
    let mut lines = theirs.balance_transactions.iter().map(balance_line).collect::<Result<Vec<_>, _>>()?;
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Dispute {
        id: theirs.id.as_str().to_owned(),
        status,
        amount: money(theirs.amount, &theirs.currency)?,
        charge: theirs.charge.id().as_str().to_owned(),
        intent: intent.map(|intent| intent.id().as_str().to_owned()),
        reason: theirs.reason,
        lines,
    })
}
