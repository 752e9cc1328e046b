//! Signing up, in and out, and the list of places where one is signed in. No rule.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, caller, id, signed_in},
    errors::{AccountError, AccountErrorCode as Code},
    faults::settle,
    scalars::DateTime,
    transport::{Rule, ruled},
    user::User,
};
use crate::{
    accounts::{self, SignedIn, refresh_session, session, sign_in, sign_up, verify_email},
    kernel::SessionId,
};

/// A sign-in on one device.
pub struct Session {
    /// The row.
    pub row: session::Model,
    /// The session of whoever asks.
    pub current: SessionId,
}

/// A sign-in on one device.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Session {
    /// Names the session.
    async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// What the device said it is.
    async fn device(&self) -> &str {
        &self.row.device
    }

    /// Whether this very request comes from it.
    async fn is_current(&self) -> bool {
        self.row.id == self.current
    }

    /// When the person signed in.
    async fn created_at(&self) -> DateTime {
        DateTime(self.row.created_at)
    }

    /// When it was last used to stay signed in.
    async fn last_seen_at(&self) -> DateTime {
        DateTime(self.row.last_seen_at)
    }
}

/// What keeps a person signed in.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct Tokens {
    /// For the header `Authorization: Bearer …`; works for 15 minutes.
    access_token: String,
    /// Until when the access token works.
    access_expires_at: DateTime,
    /// Good for one exchange by `refreshSession`.
    refresh_token: String,
    /// Until when it must be exchanged.
    refresh_expires_at: DateTime,
}

fn parts(signed_in: SignedIn) -> (User, Tokens) {
    let tokens = Tokens {
        access_token: signed_in.access_token,
        access_expires_at: DateTime(signed_in.access_expires_at),
        refresh_token: signed_in.refresh_token,
        refresh_expires_at: DateTime(signed_in.refresh_expires_at),
    };
    (User(signed_in.user), tokens)
}

macro_rules! session_payload {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// Who is signed in now.
            user: Option<User>,
            /// What keeps the person signed in.
            tokens: Option<Tokens>,
            /// Why nobody is.
            errors: Vec<AccountError>,
        }

        impl $name {
            fn new(signed_in: Option<SignedIn>, errors: Vec<AccountError>) -> Self {
                let (user, tokens) = signed_in.map(parts).unzip();
                Self { user, tokens, errors }
            }
        }
    };
}

session_payload! {
    /// A new account's first session, or why there is none.
    VerifyEmailPayload
}
session_payload! {
    /// A session, or why there is none.
    SignInPayload
}
session_payload! {
    /// The session goes on, or why it doesn't.
    RefreshSessionPayload
}

/// Who wants an account.
#[derive(InputObject)]
pub struct SignUpInput {
    /// Where the link is mailed to.
    email: String,
    /// At least 12 characters, not easily guessed; asked again when the address is verified.
    #[graphql(secret)]
    password: String,
    /// The name that others see, 1 to 60 characters.
    display_name: String,
    /// Whether the person wants to list places.
    #[graphql(default)]
    as_host: bool,
}

/// The same whether the address is known or not: what comes next is in the mail.
#[derive(SimpleObject)]
pub struct SignUpPayload {
    /// Whether a mail is on its way.
    mail_sent: bool,
    /// Why nothing was begun.
    errors: Vec<AccountError>,
}

/// The end of signing up.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// From the mailed link.
    #[graphql(secret)]
    token: String,
    /// The one that was chosen when signing up.
    #[graphql(secret)]
    password: String,
}

/// Who wants in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The account's address.
    email: String,
    /// Its password.
    #[graphql(secret)]
    password: String,
}

/// Who wants to stay signed in.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The latest one that was given.
    #[graphql(secret)]
    refresh_token: String,
}

/// Nobody is signed in by this session any more.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Whether it is so; true also when it was so before.
    signed_out: bool,
    /// Why not.
    errors: Vec<AccountError>,
}

/// Which session to end.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// One of one's own.
    session_id: ID,
}

/// The session that was ended.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// Its id.
    session_id: Option<ID>,
    /// Why not.
    errors: Vec<AccountError>,
}

/// Sessions begin and end here.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Begins an account: a link is mailed to the address. Nothing tells whether the address is known.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants an account.")] input: SignUpInput,
    ) -> Result<SignUpPayload> {
        let ask = sign_up::Ask {
            email: input.email,
            password: input.password,
            display_name: input.display_name,
            wants_host: input.as_host,
            caller: caller(ctx),
        };
        let (sent, errors) = settle(sign_up::sign_up(app(ctx), ask).await, |refusal| {
            use sign_up::Refusal::{
                EmailInvalid, NameInvalid, PasswordTooLong, PasswordTooShort, PasswordTooWeak, RateLimited,
            };
            let (field, code) = match &refusal {
                EmailInvalid => ("email", Code::EmailInvalid),
                PasswordTooShort => ("password", Code::PasswordTooShort),
                PasswordTooLong => ("password", Code::PasswordTooLong),
                PasswordTooWeak { .. } => ("password", Code::PasswordTooWeak),
                NameInvalid => ("displayName", Code::NameInvalid),
                RateLimited { .. } => ("email", Code::RateLimited),
            };
            let retry_after_seconds = match refusal {
                RateLimited { retry_after_seconds } => Some(retry_after_seconds),
                _ => None,
            };
            vec![AccountError { retry_after_seconds, ..AccountError::new(code, field, refusal) }]
        })?;
        Ok(SignUpPayload { mail_sent: sent.is_some(), errors })
    }

    /// Proves an email address with the mailed link: the account is made, and its first session begins.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From the mailed link.")] input: VerifyEmailInput,
    ) -> Result<VerifyEmailPayload> {
        let ask = verify_email::Ask { token: input.token, password: input.password, caller: caller(ctx) };
        let (signed_in, errors) = settle(verify_email::verify_email(app(ctx), ask).await, |refusal| {
            let (field, code) = match &refusal {
                verify_email::Refusal::InvalidToken => ("token", Code::InvalidToken),
                verify_email::Refusal::WrongPassword => ("password", Code::WrongCredentials),
                verify_email::Refusal::RateLimited { .. } => ("token", Code::RateLimited),
            };
            let retry_after_seconds = match refusal {
                verify_email::Refusal::RateLimited { retry_after_seconds } => Some(retry_after_seconds),
                _ => None,
            };
            vec![AccountError { retry_after_seconds, ..AccountError::new(code, field, refusal) }]
        })?;
        Ok(VerifyEmailPayload::new(signed_in, errors))
    }

    /// Begins a session.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants in.")] input: SignInInput,
    ) -> Result<SignInPayload> {
        let ask = sign_in::Ask { email: input.email, password: input.password, caller: caller(ctx) };
        let (signed_in, errors) = settle(sign_in::sign_in(app(ctx), ask).await, |refusal| {
            let code = match &refusal {
                sign_in::Refusal::WrongCredentials => Code::WrongCredentials,
                sign_in::Refusal::Suspended => Code::Suspended,
                sign_in::Refusal::RateLimited { .. } => Code::RateLimited,
            };
            let retry_after_seconds = match refusal {
                sign_in::Refusal::RateLimited { retry_after_seconds } => Some(retry_after_seconds),
                _ => None,
            };
            vec![AccountError { retry_after_seconds, ..AccountError::new(code, "email", refusal) }]
        })?;
        Ok(SignInPayload::new(signed_in, errors))
    }

    /// Exchanges a refresh token for new tokens. An old one that is used again ends the session.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The latest refresh token.")] input: RefreshSessionInput,
    ) -> Result<RefreshSessionPayload> {
        let ask = refresh_session::Ask { refresh_token: input.refresh_token };
        let (signed_in, errors) = settle(refresh_session::refresh_session(app(ctx), ask).await, |refusal| {
            vec![AccountError::new(Code::InvalidToken, "refreshToken", refusal)]
        })?;
        Ok(RefreshSessionPayload::new(signed_in, errors))
    }

    /// Ends this session.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let outcome = accounts::sign_out::sign_out(app(ctx), signed_in(ctx)?).await;
        let (out, errors) = settle(outcome, |never| match never {})?;
        Ok(SignOutPayload { signed_out: out.is_some(), errors })
    }

    /// Ends one of one's own sessions, on whatever device.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        let session = id("sessionId", &input.session_id)?;
        let outcome = accounts::revoke_session::revoke_session(app(ctx), signed_in(ctx)?, session).await;
        let (ended, errors) = settle(outcome, |never| match never {})?;
        Ok(RevokeSessionPayload { session_id: ended.map(|()| input.session_id), errors })
    }
}
