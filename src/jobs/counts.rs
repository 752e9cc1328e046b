//! How many jobs there are, for those who watch over the server. No change.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::entity::{self, State};
use crate::db::Db;

/// Jobs by their state; those that are done count no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be claimed, now or later.
    pub waiting: i64,
    /// In work.
    pub running: i64,
    /// Given up: an admin must look.
    pub dead: i64,
}

/// Counts all jobs that aren't done.
pub async fn counts(db: &Db) -> Result<Counts, DbErr> {
    let rows: Vec<(State, i64)> = entity::Entity::find()
        .select_only()
        .column(entity::Column::State)
        .column_as(entity::Column::Id.count(), "count")
        .filter(entity::Column::State.ne(State::Done))
        .group_by(entity::Column::State)
        .into_tuple()
        .all(db.read())
        .await?;
    let of = |state| rows.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
    Ok(Counts { waiting: of(State::Waiting), running: of(State::Running), dead: of(State::Dead) })
}
