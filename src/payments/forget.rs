//! What Stripe told us long ago and was worked on. What an admin must look at stays.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, Condition, DbErr};

use super::stripe_event;
use crate::{
    db::{Db, delete_in_batches},
    kernel::clock::Instant,
};

/// For how many days a notice of Stripe's is kept; Stripe repeats one for three days at most.
pub const EVENTS_DAYS: i64 = 90;

/// Forgets them (by the machine's time, as they came); returns how many.
pub async fn forget(db: &Db, real_now: Instant) -> Result<u64, DbErr> {
    let old = Condition::all()
        .add(stripe_event::Column::ReceivedAt.lt(real_now - TimeDelta::days(EVENTS_DAYS)))
        .add(stripe_event::Column::HandledAt.is_not_null())
        .add(stripe_event::Column::Problem.is_null());
    delete_in_batches::<stripe_event::Entity>(db, old).await
}
