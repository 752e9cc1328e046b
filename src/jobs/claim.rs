//! Claiming due jobs: one worker each, under a lease with a fencing token. Attempts are counted here, so that a job
//! that kills its worker counts too.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType},
};

use super::{LEASE_SECONDS, entity};
use crate::{
    db::Db,
    kernel::{Clock, Fault, JobId, Never, clock::Instant},
};

/// A job in the hands of a worker.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which job.
    pub id: JobId,
    /// Which handler.
    pub kind: String,
    /// Its input.
    pub payload: String,
    /// The domain's time for which it was stored.
    pub run_at: Instant,
    /// How many tries this makes.
    pub attempts: i32,
    /// When there are this many, it is dead.
    pub max_attempts: i32,
    /// Proof of the claim: a result with another token changes nothing.
    pub token: Uuid,
}

/// Jobs that may be claimed: waiting, or running with a lease that ended.
fn claimable(now: Instant, real_now: Instant) -> Condition {
    let waiting =
        entity::Column::State.eq(entity::State::Waiting).and(entity::Column::NotBefore.lte(real_now));
    let abandoned =
        entity::Column::State.eq(entity::State::Running).and(entity::Column::LeaseUntil.lt(real_now));
    Condition::all().add(entity::Column::RunAt.lte(now)).add(Condition::any().add(waiting).add(abandoned))
}

/// Claims up to `most` due jobs, oldest first. A job that was claimed too often without an end is buried instead.
pub async fn claim(db: &Db, now: Instant, real_now: Instant, most: u64) -> Result<Vec<Claim>, DbErr> {
    // Reading first keeps an idle worker from taking the write lock.
    if entity::Entity::find().filter(claimable(now, real_now)).limit(1).one(db.read()).await?.is_none() {
        return Ok(Vec::new());
    }
    let lease_until = real_now + chrono::TimeDelta::seconds(LEASE_SECONDS);
    let claimed = db
        .write(|tx| async move {
            let due = entity::Entity::find()
                .filter(claimable(now, real_now))
                .order_by_asc(entity::Column::RunAt)
                .order_by_asc(entity::Column::Id)
                .limit(most)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .all(&*tx)
                .await?;
            let mut claims = Vec::new();
            for job in due {
                let token = Uuid::now_v7();
                let exhausted = job.attempts >= job.max_attempts;
                let mut change = entity::Entity::update_many().filter(entity::Column::Id.eq(job.id));
                change = if exhausted {
                    change
                        .col_expr(entity::Column::State, Expr::value(entity::State::Dead))
                        .col_expr(entity::Column::EndedAt, Expr::value(real_now))
                } else {
                    change
                        .col_expr(entity::Column::State, Expr::value(entity::State::Running))
                        .col_expr(entity::Column::Attempts, Expr::value(job.attempts + 1))
                        .col_expr(entity::Column::LeaseUntil, Expr::value(lease_until))
                        .col_expr(entity::Column::LeaseToken, Expr::value(token))
                };
                change.exec(&*tx).await?;
                if exhausted {
                    let error = job.last_error.as_deref().unwrap_or("its workers died of it");
                    super::finish::mourn(job.id, &job.kind, error);
                }
                if !exhausted {
                    claims.push(Claim {
                        id: job.id,
                        kind: job.kind,
                        payload: job.payload,
                        run_at: job.run_at,
                        attempts: job.attempts + 1,
                        max_attempts: job.max_attempts,
                        token,
                    });
                }
            }
            Ok::<_, Fault<Never>>(claims)
        })
        .await;
    claimed.map_err(|fault| DbErr::Custom(fault.to_string()))
}

/// The domain's time of the next job after `now`, up to `to`: for a clock that is about to be moved.
pub async fn next_due(db: &Db, now: Instant, to: Instant) -> Result<Option<Instant>, DbErr> {
    let next = entity::Entity::find()
        .filter(entity::Column::State.eq(entity::State::Waiting))
        .filter(entity::Column::RunAt.gt(now))
        .filter(entity::Column::RunAt.lte(to))
        .order_by_asc(entity::Column::RunAt)
        .one(db.read())
        .await?;
    Ok(next.map(|job| job.run_at))
}

/// How many jobs run, or could be claimed now. Those that failed and wait for their next try are not among them.
pub async fn waiting(db: &Db, clock: &Clock) -> Result<u64, DbErr> {
    let running = Condition::all().add(entity::Column::State.eq(entity::State::Running));
    let due = Condition::any().add(claimable(clock.now(), clock.real_now())).add(running);
    entity::Entity::find().filter(due).count(db.read()).await
}

/// Resolves when nothing is due and nothing runs. Somebody must be working.
pub async fn drained(db: &Db, clock: &Clock) -> Result<(), DbErr> {
    loop {
        // Listens before it looks, so that no end between the two is missed.
        let ended = db.job_ended();
        if waiting(db, clock).await? == 0 {
            return Ok(());
        }
        // Another process may be the one that ends the last job: then nobody tells us.
        tokio::time::timeout(Duration::from_millis(20), ended).await.ok();
    }
}

/// How many jobs were ever done.
pub async fn done(db: &Db) -> Result<u64, DbErr> {
    entity::Entity::find().filter(entity::Column::State.eq(entity::State::Done)).count(db.read()).await
}

/// Prolongs the lease of a claim that is still being worked on; false when somebody else has it.
pub async fn heartbeat(db: &Db, claim: &Claim, real_now: Instant) -> Result<bool, DbErr> {
    let change = entity::ActiveModel {
        lease_until: Set(Some(real_now + chrono::TimeDelta::seconds(LEASE_SECONDS))),
        ..Default::default()
    };
    let done = entity::Entity::update_many()
        .set(change)
        .filter(entity::Column::Id.eq(claim.id))
        .filter(entity::Column::LeaseToken.eq(claim.token))
        .filter(entity::Column::State.eq(entity::State::Running))
        .exec(db.writer())
        .await?;
    Ok(done.rows_affected == 1)
}
