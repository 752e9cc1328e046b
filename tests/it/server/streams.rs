//! Open streams end with the session or the token that opened them, on every road.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sojourn::accounts::access_token;

use crate::support::{Client, Person, World, people::PASSWORD};

const HEARS: &str = "subscription { notificationReceived { id title } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_within_five_seconds_of_its_session() {
    let world = World::on_sqlite().await;
    let ann = world.guest("Ann").await;
    let mut socket = ann.socket().await;
    socket.subscribe(HEARS, Value::Null).await;
    let events = events(&ann).await;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_token() {
    let world = World::on_sqlite().await;
    let ann = world.guest("Ann").await;
    // Tokens live on the machine's time, which nobody moves: this one is almost at its end.
    let (token, end) = token_for(&world, &ann, TimeDelta::seconds(4)).await;
    let late = Client::new(&world.url, Some(token));
    let mut socket = late.socket().await;
    socket.subscribe(HEARS, Value::Null).await;
    assert_eq!(socket.first("{ viewer { email } }", Value::Null).await["data"]["viewer"]["email"], ann.email);
    let events = events(&late).await;

    let (code, text) = (socket.closed().await, events.text().await);
    let now = world.app.clock.real_now();
    assert_eq!(code, 4403);
    assert!(text.unwrap().ends_with("event: complete\ndata:\n\n"));
    assert!(now.timestamp() >= end.timestamp(), "it ended before its time");
    assert!(now < end + TimeDelta::seconds(5), "it went on until {now}, and its token until {end}");
    // And by this token none begins; the session goes on with another.
    assert_eq!(late.post("/graphql", json!({ "query": HEARS })).await.status(), 401);
    ann.socket().await.subscribe(HEARS, Value::Null).await;
    world.finish().await;
}

/// The notices of somebody as server-sent events.
async fn events(of: &Client) -> reqwest::Response {
    let request = reqwest::Client::new().post(format!("{}/graphql", of.url));
    let request = request.bearer_auth(of.token.as_ref().unwrap()).header("accept", "text/event-stream");
    let events = request.json(&json!({ "query": HEARS })).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    events
}

/// A token of somebody's session that was signed so long ago that only this much of its time is left.
async fn token_for(world: &World, person: &Person, left: TimeDelta) -> (String, DateTime<Utc>) {
    let sessions = person.get("{ viewer { sessions { nodes { id isCurrent } } } }", Value::Null).await;
    let sessions = sessions["sessions"]["nodes"].as_array().unwrap();
    let session =
        sessions.iter().find(|session| session["isCurrent"] == true).unwrap()["id"].as_str().unwrap();
    let app = &world.app;
    let signed_at = app.clock.real_now() + left - TimeDelta::minutes(access_token::MINUTES);
    let (user, session) = (person.id.parse().unwrap(), session.parse().unwrap());
    access_token::sign(&app.keys, &app.settings.public_url(), user, session, signed_at).unwrap()
}
