//! Storing a job in the caller's transaction: rolled back with it, committed with it.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::{MAX_ATTEMPTS, entity};
use crate::{
    db::Tx,
    kernel::{JobId, clock::Instant},
};

/// What is to be done, and from when on.
#[derive(Debug)]
pub struct Ask {
    /// Which handler: `domain.use_case`.
    pub kind: &'static str,
    /// The handler's input: ids only.
    pub payload: String,
    /// While a live job of this kind has the same key, another is not stored.
    pub dedup_key: Option<String>,
    /// The domain's time from which it may run.
    pub run_at: Instant,
}

/// Whether a job of this kind waits or runs.
pub async fn is_live(tx: &Tx, kind: &str) -> Result<bool, DbErr> {
    let live = entity::Entity::find()
        .filter(entity::Column::Kind.eq(kind))
        .filter(entity::Column::State.is_in([entity::State::Waiting, entity::State::Running]))
        .one(&**tx)
        .await?;
    Ok(live.is_some())
}

/// Stores the job; it wakes the worker when the transaction commits.
pub async fn store(tx: &Tx, ask: Ask) -> Result<(), DbErr> {
    store_all(tx, [ask]).await
}

/// Stores several, at least one, in one statement.
pub async fn store_all(tx: &Tx, asks: impl IntoIterator<Item = Ask>) -> Result<(), DbErr> {
    let rows = asks.into_iter().map(|ask| entity::ActiveModel {
        id: Set(JobId::new()),
        kind: Set(ask.kind.to_owned()),
        payload: Set(ask.payload),
        dedup_key: Set(ask.dedup_key),
        state: Set(entity::State::Waiting),
        run_at: Set(ask.run_at),
        // The machine's time of the first try is free; failures move it.
        not_before: Set(Instant::UNIX_EPOCH),
        attempts: Set(0),
        max_attempts: Set(MAX_ATTEMPTS),
        lease_until: Set(None),
        lease_token: Set(None),
        last_error: Set(None),
        ended_at: Set(None),
    });
    // Without a target the clause covers the partial key on both databases.
    entity::Entity::insert_many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    tx.wake_worker();
    Ok(())
}
