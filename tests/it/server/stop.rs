//! The end of a server has one limit, however much hangs.

use std::time::{Duration, Instant};

use sojourn::server::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{ListingAsk, World, people::in_days, stripe::CREATE_INTENT, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_hangs_shares_one_limit() {
    let world = World::on_sqlite().await;
    let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
    let guest = world.guest("Gustavo").await;
    world.settle().await;
    world.stop().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let explorer = sojourn::server::demo::explorer(world.app.clone());
    let server = Server::start(world.app.clone(), listener, explorer).await.unwrap();
    let guest = crate::support::Client::new(&format!("http://{address}"), guest.token.clone());

    // A request that never ends, and one whose payment (and then its job) waits for a Stripe that does not answer.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\
         expect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut word = [0; 25];
    stream.read_exact(&mut word).await.unwrap();
    world.switches().slow(CREATE_INTENT, Duration::from_secs(300));
    let person = crate::support::Person {
        client: guest,
        id: String::new(),
        email: String::new(),
        refresh_token: String::new(),
    };
    let check_in = in_days(&world, 20);
    let booking = tokio::spawn(async move {
        let quote = person.quoted(&listing, check_in, 2).await;
        person
            .try_send(
                crate::support::people::BOOK,
                serde_json::json!({ "input": { "quoteId": quote, "idempotencyKey": "x" } }),
            )
            .await
    });
    until(async || world.switches().calls(CREATE_INTENT) > 0).await;

    let began = Instant::now();
    server.stop_within(Duration::from_secs(3)).await;
    assert!(began.elapsed() < Duration::from_millis(5_900), "{:?}", began.elapsed());
    booking.abort();
}
