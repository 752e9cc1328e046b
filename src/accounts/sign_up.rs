//! Signing up: a sign-up waits, with its own password, until the address is proven. No account is made here.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::{
    Caller,
    attempts::TooMany,
    display_name::{self, DisplayName},
    hasher::NotHashed,
    password::{self, Password, Weakness},
    pending_sign_up, sign_up_token, user,
};
use crate::{
    app::App,
    db::Tx,
    event::Event,
    kernel::{EmailAddress, Fault, SignUpId, clock::Instant},
    ports::Meter,
};

/// How long the mailed link works, in hours.
pub const LINK_HOURS: i64 = 24;

/// Who wants an account.
pub struct Ask {
    /// The address to prove.
    pub email: String,
    /// Asked again when the address is verified.
    pub password: String,
    /// What others will see.
    pub display_name: String,
    /// Whether the person wants to list places.
    pub wants_host: bool,
    /// Where the call comes from.
    pub caller: Caller,
}

/// Why nothing was begun. None of these depends on whether the address is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No email address.
    #[error("this is not an email address")]
    EmailInvalid,
    /// Fewer than 12 code points.
    #[error("choose a password of at least {} characters", password::SHORTEST)]
    PasswordTooShort,
    /// More than 128 code points, or 1,024 bytes.
    #[error("choose a password of at most {} characters", password::LONGEST)]
    PasswordTooLong,
    /// Too easily guessed, also by who knows the name and the address.
    #[error("this password is too easy to guess: {hint}")]
    PasswordTooWeak {
        /// What would help, in plain English.
        hint: String,
    },
    /// Nothing to be seen, too long, or with control characters.
    #[error("a name has 1 to {} visible characters", display_name::LONGEST)]
    NameInvalid,
    /// Too many letters to this address, too many sign-ups from this network, or the server is busy with passwords.
    #[error("too many tries: wait {retry_after_seconds} s")]
    RateLimited {
        /// When to come again.
        retry_after_seconds: u32,
    },
}

/// Begins a sign-up and has a letter sent: with a link where the address is new, with a notice where it has an account.
/// The answer and the time it takes are the same.
pub async fn sign_up(app: &App, ask: Ask) -> Result<(), Fault<Refusal>> {
    let refuse = Fault::Refused;
    let email: EmailAddress = ask.email.parse().map_err(|_| refuse(Refusal::EmailInvalid))?;
    let name: DisplayName = ask.display_name.parse().map_err(|_| refuse(Refusal::NameInvalid))?;
    let password = Password::chosen(&ask.password).map_err(|weakness| refuse(weakness.into()))?;

    let now = app.clock.real_now();
    knocks(app, &ask.caller).await.map_err(refuse)?;
    let letters = format!("sign-up {email}");
    app.gate.accounts.check(&letters, now).await.map_err(|too_many| refuse(too_many.into()))?;
    let own = vec![email.to_string(), name.to_string()];
    let password_hash =
        app.gate.hasher.hash_chosen(password, own).await?.map_err(|weak| refuse(weak.into()))?;
    app.gate.accounts.count(&letters, now).await;

    let id = SignUpId::new();
    let row = pending_sign_up::Model {
        id,
        email,
        password_hash,
        display_name: name.into(),
        wants_host: ask.wants_host,
        token_hash: sign_up_token::hash(&sign_up_token::make(&app.keys, id)),
        created_at: now,
        expires_at: now + TimeDelta::hours(LINK_HOURS),
    };
    let (row, mail_at) = (&row, app.clock.now());
    app.db.write(|tx| async move { Ok(store(&tx, row, mail_at).await?) }).await
}

/// Counts the sign-ups of a network, whomever they are for: each one sends a letter.
async fn knocks(app: &App, from: &Caller) -> Result<(), Refusal> {
    let per_minute = app.settings.limits.rate_limit_sign_ups;
    let (Some(address), 1..) = (&from.address, per_minute) else { return Ok(()) };
    let meter = Meter { key: format!("sign-up {address}"), per_minute };
    let wait = app.throttle.take(&[meter], 1).await.err();
    wait.map_or(Ok(()), |wait| {
        let retry_after_seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
        Err(Refusal::RateLimited { retry_after_seconds })
    })
}

/// Stores the sign-up and the event of its letter, or only the event of the notice.
async fn store(tx: &Tx, row: &pending_sign_up::Model, mail_at: Instant) -> Result<(), DbErr> {
    let known = user::Entity::find().filter(user::Column::Email.eq(row.email.clone())).one(&**tx).await?;
    if let Some(user) = known {
        return Event::SignUpOfKnownEmail { user: user.id }.emit(tx, mail_at).await;
    }
    // Those whose link has ended are of no use to anybody.
    pending_sign_up::Entity::delete_many()
        .filter(pending_sign_up::Column::Email.eq(row.email.clone()))
        .filter(pending_sign_up::Column::ExpiresAt.lte(row.created_at))
        .exec(&**tx)
        .await?;
    let new = pending_sign_up::ActiveModel {
        id: Set(row.id),
        email: Set(row.email.clone()),
        password_hash: Set(row.password_hash.clone()),
        display_name: Set(row.display_name.clone()),
        wants_host: Set(row.wants_host),
        token_hash: Set(row.token_hash.clone()),
        created_at: Set(row.created_at),
        expires_at: Set(row.expires_at),
    };
    new.insert(&**tx).await?;
    Event::SignUpRequested { sign_up: row.id }.emit(tx, mail_at).await
}

impl From<Weakness> for Refusal {
    fn from(weakness: Weakness) -> Self {
        match weakness {
            Weakness::TooShort => Self::PasswordTooShort,
            Weakness::TooLong => Self::PasswordTooLong,
            Weakness::TooWeak { hint } => Self::PasswordTooWeak { hint },
        }
    }
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
