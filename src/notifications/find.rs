//! Finders of a person's own notices.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::notification;
use crate::{
    db,
    kernel::{NotificationId, Page, PageAsk, UserId},
};

/// A page of a person's notices, newest first.
pub async fn of(
    conn: &impl ConnectionTrait,
    user: UserId,
    ask: &PageAsk<i64>,
) -> Result<Page<notification::Model>, DbErr> {
    let query = notification::Entity::find().filter(notification::Column::UserId.eq(user));
    db::latest(conn, query, notification::Column::Seq, ask).await
}

/// One of a person's own notices.
pub async fn own(
    conn: &impl ConnectionTrait,
    user: UserId,
    id: NotificationId,
) -> Result<Option<notification::Model>, DbErr> {
    notification::Entity::find_by_id(id).filter(notification::Column::UserId.eq(user)).one(conn).await
}

/// Those of these notices that are the person's own.
pub async fn own_among(
    conn: &impl ConnectionTrait,
    user: UserId,
    ids: &[NotificationId],
) -> Result<Vec<notification::Model>, DbErr> {
    notification::Entity::find()
        .filter(notification::Column::Id.is_in(ids.iter().copied()))
        .filter(notification::Column::UserId.eq(user))
        .all(conn)
        .await
}

/// What came after a number, oldest first, at most a hundred at once.
pub async fn after(
    conn: &impl ConnectionTrait,
    user: UserId,
    seq: i64,
) -> Result<Vec<notification::Model>, DbErr> {
    notification::Entity::find()
        .filter(notification::Column::UserId.eq(user))
        .filter(notification::Column::Seq.gt(seq))
        .order_by_asc(notification::Column::Seq)
        .limit(100)
        .all(conn)
        .await
}

/// The number of the latest notice, 0 where there is none.
pub async fn latest(conn: &impl ConnectionTrait, user: UserId) -> Result<i64, DbErr> {
    let latest = notification::Entity::find()
        .filter(notification::Column::UserId.eq(user))
        .order_by_desc(notification::Column::Seq)
        .one(conn)
        .await?;
    Ok(latest.map_or(0, |row| row.seq))
}

/// How many notices a person has not read.
pub async fn unread(conn: &impl ConnectionTrait, user: UserId) -> Result<u64, DbErr> {
    notification::Entity::find()
        .filter(notification::Column::UserId.eq(user))
        .filter(notification::Column::ReadAt.is_null())
        .count(conn)
        .await
}

/// How many notices a person has.
pub async fn count_of(conn: &impl ConnectionTrait, user: UserId) -> Result<u64, DbErr> {
    notification::Entity::find().filter(notification::Column::UserId.eq(user)).count(conn).await
}
