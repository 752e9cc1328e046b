//! Open streams end with the session that opened them, on every road.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, World, people::PASSWORD};

const HEARS: &str = "subscription { notificationReceived { id title } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_within_five_seconds_of_its_session() {
    let world = World::on_sqlite().await;
    let ann = world.guest("Ann").await;
    let mut socket = ann.socket().await;
    socket.subscribe(HEARS, Value::Null).await;
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", world.url))
        .bearer_auth(ann.token.as_ref().unwrap());
    let request = request.header("accept", "text/event-stream").json(&json!({ "query": HEARS }));
    let events = request.send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");

    // Another session of the same person goes on.
    let sign_in =
        "mutation($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } errors { code } } }";
    let second = world.stranger().done(sign_in, json!({ "email": ann.email, "password": PASSWORD })).await;
    let second = Client::new(&world.url, second["tokens"]["accessToken"].as_str().map(str::to_owned));
    let mut other = second.socket().await;

    ann.ask("mutation { signOut { signedOut errors { message } } }", Value::Null).await;
    let ended =
        tokio::time::timeout(Duration::from_secs(5), async { (socket.closed().await, events.text().await) });
    let (code, text) = ended.await.expect("it goes on");
    assert_eq!(code, 4403);
    assert!(text.unwrap().ends_with("event: complete\ndata:\n\n"));
    other.subscribe("{ viewer { email } }", Value::Null).await;
    assert_eq!(other.next().await["email"], ann.email.as_str());
    // And who has no session begins no stream.
    assert_eq!(ann.post("/graphql", json!({ "query": HEARS })).await.status(), 401);
    world.finish().await;
}
