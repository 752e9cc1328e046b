//! What accounts need no more: sign-ups whose link has ended, sessions that have, answers to old keys.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, Condition, DbErr};

use super::{idempotent_answer, pending_sign_up, refresh_token::IDLE_DAYS, session};
use crate::{
    db::{Db, delete_in_batches},
    kernel::clock::Instant,
};

/// For how many days the answer to an idempotency key is given again.
pub const ANSWERS_DAYS: i64 = 30;

/// For how many days a session that has ended is kept: its old tokens are known for what they are.
pub const SESSIONS_DAYS: i64 = 30;

/// For how many days a sign-up is kept after its link has ended.
pub const SIGN_UPS_DAYS: i64 = 1;

/// Forgets sign-ups and sessions that have ended (by the machine's time, as they live); returns how many.
pub async fn forget_ended(db: &Db, real_now: Instant) -> Result<u64, DbErr> {
    let over = pending_sign_up::Column::ExpiresAt.lt(real_now - TimeDelta::days(SIGN_UPS_DAYS));
    let sign_ups = delete_in_batches::<pending_sign_up::Entity>(db, Condition::all().add(over)).await?;

    let then = real_now - TimeDelta::days(SESSIONS_DAYS);
    let ended = Condition::any()
        .add(session::Column::RevokedAt.lt(then))
        .add(session::Column::ExpiresAt.lt(then))
        .add(session::Column::RotatedAt.lt(then - TimeDelta::days(IDLE_DAYS)));
    Ok(sign_ups + delete_in_batches::<session::Entity>(db, ended).await?)
}

/// Forgets answers to idempotency keys that nobody sends any more (by the domain's time); returns how many.
pub async fn forget_answers(db: &Db, now: Instant) -> Result<u64, DbErr> {
    let old = idempotent_answer::Column::CreatedAt.lt(now - TimeDelta::days(ANSWERS_DAYS));
    delete_in_batches::<idempotent_answer::Entity>(db, Condition::all().add(old)).await
}
