//! Whether a person is kept out by nobody, as the database has it now: for use cases that must not rest on what a session
//! was told seconds ago. What follows from it is the caller's business.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

use super::user;
use crate::kernel::UserId;

/// Whether there is such a person, whom no admin keeps out.
pub async fn is_active(conn: &impl ConnectionTrait, user: UserId) -> Result<bool, DbErr> {
    let active = user::Entity::find_by_id(user).filter(user::Column::SuspendedAt.is_null());
    Ok(active.count(conn).await? > 0)
}
