//! Who is asking, and the few questions about rights that every domain has. What a domain allows is its own question.

use std::sync::Arc;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect};
use sha2::{Digest, Sha256};

pub use super::access_token::BadToken;
use super::{access_token, session, user};
use crate::{
    app::App,
    kernel::{Fault, SessionId, UserId, clock::Instant},
};

/// A person who is signed in, as of at most five seconds ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// May list places.
    pub is_host: bool,
    /// May run the market.
    pub is_admin: bool,
    /// Has proven the email address.
    pub verified: bool,
    /// Is kept out by an admin: sees, and does nothing.
    pub suspended: bool,
}

/// What is remembered of a session and its person.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub(super) struct Standing {
    user_id: UserId,
    revoked_at: Option<Instant>,
    expires_at: Instant,
    is_host: bool,
    is_admin: bool,
    email_verified_at: Option<Instant>,
    suspended_at: Option<Instant>,
}

impl Viewer {
    /// The viewer behind an access token (without `Bearer `): one statement at most, none if the session was seen
    /// in the last four seconds.
    pub async fn admit(app: &App, token: &str) -> Result<Self, Fault<BadToken>> {
        let now = app.clock.real_now();
        let digest: [u8; 32] = Sha256::digest(token).into();
        let claims = match app.gate.tokens.get(&digest).await {
            Some(claims) => claims.alive(now).map(|()| claims),
            None => access_token::verify(&app.keys, &app.settings.public_url(), token, now).map(Arc::new),
        };
        let claims = claims.map_err(Fault::Refused)?;
        app.gate.tokens.insert(digest, claims.clone()).await;

        let session = claims.sid;
        let standing = app.gate.standings.try_get_with(session, load(app, session)).await;
        let standing = standing.map_err(anyhow::Error::new)?;
        let lives = |standing: &Standing| {
            standing.revoked_at.is_none() && now < standing.expires_at && standing.user_id == claims.sub
        };
        let standing = standing.filter(lives).ok_or(Fault::Refused(BadToken::Ended))?;
        Ok(Self {
            user: standing.user_id,
            session,
            is_host: standing.is_host,
            is_admin: standing.is_admin,
            verified: standing.email_verified_at.is_some(),
            suspended: standing.suspended_at.is_some(),
        })
    }

    /// May change anything at all.
    pub fn may_act<R>(&self) -> Result<(), Fault<R>> {
        allowed(!self.suspended)
    }

    /// May book: with a proven address.
    pub fn may_book<R>(&self) -> Result<(), Fault<R>> {
        allowed(!self.suspended && self.verified)
    }

    /// May offer places.
    pub fn may_host<R>(&self) -> Result<(), Fault<R>> {
        allowed(!self.suspended && self.is_host)
    }

    /// May show places to others: a host with a proven address.
    pub fn may_publish<R>(&self) -> Result<(), Fault<R>> {
        allowed(!self.suspended && self.is_host && self.verified)
    }

    /// May run the market.
    pub fn may_administer<R>(&self) -> Result<(), Fault<R>> {
        allowed(!self.suspended && self.is_admin)
    }
}

fn allowed<R>(allowed: bool) -> Result<(), Fault<R>> {
    if allowed { Ok(()) } else { Err(Fault::Forbidden) }
}

async fn load(app: &App, id: SessionId) -> Result<Option<Standing>, DbErr> {
    let person =
        session::Entity::belongs_to(user::Entity).from(session::Column::UserId).to(user::Column::Id).into();
    session::Entity::find()
        .select_only()
        .columns([session::Column::UserId, session::Column::RevokedAt, session::Column::ExpiresAt])
        .columns([user::Column::IsHost, user::Column::IsAdmin])
        .columns([user::Column::EmailVerifiedAt, user::Column::SuspendedAt])
        .join(JoinType::InnerJoin, person)
        .filter(session::Column::Id.eq(id))
        .into_model::<Standing>()
        .one(app.db.read())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Never;

    #[test]
    fn rights_follow_from_roles() {
        let host = Viewer {
            user: UserId::new(),
            session: SessionId::new(),
            is_host: true,
            is_admin: false,
            verified: true,
            suspended: false,
        };
        assert!(host.may_act::<Never>().is_ok() && host.may_book::<Never>().is_ok());
        assert!(host.may_host::<Never>().is_ok() && host.may_publish::<Never>().is_ok());
        assert!(host.may_administer::<Never>().is_err());
        let unverified = Viewer { verified: false, ..host };
        assert!(unverified.may_host::<Never>().is_ok() && unverified.may_publish::<Never>().is_err());
        assert!(unverified.may_book::<Never>().is_err());
        assert!(Viewer { is_host: false, ..host }.may_publish::<Never>().is_err());
        let suspended = Viewer { suspended: true, is_admin: true, ..host };
        assert!(suspended.may_act::<Never>().is_err() && suspended.may_book::<Never>().is_err());
        assert!(suspended.may_host::<Never>().is_err() && suspended.may_administer::<Never>().is_err());
    }
}
