//! Ending a chargeback in place of the guest's bank, in the sandbox only: by the words that Stripe documents for tests. Our
//! row is not touched: the webhook tells, as it does in business.

use super::{
    dispute::{self, Kind, Status},
    find,
};
use crate::{
    accounts::Viewer,
    app::App,
    kernel::{DisputeId, Fault},
    payments::rules::{AfterError, after},
};

/// Why nothing was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This is no play.
    #[error("this server is not a sandbox")]
    SandboxOnly,
    /// It is a claim, or the bank has decided.
    #[error("only a chargeback that the bank still argues about can be ended")]
    NotOpen,
}

/// Has the bank decide, for us (`won`) or for the guest.
pub async fn sandbox_close(
    app: &App,
    admin: &Viewer,
    id: DisputeId,
    won: bool,
) -> Result<dispute::Model, Fault<Refusal>> {
    if !app.settings.sandbox() {
        return Err(Fault::Refused(Refusal::SandboxOnly));
    }
    admin.may_administer()?;
    let dispute = find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    let provider_id = match &dispute.provider_id {
        Some(provider_id) if dispute.kind == Kind::Chargeback && dispute.status == Status::Open => {
            provider_id
        }
        _ => return Err(Fault::Refused(Refusal::NotOpen)),
    };
    let text = if won { "winning_evidence" } else { "losing_evidence" };
    match app.stripe.answer_dispute(provider_id, text, &format!("{id}:{text}")).await {
        Ok(_) => Ok(dispute),
        // The bank was faster than our row, which follows by webhook.
        Err(error) if after(&error) == AfterError::GiveUp => Err(Fault::Refused(Refusal::NotOpen)),
        Err(error) => Err(Fault::Broken(error.into())),
    }
}
