//! Filling in Stripe's form in place of the host, in the sandbox only. Our row is not touched: the webhook tells, as it
//! does in business.

use super::{find, payout_account};
use crate::{accounts::Viewer, app::App, kernel::Fault, ports::stripe::StripeError};

/// Why nothing is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This is no play, or Stripe itself is at the other end.
    #[error("this server has no emulator in Stripe's place")]
    SandboxOnly,
    /// There is no account to fill in.
    #[error("begin with startPayoutOnboarding")]
    NoAccount,
}

/// Fills in the form of the host's own account.
pub async fn sandbox_onboard(app: &App, host: &Viewer) -> Result<payout_account::Model, Fault<Refusal>> {
    if !app.settings.sandbox() {
        return Err(Fault::Refused(Refusal::SandboxOnly));
    }
    host.may_host()?;
    let account = find::account_of(app.db.read(), host.user).await?;
    let account = account.ok_or(Fault::Refused(Refusal::NoAccount))?;
    let id = account.provider_id.as_deref().ok_or(Fault::Refused(Refusal::NoAccount))?;
    match app.stripe.complete_onboarding(id, &format!("{}:onboard", account.id)).await {
        Ok(_) => Ok(account),
        // Where Stripe itself is, or another server's emulator that this one may not command.
        Err(StripeError::Refused { status: 0, .. }) => Err(Fault::Refused(Refusal::SandboxOnly)),
        Err(error) => Err(Fault::Broken(error.into())),
    }
}
