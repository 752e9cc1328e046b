//! A server whose database fails while the index of search is loaded: it is not ready, and becomes so by itself, since
//! nobody is sent to a server that isn't ready.

use sea_orm::ConnectionTrait;
use serde_json::Value;
use sojourn::{
    app::App,
    search::Memory,
    server::{Server, demo},
};
use tokio::net::TcpListener;

use crate::support::{Client, World, until};

const SEARCH: &str = "{ searchListings(first: 1) { totalCount } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_loaded_at_the_start_is_loaded_once_it_can_be() {
    let world = World::on_sqlite().await;
    let rename = async |from: &str, to: &str| {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        world.app.db.writer().execute_unprepared(&sql).await.unwrap();
    };
    // The same server once more, which has nothing loaded yet.
    world.stop().await;
    rename("search_change", "away").await;
    let app = App { search: Memory::default(), ..world.app.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()), None);
    let explorer = demo::explorer(app.clone());
    let server = Server::start(app, listener, explorer).await.unwrap();
    let (_, answer) = client.send(SEARCH, Value::Null).await;
    assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer}");
    assert!(!client.is_ready().await);
    rename("away", "search_change").await;
    until(async || client.is_ready().await).await;
    assert_eq!(client.get(SEARCH, Value::Null).await["totalCount"], 0);
    server.stop().await;
    world.finish().await;
}
