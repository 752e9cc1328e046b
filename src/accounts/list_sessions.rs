//! Where somebody is signed in. Only one's own sessions can be asked for.

use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use super::{Viewer, refresh_token::IDLE_DAYS, session};
use crate::{
    app::App,
    kernel::{Fault, Never, Page, PageAsk, SessionId, UserId, clock::Instant},
};

/// The name of this list in its cursors.
pub const LIST: &str = "sessions";

/// The viewer's living sessions, newest first; the keyset is the session's id.
pub async fn list_sessions(
    app: &App,
    viewer: &Viewer,
    page: &PageAsk<SessionId>,
) -> Result<Page<session::Model>, Fault<Never>> {
    let mut query = living(viewer.user, app.clock.real_now()).limit(page.fetch());
    // Ids sort by age. Backward is from the oldest on.
    query = if page.backward {
        query.order_by_asc(session::Column::Id)
    } else {
        query.order_by_desc(session::Column::Id)
    };
    query = match page.from {
        Some(id) if page.backward => query.filter(session::Column::Id.gt(id)),
        Some(id) => query.filter(session::Column::Id.lt(id)),
        None => query,
    };
    Ok(Page::of(query.all(app.db.read()).await?, page))
}

/// How many living sessions the person has; `now` is the machine's time.
pub async fn count_of(conn: &impl ConnectionTrait, user: UserId, now: Instant) -> Result<u64, DbErr> {
    living(user, now).count(conn).await
}

/// What `session::Model::lives` says, as a query.
fn living(user: UserId, now: Instant) -> Select<session::Entity> {
    session::Entity::find()
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::RotatedAt.gt(now - TimeDelta::days(IDLE_DAYS)))
}
