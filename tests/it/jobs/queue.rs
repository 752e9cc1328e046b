//! The queue itself: stored with its cause, claimed by one, counted when claimed. No worker runs here.

use futures_util::future::join_all;
use sojourn::{
    db::Tx,
    jobs::{Ask, MAX_ATTEMPTS, claim, entity::State, fail, finish, store},
    kernel::{Fault, Never},
};

use super::{ask, only, rows, seconds, start, store_all};
use crate::both_stores;

both_stores! {
    async fn a_job_shares_the_fate_of_what_it_follows_from(place: Store) {
        let db = &place.db;
        let refused: Result<(), Fault<&str>> = db
            .write(|tx: Tx| async move {
                store(&tx, ask("never")).await?;
                Err(Fault::Refused("no"))
            })
            .await;
        assert!(matches!(refused, Err(Fault::Refused("no"))));
        assert!(rows(db).await.is_empty());
        assert!(claim(db, start(), start(), 10).await.unwrap().is_empty());

        // What is committed is there for whoever comes later, another process too.
        store_all(db, &["later"]).await;
        let other = place.again().await;
        assert!(claim(&other, start() - seconds(1), start(), 10).await.unwrap().is_empty(), "its time has not come");
        let claims = claim(&other, start(), start(), 10).await.unwrap();
        assert_eq!(claims.iter().map(|claim| claim.payload.as_str()).collect::<Vec<_>>(), ["later"]);
    }
}

both_stores! {
    async fn tries_are_counted_when_they_begin_and_the_tenth_is_the_last(place: Store) {
        let db = &place.db;
        store_all(db, &["kills its worker"]).await;
        // Each worker that takes it dies: nobody ever says how it ended.
        let mut now = start();
        for attempt in 1..=MAX_ATTEMPTS {
            let claims = claim(db, now, now, 10).await.unwrap();
            assert_eq!(claims.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [attempt]);
            assert_eq!(only(db).await.attempts, attempt);
            assert!(claim(db, now, now + seconds(59), 10).await.unwrap().is_empty(), "its lease holds a minute");
            now += seconds(61);
        }
        assert!(claim(db, now, now, 10).await.unwrap().is_empty());
        let row = only(db).await;
        assert_eq!((row.state, row.attempts), (State::Dead, MAX_ATTEMPTS));
        assert!(row.ended_at.is_some());
        assert!(claim(db, now, now + seconds(100_000), 10).await.unwrap().is_empty());
    }
}

both_stores! {
    async fn a_job_that_fails_waits_longer_each_time_and_is_dead_after_the_tenth(place: Store) {
        let db = &place.db;
        store_all(db, &["fails"]).await;
        let mut now = start();
        let mut last_wait = seconds(0);
        for attempt in 1..=MAX_ATTEMPTS {
            let claims = claim(db, now, now, 10).await.unwrap();
            assert_eq!(claims.len(), 1, "try {attempt}");
            assert!(fail(db, &claims[0], "it does not work", now).await.unwrap());
            let row = only(db).await;
            assert_eq!(row.last_error.as_deref(), Some("it does not work"));
            if attempt < MAX_ATTEMPTS {
                assert_eq!(row.state, State::Waiting);
                let wait = row.not_before - now;
                assert!(wait >= seconds(4) && wait <= seconds(3600 * 6 / 5) && wait > last_wait, "{wait}");
                assert!(claim(db, now, row.not_before - seconds(1), 10).await.unwrap().is_empty());
                (last_wait, now) = (wait, row.not_before);
            }
        }
        assert_eq!(only(db).await.state, State::Dead);
    }
}

both_stores! {
    async fn a_worker_that_was_given_up_changes_nothing(place: Store) {
        let db = &place.db;
        store_all(db, &["slow"]).await;
        let stale = claim(db, start(), start(), 10).await.unwrap().remove(0);
        let later = start() + seconds(61);
        let fresh = claim(db, later, later, 10).await.unwrap().remove(0);
        assert_eq!((stale.id, fresh.attempts), (fresh.id, 2));
        assert_ne!(stale.token, fresh.token);

        assert!(!finish(db, &stale, later).await.unwrap());
        assert!(!fail(db, &stale, "too late", later).await.unwrap());
        let row = only(db).await;
        assert_eq!((row.state, row.lease_token, row.last_error), (State::Running, Some(fresh.token), None));

        assert!(finish(db, &fresh, later).await.unwrap());
        assert!(!fail(db, &stale, "much too late", later).await.unwrap());
        assert!(!finish(db, &fresh, later).await.unwrap(), "an end is said once");
        assert_eq!(only(db).await.state, State::Done);
    }
}

both_stores! {
    async fn a_key_stands_for_one_piece_of_work_at_a_time(place: Store) {
        let db = &place.db;
        let put = |kind: &'static str, key: &'static str| async move {
            let ask = move || Ask { kind, payload: String::new(), dedup_key: Some(key.to_owned()), run_at: start() };
            let stored = db.write(|tx: Tx| async move {
                // Twice in one transaction as well.
                store(&tx, ask()).await?;
                store(&tx, ask()).await?;
                Ok::<_, Fault<Never>>(())
            });
            stored.await.unwrap();
        };
        join_all((0..20).map(|_| put("test", "a"))).await;
        assert_eq!(rows(db).await.len(), 1);
        put("test", "b").await;
        put("other", "a").await;
        assert_eq!(rows(db).await.len(), 3);

        // While it runs it still stands for the work; once that is done, there may be more.
        let claims = claim(db, start(), start(), 10).await.unwrap();
        put("test", "a").await;
        assert_eq!(rows(db).await.len(), 3);
        for claim in &claims {
            assert!(finish(db, claim, start()).await.unwrap());
        }
        put("test", "a").await;
        assert_eq!(rows(db).await.len(), 4);
    }
}
