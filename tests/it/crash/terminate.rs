//! SIGTERM: what runs may end, new work is refused, open sockets are told to come back, and the exit is clean.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    both,
    support::{process::Process, until},
};

both! {
    async fn a_server_that_is_told_to_stop_finishes_what_it_began(world: World) {
        let guest = world.guest("Gustavo").await;
        world.settle().await;
        world.stop().await;
        let process = Process::start(world).await;
        let mut hears = guest.socket().await;
        hears.subscribe("subscription { notificationReceived { id } }", json!({})).await;

        // A request whose body is on its way: the server has begun with it when it says "100 Continue".
        let address = world.url.strip_prefix("http://").unwrap();
        let body = json!({ "query": "{ viewer { email } }" }).to_string();
        let (first, rest) = body.split_at(8);
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            guest.token.as_ref().unwrap(),
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut word = [0; 25];
        stream.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(first.as_bytes()).await.unwrap();

        process.terminate();
        assert_eq!(hears.closed().await, 1012);
        until(async || TcpStream::connect(address).await.is_err()).await;
        stream.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains(&guest.email), "{answer}");
        assert_eq!(process.ended().await, Some(0));
    }
}
