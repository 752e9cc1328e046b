//! Signing in with email and password. Which of the two was wrong is never said.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    Caller, SignedIn,
    attempts::TooMany,
    hasher::{Match, NotHashed},
    password::Password,
    signed_in::begin_session,
    user,
};
use crate::{
    app::App,
    db::Tx,
    kernel::{EmailAddress, Fault, UserId},
};

/// Who wants in.
pub struct Ask {
    /// The account's address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Where the call comes from.
    pub caller: Caller,
}

/// Why somebody isn't let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such account, or this isn't its password.
    #[error("the email address or the password is wrong")]
    WrongCredentials,
    /// An admin keeps the person out. Only who knows the password hears this.
    #[error("this account is suspended")]
    Suspended,
    /// Too many failures of this account or from this network address, or the server is busy with passwords.
    #[error("too many tries: wait {retry_after_seconds} s")]
    RateLimited {
        /// When to come again.
        retry_after_seconds: u32,
    },
}

/// Begins a session.
pub async fn sign_in(app: &App, ask: Ask) -> Result<SignedIn, Fault<Refusal>> {
    let now = app.clock.real_now();
    let account = ask.email.trim().to_lowercase();
    // What is longer than any address is no account, and no key to count by.
    let account = account.get(..account.floor_char_boundary(254)).unwrap_or_default();
    app.gate.check(account, &ask.caller, now).await.map_err(|too_many| Fault::Refused(too_many.into()))?;

    let Some((user, proven)) = prove(app, &ask).await? else {
        app.gate.failed(account, &ask.caller, now).await;
        return Err(Fault::Refused(Refusal::WrongCredentials));
    };
    app.gate.succeeded(account).await;
    if user.suspended_at.is_some() {
        return Err(Fault::Refused(Refusal::Suspended));
    }

    let (id, proven, caller) = (user.id, &proven, &ask.caller);
    let (session, refresh) = app
        .db
        .write(|tx| async move {
            if !still_so(&tx, id, proven).await? {
                return Err(Fault::Refused(Refusal::WrongCredentials));
            }
            Ok(begin_session(&tx, id, caller, now).await?)
        })
        .await?;
    Ok(SignedIn::new(app, user, &session, &refresh, now)?)
}

/// The hash that the password was compared to, and the one to keep from now on.
struct Proven {
    stored: String,
    kept: String,
}

/// The account, if this is its password. Takes as long when there is no such account.
async fn prove(app: &App, ask: &Ask) -> Result<Option<(user::Model, Proven)>, Fault<Refusal>> {
    let Some(password) = Password::presented(&ask.password) else { return Ok(None) };
    let user = match ask.email.parse::<EmailAddress>() {
        Ok(email) => user::Entity::find().filter(user::Column::Email.eq(email)).one(app.db.read()).await?,
        Err(_) => None,
    };
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let outcome = app.gate.hasher.compare(password.clone(), stored.clone()).await?;
    let (Some(user), Some(stored)) = (user, stored) else { return Ok(None) };
    Ok(match outcome {
        Match::No => None,
        Match::Yes => Some((user, Proven { kept: stored.clone(), stored })),
        Match::YesButOld => {
            let kept = app.gate.hasher.hash_again(password).await?;
            Some((user, Proven { stored, kept }))
        }
    })
}

/// Whether the password that was proven is still the account's and nobody suspended it meanwhile; keeps the new hash.
/// Whoever changes either ends all sessions, and must not miss one that begins at the same moment.
async fn still_so(tx: &Tx, id: UserId, proven: &Proven) -> Result<bool, DbErr> {
    let done = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(proven.kept.clone()))
        .filter(user::Column::Id.eq(id))
        .filter(user::Column::PasswordHash.eq(proven.stored.clone()))
        .filter(user::Column::SuspendedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}

impl From<TooMany> for Refusal {
    fn from(TooMany { retry_after_seconds }: TooMany) -> Self {
        Self::RateLimited { retry_after_seconds }
    }
}

impl From<NotHashed> for Fault<Refusal> {
    fn from(not: NotHashed) -> Self {
        not.into_fault(|retry_after_seconds| Refusal::RateLimited { retry_after_seconds })
    }
}
