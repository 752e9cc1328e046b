//! Work for later, over a database with nobody else at work on it.

mod dead;
mod queue;
mod recurring;
mod worker;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::EntityTrait;
use sojourn::{
    db::{Db, Tx},
    jobs::{Ask, entity, store},
    kernel::{Fault, Never},
};

/// When every test begins.
fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn seconds(n: i64) -> TimeDelta {
    TimeDelta::seconds(n)
}

fn ask(payload: &str) -> Ask {
    Ask { kind: "test", payload: payload.to_owned(), dedup_key: None, run_at: start() }
}

/// Stores jobs, each in the same transaction.
async fn store_all(db: &Db, payloads: &[&str]) {
    let stored = db.write(|tx: Tx| async move {
        for payload in payloads {
            store(&tx, ask(payload)).await?;
        }
        Ok::<_, Fault<Never>>(())
    });
    stored.await.unwrap();
}

async fn rows(db: &Db) -> Vec<entity::Model> {
    entity::Entity::find().all(db.read()).await.unwrap()
}

async fn only(db: &Db) -> entity::Model {
    let mut rows = rows(db).await;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}
