//! The index in process has what was committed: in whatever order, however long ago, and whatever was forgotten.

use std::{collections::BTreeMap, sync::Arc};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, TransactionTrait, sea_query::Expr,
};

use super::{SECRET, Server, market, noon};
use crate::{
    kernel::{Clock, ListingId},
    ledger::testing::on_each_database,
    search::{Keeper, Memory, change, changes, index::Listed, row},
};

/// Everything in the server's index.
async fn listed(server: &Server) -> BTreeMap<ListingId, Listed> {
    let all = |listed: &Listed| (listed.row.listing_id, listed.clone());
    server.memory.look(server, |index| index.iter().map(all).collect()).await.unwrap()
}

/// The index that has followed all changes is the one that a new server loads, and as well in order.
pub(super) async fn is_like_a_new_one(server: &Server) {
    let new = Server::on(server.db.clone());
    assert_eq!(listed(server).await, listed(&new).await);
    let shelves = async |server: &Server| server.memory.look(server, |index| index.shelves()).await.unwrap();
    assert_eq!(shelves(server).await, shelves(&new).await);
}

async fn set_price(conn: &impl ConnectionTrait, listing: ListingId, price: i64) {
    let update = row::Entity::update_many().col_expr(row::Column::Price, Expr::value(price));
    update.filter(row::Column::ListingId.eq(listing)).exec(conn).await.unwrap();
}

async fn price(server: &Server, listing: ListingId) -> Option<i64> {
    listed(server).await.get(&listing).map(|listed| listed.row.price)
}

/// On PostgreSQL the change with the smaller number may be committed last.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a transaction that stays open while others commit")]
async fn a_change_is_seen_once_it_is_committed_even_after_a_later_one() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
        let ids: Vec<ListingId> = listed(&db).await.into_keys().collect();
        if db.backend() == DbBackend::Postgres {
            let slow = db.writer().begin().await.unwrap();
            set_price(&slow, ids[0], 101).await;
            set_price(db.writer(), ids[1], 102).await;
            for _ in 0..3 {
                assert_ne!(price(&db, ids[0]).await, Some(101));
                assert_eq!(price(&db, ids[1]).await, Some(102));
            }
            slow.commit().await.unwrap();
            assert_eq!(price(&db, ids[0]).await, Some(101));
        }
        set_price(db.writer(), ids[2], 103).await;
        assert_eq!(price(&db, ids[2]).await, Some(103));
        row::Entity::delete_by_id(ids[2]).exec(db.writer()).await.unwrap();
        assert_eq!(price(&db, ids[2]).await, None);
        is_like_a_new_one(&db).await;
    })
    .await;
}

/// Many set the price of a listing of their own and look at once: each sees its own.
#[tokio::test]
async fn whoever_changes_a_row_sees_it_changed_at_once() {
    on_each_database(async |db| {
        let db = market(db, 16).await;
        let ids: Vec<ListingId> = listed(&db).await.into_keys().collect();
        let work = ids.into_iter().map(|id| {
            let server = Server { db: db.db.clone(), memory: db.memory.clone() };
            tokio::spawn(async move {
                for price_now in 1..20 {
                    set_price(server.writer(), id, price_now).await;
                    assert_eq!(price(&server, id).await, Some(price_now));
                }
            })
        });
        for worker in futures_util::future::join_all(work).await {
            worker.unwrap();
        }
        is_like_a_new_one(&db).await;
    })
    .await;
}

/// More changes than are read at once, and more than are kept.
#[tokio::test]
async fn a_server_that_has_not_asked_for_long_loads_everything_anew() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
        let id = listed(&db).await.into_keys().next().unwrap();
        let change = |price: i64| format!("UPDATE search_row SET price = {price}");
        for price in 1..=200 {
            db.writer().execute_unprepared(&change(price)).await.unwrap();
        }
        assert_eq!(price(&db, id).await, Some(200));
        is_like_a_new_one(&db).await;

        db.writer().execute_unprepared(&change(201)).await.unwrap();
        let newest = "DELETE FROM search_change WHERE seq < (SELECT MAX(seq) FROM search_change)";
        db.writer().execute_unprepared(newest).await.unwrap();
        let spent = db.statements();
        assert_eq!(price(&db, id).await, Some(201));
        assert!(db.statements() - spent > 2);
        is_like_a_new_one(&db).await;
        let spent = db.statements();
        assert_eq!(price(&db, id).await, Some(201));
        assert_eq!(db.statements() - spent, 1);
    })
    .await;
}

#[tokio::test]
async fn only_old_changes_are_forgotten_and_the_log_is_never_empty() {
    on_each_database(async |db| {
        let db = market(db, 3).await;
        let count = async || change::Entity::find().all(db.read()).await.unwrap().len();
        let before = count().await;
        assert_eq!(changes::forget(&db).await.unwrap(), 0);
        assert_eq!(count().await, before);
        db.writer()
            .execute_unprepared("UPDATE search_change SET seq = seq + 30000 WHERE seq > 2")
            .await
            .unwrap();
        assert_eq!(changes::forget(&db).await.unwrap(), 2);
        // Changes of another life of the database would be asked for again each time.
        if db.backend() == DbBackend::Postgres {
            db.writer().execute_unprepared("UPDATE search_change SET xid = xid + 1000000").await.unwrap();
        }
        db.writer().execute_unprepared("UPDATE search_row SET price = 5").await.unwrap();
        db.write(|tx| async move { Ok::<_, crate::kernel::Fault<()>>(changes::begin(&tx).await?) })
            .await
            .unwrap();
        let left = change::Entity::find().all(db.read()).await.unwrap();
        let listings =
            left.iter().filter(|change| change.xid < 1_000_000 || db.backend() == DbBackend::Sqlite);
        assert!(listings.count() >= 3 && left.len() <= before + 3, "{left:?}");
        let all = left.iter().all(|change| change.xid < 1_000_000);
        assert!(all, "{left:?}");
        db.writer().execute_unprepared("DELETE FROM search_change").await.unwrap();
        db.write(|tx| async move { Ok::<_, crate::kernel::Fault<()>>(changes::begin(&tx).await?) })
            .await
            .unwrap();
        assert_eq!(count().await, 1);
        let server = Server {
            db: db.db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))),
            memory: Memory::default(),
        };
        is_like_a_new_one(&server).await;
    })
    .await;
}
