//! The beginning of a session, and what a client is given to stay in it. Whether somebody may sign in is judged before.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use super::{
    Caller, access_token,
    refresh_token::{LONGEST_DAYS, RefreshToken},
    session, user,
};
use crate::{
    app::App,
    db::Tx,
    kernel::{SessionId, UserId, clock::Instant},
};

/// What signing in, verifying an email and refreshing a session answer. Instants are the machine's.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub user: user::Model,
    /// The session, as the list of sessions shows it.
    pub session: SessionId,
    /// A JWT, for the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Until when it works: 15 minutes.
    pub access_expires_at: Instant,
    /// Opaque; good for one exchange.
    pub refresh_token: String,
    /// Until when it must be exchanged.
    pub refresh_expires_at: Instant,
}

impl SignedIn {
    pub(super) fn new(
        app: &App,
        user: user::Model,
        session: &session::Model,
        refresh: &RefreshToken,
        now: Instant,
    ) -> anyhow::Result<Self> {
        let issuer = app.settings.public_url();
        let (access_token, access_expires_at) =
            access_token::sign(&app.keys, &issuer, user.id, session.id, now)?;
        Ok(Self {
            user,
            session: session.id,
            access_token,
            access_expires_at,
            refresh_token: refresh.text(&app.keys),
            refresh_expires_at: session.ends_at(),
        })
    }
}

/// Begins a session in the caller's transaction; the refresh token is its first. `now` is the machine's time.
pub(super) async fn begin_session(
    tx: &Tx,
    user: UserId,
    caller: &Caller,
    now: Instant,
) -> Result<(session::Model, RefreshToken), DbErr> {
    let refresh = RefreshToken::first(SessionId::new());
    let row = session::ActiveModel {
        id: Set(refresh.session),
        user_id: Set(user),
        refresh_hash: Set(refresh.hash()),
        previous_hash: Set(None),
        rotated_at: Set(now),
        device: Set(caller.device().to_owned()),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now + TimeDelta::days(LONGEST_DAYS)),
        revoked_at: Set(None),
    };
    Ok((row.insert(&**tx).await?, refresh))
}
