//! Ending one of one's own sessions, from whichever device.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{Viewer, session};
use crate::{
    app::App,
    db::Tx,
    kernel::{Fault, Never, SessionId, UserId, clock::Instant},
};

/// Ends the session; `Missing` if it is somebody else's, or over already. It acts at once on this server, and within
/// five seconds on others.
pub async fn revoke_session(app: &App, viewer: &Viewer, id: SessionId) -> Result<(), Fault<Never>> {
    let (user, now) = (viewer.user, app.clock.real_now());
    let ended =
        app.db.write(|tx| async move { Ok::<_, Fault<Never>>(end(&tx, id, user, now).await?) }).await?;
    if !ended {
        return Err(Fault::Missing);
    }
    app.gate.forget(id).await;
    Ok(())
}

/// Ends a session of this person; false if there is none that lives.
pub(super) async fn end(tx: &Tx, id: SessionId, user: UserId, now: Instant) -> Result<bool, DbErr> {
    let done = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(now))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}
