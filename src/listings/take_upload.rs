//! An upload is used once: whoever marks it first has it. What for is the caller's business.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::upload;
use crate::{
    db::Tx,
    kernel::{UploadId, UserId, clock::Instant},
};

/// Takes a person's own upload that nobody has used; none where there is no such.
pub async fn take_upload(
    tx: &Tx,
    user: UserId,
    id: UploadId,
    now: Instant,
) -> Result<Option<upload::Model>, DbErr> {
    let taken = upload::Entity::update_many()
        .col_expr(upload::Column::AttachedAt, Expr::value(now))
        .filter(upload::Column::Id.eq(id))
        .filter(upload::Column::UserId.eq(user))
        .filter(upload::Column::AttachedAt.is_null())
        .exec_with_returning(&**tx)
        .await?;
    Ok(taken.into_iter().next())
}
