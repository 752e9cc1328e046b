//! What the tests share.
//! No assertion about the product: those belong to the tests.

use std::time::Duration;

pub mod browser;
pub mod client;
pub mod disputes;
pub mod feed;
pub mod payouts;
pub mod people;
pub mod refunds;
pub mod picture;
pub mod process;
pub mod schema;
pub mod socket;
pub mod store;
pub mod stripe;
pub mod world;

pub use client::{Client, only_error};
pub use people::{ListingAsk, Person};
pub use store::Store;
pub use world::World;

/// Looks until something is so. The minute is a guard against hanging, not a limit.
pub async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    let so = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), so).await.expect("it never comes about");
}

/// A test that runs on SQLite with everything in process, and again on PostgreSQL and Redis where `TEST_DATABASE_URL`
/// and `TEST_REDIS_URL` say where they are. At its end nothing may be left over: see [`World::finish`].
#[macro_export]
macro_rules! both {
    ($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($world: &$crate::support::World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let world = $crate::support::World::on_sqlite().await;
                story(&world).await;
                world.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_redis() {
                let Some(world) = $crate::support::World::on_postgres_and_redis().await else { return };
                story(&world).await;
                world.finish().await;
            }
        }
    };
}

/// A test of what needs only a database: once on a SQLite file, and once on a PostgreSQL schema where there is one.
#[macro_export]
macro_rules! both_stores {
    ($(#[$meta:meta])* async fn $name:ident($store:ident: Store) $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($store: &$crate::support::Store) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let store = $crate::support::Store::on_sqlite().await;
                story(&store).await;
                store.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let Some(store) = $crate::support::Store::on_postgres().await else { return };
                story(&store).await;
                store.finish().await;
            }
        }
    };
}
