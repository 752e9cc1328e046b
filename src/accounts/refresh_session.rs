//! Exchanging a refresh token for the next one and a new access token.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    SignedIn,
    refresh_token::{RefreshToken, Verdict},
    session, user,
};
use crate::{
    app::App,
    db::Tx,
    kernel::{Fault, SessionId, clock::Instant},
};

/// Who wants to stay signed in.
pub struct Ask {
    /// The latest one that was given.
    pub refresh_token: String,
}

/// Why the session doesn't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not ours, used, or of a session that has ended: the two sides don't learn which.
    #[error("this session has ended: sign in again")]
    InvalidToken,
}

/// Exchanges the token. The same token again within ten seconds gets the same answer; later, the session ends, since
/// somebody has a copy.
pub async fn refresh_session(app: &App, ask: Ask) -> Result<SignedIn, Fault<Refusal>> {
    exchange(app, &ask.refresh_token, app.clock.real_now()).await
}

/// The same at a given instant of the machine's time.
pub(super) async fn exchange(app: &App, text: &str, now: Instant) -> Result<SignedIn, Fault<Refusal>> {
    let refused = Fault::Refused(Refusal::InvalidToken);
    let Some(token) = RefreshToken::read(&app.keys, text) else { return Err(refused) };

    // A refusal is an outcome here, not an error: the end of a session must be committed.
    let outcome = app
        .db
        .write(|tx| async move {
            let Some(row) = take(&tx, token.session, now).await? else { return Ok(None) };
            let next = match token.judge(&app.keys, &row, now) {
                Verdict::Rotate(next) => {
                    rotate(&tx, &token, &next, now).await?;
                    next
                }
                Verdict::Repeat(next) => next,
                Verdict::Reused => {
                    tracing::warn!(session = %row.id, "an old refresh token was presented: the session is ended");
                    super::revoke_session::end(&tx, row.id, row.user_id, now).await?;
                    return Ok(None);
                }
                Verdict::Ended => return Ok(None),
            };
            let user = user::Entity::find_by_id(row.user_id).one(&*tx).await?;
            let rotated = session::Entity::find_by_id(row.id).one(&*tx).await?;
            Ok::<_, Fault<Refusal>>(rotated.zip(user).map(|(row, user)| (row, user, next)))
        })
        .await?;

    match outcome {
        Some((row, user, next)) if user.suspended_at.is_none() => {
            Ok(SignedIn::new(app, user, &row, &next, now)?)
        }
        _ => {
            app.gate.forget(token.session).await;
            Err(refused)
        }
    }
}

/// The session's row, ours until the transaction ends: the guarded update makes a parallel exchange wait.
async fn take(tx: &Tx, id: SessionId, now: Instant) -> Result<Option<session::Model>, DbErr> {
    let mut taken = session::Entity::update_many()
        .col_expr(session::Column::LastSeenAt, Expr::value(now))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::RevokedAt.is_null())
        .exec_with_returning(&**tx)
        .await?;
    Ok(taken.pop())
}

async fn rotate(tx: &Tx, from: &RefreshToken, to: &RefreshToken, now: Instant) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::RefreshHash, Expr::value(to.hash()))
        .col_expr(session::Column::PreviousHash, Expr::value(from.hash()))
        .col_expr(session::Column::RotatedAt, Expr::value(now))
        .filter(session::Column::Id.eq(from.session))
        .exec(&**tx)
        .await?;
    Ok(())
}
