//! Jobs that nobody tries any more: seen by the operator, and tried again when asked for.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use sojourn::{
    db::Tx,
    jobs::{self, Ask, claim, dead, entity, entity::State, finish, store},
    kernel::{Fault, JobId, Never},
};

use super::{ask, only, rows, start, store_all};
use crate::{
    both, both_stores,
    support::{World, process},
};

both_stores! {
    async fn a_dead_job_is_tried_again_as_if_it_were_new(place: Store) {
        let db = &place.db;
        let daily = || Ask { dedup_key: Some("today".to_owned()), ..ask("daily") };
        let put = async || {
            let stored = db.write(|tx: Tx| async move { Ok::<_, Fault<Never>>(store(&tx, daily()).await?) });
            stored.await.unwrap();
        };
        put().await;
        assert!(dead(db).await.unwrap().is_empty());
        entity::Entity::update_many()
            .col_expr(entity::Column::State, Expr::value(State::Dead))
            .col_expr(entity::Column::Attempts, Expr::value(10))
            .exec(db.writer())
            .await
            .unwrap();
        let id = only(db).await.id;
        assert_eq!(dead(db).await.unwrap().len(), 1);
        assert!(!jobs::retry(db, JobId::new()).await.unwrap());

        // Its key stands for another by now: both are worked on.
        put().await;
        assert!(jobs::retry(db, id).await.unwrap());
        assert!(!jobs::retry(db, id).await.unwrap(), "it is dead no more");
        let claims = claim(db, start(), start(), 10).await.unwrap();
        assert_eq!(claims.len(), 2);
        for claim in &claims {
            assert_eq!(claim.attempts, 1);
            assert!(finish(db, claim, start()).await.unwrap());
        }
        assert!(rows(db).await.iter().all(|row| row.state == State::Done));
        store_all(db, &["more"]).await;
    }
}

both! {
    async fn the_operator_lists_dead_jobs_and_lets_one_be_tried_again(world: World) {
        let guest = world.guest("Gustavo").await;
        world.settle().await;
        // A mail that failed ten times.
        crate::notifications::tell(&world.app, &guest, "hello").await;
        world.settle().await;
        let mailed = entity::Column::Kind.eq("notifications.mail");
        let mark = async |state: State, error: Option<&str>| {
            entity::Entity::update_many()
                .col_expr(entity::Column::State, Expr::value(state))
                .col_expr(entity::Column::Attempts, Expr::value(10))
                .col_expr(entity::Column::LastError, Expr::value(error.map(str::to_owned)))
                .filter(mailed.clone())
                .exec(world.app.db.writer())
                .await
                .unwrap();
        };
        mark(State::Dead, Some("the mail server is away")).await;
        let id = dead(&world.app.db).await.unwrap().remove(0).id.to_string();

        let listed = process::run(world, &["jobs"]);
        let said = String::from_utf8_lossy(&listed.stdout).into_owned();
        for part in [id.as_str(), "notifications.mail", "the mail server is away"] {
            assert!(said.contains(part), "{said}");
        }
        process::run_well(world, &["jobs", "retry", &id]);
        assert!(!process::run(world, &["jobs", "retry", &id]).status.success(), "it is dead no more");
        until_done(world, &id).await;
        mark(State::Done, None).await;
    }
}

/// The command is another process: the worker finds the job when it looks.
async fn until_done(world: &World, id: &str) {
    let id: JobId = id.parse().unwrap();
    crate::support::until(async || {
        let row = entity::Entity::find_by_id(id).one(world.app.db.read()).await.unwrap().unwrap();
        row.state == State::Done && row.attempts == 1
    })
    .await;
}
