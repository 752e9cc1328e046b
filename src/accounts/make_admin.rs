//! Making somebody an admin, from the command line: who has the database has everything anyway.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::user;
use crate::{
    db::Db,
    kernel::{EmailAddress, Fault, Never},
};

/// Gives the account with this address the admin role; `Missing` if there is none. Running servers notice within five
/// seconds.
pub async fn make_admin(db: &Db, email: &EmailAddress) -> Result<user::Model, Fault<Never>> {
    let changed = db
        .write(|tx| async move {
            let changed = user::Entity::update_many()
                .col_expr(user::Column::IsAdmin, Expr::value(true))
                .filter(user::Column::Email.eq(email.clone()))
                .exec_with_returning(&*tx)
                .await?;
            Ok::<_, Fault<Never>>(changed)
        })
        .await?;
    changed.into_iter().next().ok_or(Fault::Missing)
}
