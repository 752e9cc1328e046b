//! Proving an address: the waiting sign-up becomes an account, and the person is signed in.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Caller, SignedIn,
    attempts::TooMany,
    hasher::{Match, NotHashed},
    password::Password,
    pending_sign_up, sign_up_token,
    signed_in::begin_session,
    user,
};
use crate::{
    app::App,
    db::{Key, OnUnique, Tx},
    kernel::{Fault, UserId, clock::Instant},
};

/// Who has the link and knows the password.
pub struct Ask {
    /// From the mailed link.
    pub token: String,
    /// The one that was chosen when signing up. Whoever signs up with somebody else's address doesn't get in by the
    /// owner's click, and the owner doesn't take over a stranger's password.
    pub password: String,
    /// Where the call comes from.
    pub caller: Caller,
}

/// Why the address isn't proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not ours, used, or expired; or the address has an account by now.
    #[error("this link is no longer valid: sign up again")]
    InvalidToken,
    /// Only who has a valid link hears this.
    #[error("this is not the password that you chose when signing up")]
    WrongPassword,
    /// Too many wrong passwords, or the server is busy with passwords.
    #[error("too many tries: wait {retry_after_seconds} s")]
    RateLimited {
        /// When to come again.
        retry_after_seconds: u32,
    },
}

/// Makes the account, begins a session, and forgets all other sign-ups for the address.
pub async fn verify_email(app: &App, ask: Ask) -> Result<SignedIn, Fault<Refusal>> {
    let now = app.clock.real_now();
    let token_hash = sign_up_token::hash(&ask.token);
    app.gate
        .check(&token_hash, &ask.caller, now)
        .await
        .map_err(|too_many| Fault::Refused(too_many.into()))?;
    let sign_up = pending_sign_up::Entity::find()
        .filter(pending_sign_up::Column::TokenHash.eq(token_hash.clone()))
        .one(app.db.read())
        .await?;

    let refusal = match sign_up.filter(|sign_up| now < sign_up.expires_at) {
        None => Err(Refusal::InvalidToken),
        Some(sign_up) if knows_password(app, &ask.password, &sign_up).await? => Ok(sign_up),
        Some(_) => Err(Refusal::WrongPassword),
    };
    let sign_up = match refusal {
        Ok(sign_up) => sign_up,
        Err(refusal) => {
            app.gate.failed(&token_hash, &ask.caller, now).await;
            return Err(Fault::Refused(refusal));
        }
    };

    let (sign_up, caller, member_since) = (&sign_up, &ask.caller, app.clock.now());
    let (user, session, refresh) = app
        .db
        .write(|tx| async move {
            let user = make_account(&tx, sign_up, member_since).await?;
            let (session, refresh) = begin_session(&tx, user.id, caller, now).await?;
            Ok::<_, Fault<Refusal>>((user, session, refresh))
        })
        .await?;
    Ok(SignedIn::new(app, user, &session, &refresh, now)?)
}

async fn knows_password(
    app: &App,
    password: &str,
    sign_up: &pending_sign_up::Model,
) -> Result<bool, Fault<Refusal>> {
    let Some(password) = Password::presented(password) else { return Ok(false) };
    let outcome = app.gate.hasher.compare(password, Some(sign_up.password_hash.clone())).await?;
    Ok(outcome != Match::No)
}

/// Uses up the sign-up. Of two who do it at once, the second finds it gone, or the address taken.
async fn make_account(
    tx: &Tx,
    sign_up: &pending_sign_up::Model,
    now: Instant,
) -> Result<user::Model, Fault<Refusal>> {
    let used = pending_sign_up::Entity::delete_by_id(sign_up.id).exec(&**tx).await?;
    if used.rows_affected == 0 {
        return Err(Fault::Refused(Refusal::InvalidToken));
    }
    let user = user::ActiveModel {
        id: Set(UserId::new()),
        email: Set(sign_up.email.clone()),
        password_hash: Set(Some(sign_up.password_hash.clone())),
        display_name: Set(sign_up.display_name.clone()),
        bio: Set(String::new()),
        is_host: Set(sign_up.wants_host),
        is_admin: Set(false),
        email_verified_at: Set(Some(now)),
        suspended_at: Set(None),
        revision: Set(0),
        notification_seq: Set(0),
        created_at: Set(now),
    };
    let user = user.insert(&**tx).await.on_unique(Key::UserEmail, Refusal::InvalidToken)?;
    pending_sign_up::Entity::delete_many()
        .filter(pending_sign_up::Column::Email.eq(sign_up.email.clone()))
        .exec(&**tx)
        .await?;
    Ok(user)
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
