//! Jobs that are done and have been kept long enough. Dead ones stay until somebody has looked.

use sea_orm::{ColumnTrait, Condition, DbErr};

use super::entity;
use crate::{
    db::{Db, delete_in_batches},
    kernel::clock::Instant,
};

/// Forgets what was done before `then` (machine time); returns how many.
pub async fn forget(db: &Db, then: Instant) -> Result<u64, DbErr> {
    let old = Condition::all()
        .add(entity::Column::State.eq(entity::State::Done))
        .add(entity::Column::EndedAt.lt(then));
    delete_in_batches::<entity::Entity>(db, old).await
}
