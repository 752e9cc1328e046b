//! The one row that rules over several rows of a person share. Which rules is the caller's business.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::user;
use crate::{db::Tx, kernel::UserId};

/// Makes everybody else who locks this person wait until the transaction ends. Lock a person before anything else
/// (listing, booking, payment, nights follow), so that two can't wait for each other.
pub async fn lock(tx: &Tx, user: UserId) -> Result<(), DbErr> {
    user::Entity::update_many()
        .col_expr(user::Column::Revision, Expr::col(user::Column::Revision).add(1))
        .filter(user::Column::Id.eq(user))
        .exec(&**tx)
        .await?;
    Ok(())
}
