//! Workers: several at once, with jobs that fail, panic and hang. The queue's own promises are in `queue.rs`.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use sea_orm::{EntityTrait, sea_query::Expr};
use sojourn::{
    jobs::{
        Claim, Handler, Pace, Worker, done,
        entity::{self, State},
    },
    kernel::Clock,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{rows, start, store_all};
use crate::{both_stores, support::until};

/// A handler from an async function of the payload.
fn handler<F>(work: impl Fn(Claim) -> F + Send + Sync + 'static) -> Handler
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    Arc::new(move |claim| Box::pin(work(claim)))
}

both_stores! {
    async fn two_workers_never_have_one_job_at_once(store: Store) {
        const JOBS: usize = 1_000;
        let names: Vec<String> = (0..JOBS).map(|n| n.to_string()).collect();
        store_all(&store.db, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;

        let running = Arc::new(Mutex::new(HashSet::new()));
        let ran = Arc::new(Mutex::new(HashMap::<String, u32>::new()));
        let stop = CancellationToken::new();
        let mut workers = Vec::new();
        for db in [store.db.clone(), store.again().await] {
            let (running, ran) = (running.clone(), ran.clone());
            let work = handler(move |claim| {
                let (running, ran) = (running.clone(), ran.clone());
                async move {
                    assert!(running.lock().unwrap().insert(claim.payload.clone()), "{} runs twice", claim.payload);
                    tokio::task::yield_now().await;
                    running.lock().unwrap().remove(&claim.payload);
                    *ran.lock().unwrap().entry(claim.payload).or_default() += 1;
                    Ok(())
                }
            });
            workers.push(tokio::spawn(Worker::new(db, Clock::standing(start()), work, 8).run(stop.clone())));
        }
        until(async || done(&store.db).await.unwrap() == JOBS as u64).await;
        stop.cancel();
        for worker in workers {
            worker.await.unwrap();
        }

        let ran = ran.lock().unwrap().clone();
        assert_eq!(ran.len(), JOBS);
        assert!(ran.values().all(|times| *times == 1), "{ran:?}");
        let rows = rows(&store.db).await;
        assert!(rows.iter().all(|row| row.state == State::Done && row.attempts == 1 && row.last_error.is_none()));
    }
}

both_stores! {
    async fn a_poison_job_stands_in_nobodys_way(store: Store) {
        let db = &store.db;
        // The poison is oldest, and so comes first.
        store_all(db, &["panic", "fail", "hang", "panic", "fail"]).await;
        store_all(db, &["fine"; 50]).await;
        let release = Arc::new(Notify::new());
        let hung = release.clone();
        let work = handler(move |claim| {
            let hung = hung.clone();
            async move {
                match claim.payload.as_str() {
                    "panic" => panic!("on purpose"),
                    "fail" => anyhow::bail!("on purpose"),
                    "hang" => hung.notified().await,
                    _ => {}
                }
                Ok(())
            }
        });
        let stop = CancellationToken::new();
        let worker = Worker::new(db.clone(), Clock::standing(start()), work, 4);
        let worker = tokio::spawn(worker.run(stop.clone()));

        // All others are done while one still hangs.
        until(async || done(db).await.unwrap() == 50).await;
        let of = |state: State, rows: &[sojourn::jobs::entity::Model]| {
            let mut of: Vec<_> = rows.iter().filter(|row| row.state == state).map(|row| row.payload.clone()).collect();
            of.sort();
            of
        };
        let after = rows(db).await;
        assert_eq!(of(State::Running, &after), ["hang"]);
        assert_eq!(of(State::Waiting, &after), ["fail", "fail", "panic", "panic"]);
        for row in after.iter().filter(|row| row.state == State::Waiting) {
            assert_eq!(row.attempts, 1);
            assert_eq!(row.last_error.as_deref(), Some(if row.payload == "panic" { "panicked" } else { "on purpose" }));
        }

        // Told to stop, the worker claims nothing more and lets what runs come to its end.
        stop.cancel();
        store_all(db, &["too late"]).await;
        release.notify_one();
        worker.await.unwrap();
        let after = rows(db).await;
        assert_eq!(of(State::Done, &after).iter().filter(|name| *name == "hang").count(), 1);
        assert!(of(State::Waiting, &after).contains(&"too late".to_owned()));
    }
}

both_stores! {
    async fn what_is_due_is_worked_on_in_order_with_all_that_follows(store: Store) {
        let db = store.db.clone();
        store_all(&db, &["first", "second"]).await;
        let ran = Arc::new(Mutex::new(Vec::new()));
        let (seen, inside) = (ran.clone(), db.clone());
        let work = handler(move |claim| {
            let (seen, db) = (seen.clone(), inside.clone());
            async move {
                if claim.payload == "first" {
                    store_all(&db, &["follows"]).await;
                }
                seen.lock().unwrap().push(claim.payload);
                Ok(())
            }
        });
        let worker = Worker::new(db, Clock::standing(start()), work, 8);
        assert_eq!(worker.run_due().await, 3);
        assert_eq!(*ran.lock().unwrap(), ["first", "second", "follows"]);
        assert_eq!(worker.run_due().await, 0);
    }
}

both_stores! {
    async fn jobs_that_hang_give_up_their_places(store: Store) {
        let db = &store.db;
        store_all(db, &["hang"; 4]).await;
        store_all(db, &["fine"]).await;
        let work = handler(|claim| async move {
            if claim.payload == "hang" {
                std::future::pending::<()>().await;
            }
            Ok(())
        });
        let limit = |claim: &Claim| Duration::from_millis(if claim.payload == "hang" { 30 } else { 60_000 });
        let stop = CancellationToken::new();
        let worker = Worker::new(db.clone(), Clock::standing(start()), work, 4);
        let worker = tokio::spawn(worker.at_pace(Pace { limit, ..Pace::default() }).run(stop.clone()));

        until(async || done(db).await.unwrap() == 1).await;
        let hung: Vec<_> = rows(db).await.into_iter().filter(|row| row.payload == "hang").collect();
        assert!(hung.iter().any(|row| row.last_error.as_deref() == Some("took longer than 30ms")), "{hung:?}");
        stop.cancel();
        worker.await.unwrap();
    }
}

/// Says when it is dropped.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

both_stores! {
    async fn a_lease_is_kept_while_the_job_runs_and_a_lost_one_ends_it(store: Store) {
        let db = &store.db;
        store_all(db, &["long"]).await;
        let gone = Arc::new(Notify::new());
        let given_up = gone.clone();
        let work = handler(move |_| {
            let dropped = Dropped(given_up.clone());
            async move {
                let _dropped = dropped;
                std::future::pending().await
            }
        });
        let stop = CancellationToken::new();
        let worker = Worker::new(db.clone(), Clock::standing(start()), work, 1);
        let pace = Pace { beat: Duration::from_millis(5), ..Pace::default() };
        let worker = tokio::spawn(worker.at_pace(pace).run(stop.clone()));

        // Each beat moves the end of the lease.
        let lease = async || rows(db).await[0].lease_until;
        until(async || lease().await.is_some()).await;
        let first = lease().await;
        until(async || lease().await > first).await;
        assert_eq!((rows(db).await[0].state, rows(db).await[0].attempts), (State::Running, 1));

        // Somebody else has it now: the work is dropped, and its worker changes nothing more.
        let other = Uuid::now_v7();
        entity::Entity::update_many()
            .col_expr(entity::Column::LeaseToken, Expr::value(other))
            .exec(db.writer())
            .await
            .unwrap();
        gone.notified().await;
        stop.cancel();
        worker.await.unwrap();
        let row = rows(db).await.remove(0);
        assert_eq!((row.state, row.lease_token, row.last_error), (State::Running, Some(other), None));
    }
}
