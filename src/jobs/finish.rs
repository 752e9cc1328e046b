//! The end of a try: done, to be tried again later, or dead. Only the holder of the token is heard.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{Claim, entity};
use crate::{
    db::Db,
    kernel::{JobId, clock::Instant},
};

/// The wait before try number `attempts + 1`: 5 s doubling up to an hour, and up to 20 % more or less (`chance` from
/// 0 to 1), so that what failed together doesn't come back together.
pub fn backoff(attempts: i32, chance: f64) -> TimeDelta {
    let doublings = u32::try_from(attempts.max(1) - 1).unwrap_or(0).min(20);
    let seconds = (5_i64 << doublings).min(3600);
    #[allow(clippy::cast_possible_truncation, reason = "at most 1,440,000 ms")]
    let jitter = (seconds as f64 * 1000.0 * 0.2 * (2.0 * chance - 1.0)) as i64;
    TimeDelta::milliseconds(seconds * 1000 + jitter)
}

/// Marks a job as worked. False when the claim was lost meanwhile.
pub async fn finish(db: &Db, claim: &Claim, real_now: Instant) -> Result<bool, DbErr> {
    let done = held(claim)
        .col_expr(entity::Column::State, Expr::value(entity::State::Done))
        .col_expr(entity::Column::EndedAt, Expr::value(real_now))
        .exec(db.writer())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Marks a try as failed: the job waits for its next try, or is dead after the last.
pub async fn fail(db: &Db, claim: &Claim, error: &str, real_now: Instant) -> Result<bool, DbErr> {
    let error: String = error.chars().take(2_000).collect();
    let is_last = claim.attempts >= claim.max_attempts;
    let change = held(claim).col_expr(entity::Column::LastError, Expr::value(error.clone()));
    let change = if is_last {
        change
            .col_expr(entity::Column::State, Expr::value(entity::State::Dead))
            .col_expr(entity::Column::EndedAt, Expr::value(real_now))
    } else {
        change.col_expr(entity::Column::State, Expr::value(entity::State::Waiting)).col_expr(
            entity::Column::NotBefore,
            Expr::value(real_now + backoff(claim.attempts, rand::random())),
        )
    };
    let written = change.exec(db.writer()).await?.rows_affected == 1;
    if is_last && written {
        mourn(claim.id, &claim.kind, &error);
    }
    Ok(written)
}

/// Says aloud that a job is dead: nothing comes of it any more until somebody looks.
pub(super) fn mourn(job: JobId, kind: &str, error: &str) {
    tracing::error!(%job, kind, error, "a job is dead: see `sojourn jobs`, and `sojourn jobs retry {job}` once it can work");
}

fn held(claim: &Claim) -> sea_orm::UpdateMany<entity::Entity> {
    entity::Entity::update_many()
        .filter(entity::Column::Id.eq(claim.id))
        .filter(entity::Column::LeaseToken.eq(claim.token))
        .filter(entity::Column::State.eq(entity::State::Running))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_within_a_fifth() {
        assert_eq!(backoff(1, 0.5), TimeDelta::seconds(5));
        assert_eq!(backoff(4, 0.5), TimeDelta::seconds(40));
        assert_eq!(backoff(40, 1.0), TimeDelta::seconds(4320));
        assert_eq!(backoff(1, 0.0), TimeDelta::seconds(4));
    }
}
