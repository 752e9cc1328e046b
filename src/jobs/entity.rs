//! The row of a job. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{JobId, clock::Instant};

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// To be claimed from its time on.
    Waiting,
    /// Claimed by a worker, until its lease ends.
    Running,
    /// Worked.
    Done,
    /// Failed too often: an admin must look.
    Dead,
}

/// A job. `run_at` is the domain's time, `not_before` and the lease are the machine's.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub payload: String,
    pub dedup_key: Option<String>,
    pub state: State,
    pub run_at: Instant,
    pub not_before: Instant,
    pub attempts: i32,
    pub max_attempts: i32,
    pub lease_until: Option<Instant>,
    pub lease_token: Option<Uuid>,
    pub last_error: Option<String>,
    pub ended_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
