//! Which failures mean that two writers were in each other's way, so that trying again makes sense. Nothing else.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};

/// PostgreSQL's serialization failure, deadlock and lock timeout; SQLite's busy, locked and busy snapshot.
const COLLISIONS: &[&str] = &["40001", "40P01", "55P03", "5", "6", "261", "517"];

/// PostgreSQL's word for two writers who wait for each other.
const DEADLOCK: &str = "40P01";

/// Whether the cause is a collision between writers.
pub fn is_collision(cause: &anyhow::Error) -> bool {
    has_code(cause, COLLISIONS)
}

/// Whether the cause is a deadlock: a collision that comes of locking in different orders, which is a fault of ours.
pub fn is_deadlock(cause: &anyhow::Error) -> bool {
    has_code(cause, &[DEADLOCK])
}

fn has_code(cause: &anyhow::Error, codes: &[&str]) -> bool {
    cause
        .chain()
        .filter_map(|error| error.downcast_ref::<DbErr>())
        .any(|error| database_code(error).is_some_and(|code| codes.contains(&code.as_str())))
}

/// The database's own code of an error.
pub fn database_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))
    | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
    else {
        return None;
    };
    Some(inner.as_database_error()?.code()?.into_owned())
}

/// A short wait before the next try, longer each time, with chance in it so that the two don't meet again.
pub async fn pause(tries: u32) {
    let most = 10_u64 << tries;
    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=most))).await;
}
