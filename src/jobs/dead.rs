//! Dead jobs, for the operator: to be seen, and to be tried again once what was wrong is mended.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::entity;
use crate::{
    db::Db,
    kernel::{JobId, clock::Instant},
};

/// Most that are shown at once.
const MOST: u64 = 200;

/// The jobs that died last, latest first.
pub async fn dead(db: &Db) -> Result<Vec<entity::Model>, DbErr> {
    entity::Entity::find()
        .filter(entity::Column::State.eq(entity::State::Dead))
        .order_by_desc(entity::Column::EndedAt)
        .order_by_desc(entity::Column::Id)
        .limit(MOST)
        .all(db.read())
        .await
}

/// Lets a dead job be tried again from the beginning; false when no such job is dead. It has no key any more: other
/// work may stand for that by now.
pub async fn retry(db: &Db, id: JobId) -> Result<bool, DbErr> {
    let done = entity::Entity::update_many()
        .col_expr(entity::Column::State, Expr::value(entity::State::Waiting))
        .col_expr(entity::Column::DedupKey, Expr::value(Option::<String>::None))
        .col_expr(entity::Column::Attempts, Expr::value(0))
        .col_expr(entity::Column::NotBefore, Expr::value(Instant::UNIX_EPOCH))
        .col_expr(entity::Column::EndedAt, Expr::value(Option::<Instant>::None))
        .filter(entity::Column::Id.eq(id))
        .filter(entity::Column::State.eq(entity::State::Dead))
        .exec(db.writer())
        .await?;
    db.wake_worker();
    Ok(done.rows_affected == 1)
}
