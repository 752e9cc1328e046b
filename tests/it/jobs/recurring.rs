//! What comes back by itself, whatever becomes of it on one day; and jobs that are known to all servers at once.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use sojourn::{
    event::Event,
    jobs::entity::{self, State},
    search,
};

use super::{rows, start};
use crate::{both, both_stores, support::World};

both_stores! {
    async fn a_day_that_fails_does_not_stop_the_next(store: Store) {
        let db = &store.db;
        db.writer().execute_unprepared("ALTER TABLE search_row RENAME TO away").await.unwrap();
        assert!(search::turn_day(db, &[1; 32], start()).await.is_err());
        let tomorrow = rows(db).await.remove(0);
        assert_eq!((tomorrow.kind.as_str(), tomorrow.state), ("search.turn_day", State::Waiting));
        assert_eq!((tomorrow.run_at - start()).num_hours(), 16, "at midnight");
        // Tried again, it asks for no second one.
        assert!(search::turn_day(db, &[1; 32], start()).await.is_err());
        assert_eq!(rows(db).await.len(), 1);
    }
}

both! {
    async fn what_comes_back_is_asked_for_again_after_it_died(world: World) {
        world.settle().await;
        let of = |event: &Event| {
            entity::Entity::find()
                .filter(entity::Column::Kind.eq(event.kind()))
                .filter(entity::Column::State.is_in([State::Waiting, State::Running]))
        };
        let live = async || {
            let mut counts = Vec::new();
            for event in Event::RECURRING {
                counts.push(of(event).all(world.app.db.read()).await.unwrap().len());
            }
            counts
        };
        let once = vec![1; Event::RECURRING.len()];
        assert_eq!(live().await, once);
        world.stop().await;
        world.start(8).await;
        world.settle().await;
        assert_eq!(live().await, once, "a start asks for nothing twice");

        entity::Entity::update_many()
            .col_expr(entity::Column::State, Expr::value(State::Dead))
            .filter(entity::Column::State.eq(State::Waiting))
            .exec(world.app.db.writer())
            .await
            .unwrap();
        world.stop().await;
        world.start(8).await;
        world.settle().await;
        assert_eq!(live().await, once);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_one_server_stores_wakes_the_other() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let guest = one.guest("Gustavo").await;
    one.settle().await;
    // The other has no worker that could look by itself, so what wakes here is the message.
    two.without_workers().await;
    tokio::time::timeout(Duration::ZERO, two.app.db.job_stored()).await.ok();
    let woken = two.app.db.job_stored();
    crate::notifications::tell(&one.app, &guest, "hello").await;
    tokio::time::timeout(Duration::from_secs(60), woken).await.expect("a guard against hanging");
    one.settle().await;
    two.stop().await;
    one.finish().await;
}
