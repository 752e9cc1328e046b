//! The password once more, before something that a thief with an open session would change. Wrong ones count as they do
//! at signing in.

use sea_orm::EntityTrait;

use super::{Caller, Viewer, hasher::Match, password::Password, user};
use crate::{
    app::App,
    kernel::{EmailAddress, Fault},
};

/// Why it is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This is not the password.
    #[error("this is not your password")]
    WrongPassword,
    /// Too many failures of this account or from this network address, or the server is busy with passwords.
    #[error("too many tries: wait {retry_after_seconds} s")]
    RateLimited {
        /// When to come again.
        retry_after_seconds: u32,
    },
}

/// Makes sure that it is the person; returns their address. Who has no password can't prove it this way.
pub async fn prove_again(
    app: &App,
    viewer: &Viewer,
    password: &str,
    caller: &Caller,
) -> Result<EmailAddress, Fault<Refusal>> {
    let now = app.clock.real_now();
    let person = user::Entity::find_by_id(viewer.user).one(app.db.read()).await?.ok_or(Fault::Forbidden)?;
    let account = person.email.as_str().to_owned();
    app.gate.check(&account, caller, now).await.map_err(|too_many| {
        Fault::Refused(Refusal::RateLimited { retry_after_seconds: too_many.retry_after_seconds })
    })?;

    let is_right = match Password::presented(password) {
        None => false,
        Some(password) => {
            let outcome = app.gate.hasher.compare(password, person.password_hash.clone()).await;
            let outcome = outcome.map_err(|not| {
                not.into_fault(|retry_after_seconds| Refusal::RateLimited { retry_after_seconds })
            })?;
            outcome != Match::No
        }
    };
    if !is_right {
        app.gate.failed(&account, caller, now).await;
        return Err(Fault::Refused(Refusal::WrongPassword));
    }
    app.gate.succeeded(&account).await;
    Ok(person.email)
}
