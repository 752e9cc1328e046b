//! Who asks for too much in a minute waits, by every road, at every server; others don't.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Client, Person, World, picture};

const MARKET: &str = "{ currencies { code } rateLimit { left perMinute } }";
/// The same again and again, under other names.
const DEAR: &str =
    "{ a: rateLimit { cost } b: amenities { code } c: amenities { code } d: amenities { code } }";

/// Asks until it is too much, which must be soon; returns how often it was not, and the last answer.
async fn exhaust(client: &Client, query: &str) -> (usize, StatusCode, Value) {
    for times in 0..500 {
        let (status, answer) = client.send(query, Value::Null).await;
        if is_too_often(&answer) {
            return (times, status, answer);
        }
    }
    panic!("there is no limit");
}

fn is_too_often(answer: &Value) -> bool {
    let extensions = &answer["errors"][0]["extensions"];
    extensions["code"] == "RATE_LIMITED" && extensions["retryAfter"].as_u64().is_some_and(|wait| wait >= 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_asks_for_too_much_waits_on_every_road() {
    let world = World::with_flags(&["--rate-limit-address=100"]).await;
    let stranger = world.stranger();
    // What is left is told, with the answer and when asked for, and it is the same.
    let response = stranger.post("/graphql", json!({ "query": MARKET })).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["data"]["rateLimit"]["perMinute"], 100);
    assert_eq!(answer["data"]["rateLimit"]["left"], answer["extensions"]["cost"]["left"]);
    let left = answer["data"]["rateLimit"]["left"].as_u64().unwrap();
    assert!((80..100).contains(&left), "{left}");

    let (times, status, answer) = exhaust(&stranger, MARKET).await;
    assert!((2..100).contains(&times), "{times}");
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(is_too_often(&answer), "{answer}");
    let response = stranger.post("/graphql", json!({ "query": DEAR })).await;
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // Aliases buy nothing, nor does nonsense, nor another road.
    for query in [DEAR, "{ nonsense }", "{"] {
        let (times, status, answer) = exhaust(&stranger, query).await;
        assert!(times < 20 && status == StatusCode::TOO_MANY_REQUESTS, "{query}, {times} times: {answer}");
    }
    let mut socket = stranger.socket().await;
    socket.subscribe(DEAR, Value::Null).await;
    let refused = socket.receive().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    // The rest of the house is open.
    assert_eq!(stranger.fetch("/livez").await.status(), 200);
    assert_eq!(stranger.fetch("/").await.status(), 200);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_person_has_an_own_allowance() {
    let world = World::with_flags(&["--rate-limit-person=300"]).await;
    let (ann, bob) = (world.guest("Ann").await, world.guest("Bob").await);
    let (_, status, answer) = exhaust(&ann, MARKET).await;
    assert!(status == StatusCode::TOO_MANY_REQUESTS && is_too_often(&answer), "{answer}");
    // A second device is the same person.
    assert!(exhaust(&again(&world, &ann), MARKET).await.0 < 20);
    bob.ask(MARKET, Value::Null).await;
    world.stranger().ask(MARKET, Value::Null).await;
    world.finish().await;
}

fn again(world: &World, person: &Person) -> Client {
    Client::new(&world.url, person.token.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_graphql_is_counted_by_request() {
    let world = World::with_flags(&["--rate-limit-requests=30", "--rate-limit-uploads=2"]).await;
    let host = world.host("Hanna").await;
    for status in [201, 201, 429] {
        let response = host.post_bytes("/uploads", "image/jpeg", picture::jpeg(200, 100)).await;
        assert_eq!(response.status(), status);
    }
    let stranger = world.stranger();
    let mut response = stranger.fetch("/").await;
    for _ in 0..40 {
        if response.status() != 200 {
            break;
        }
        response = stranger.fetch("/").await;
    }
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "RATE_LIMITED");
    // Those who must come, may.
    assert_eq!(stranger.fetch("/livez").await.status(), 200);
    assert_eq!(stranger.fetch("/readyz").await.status(), 200);
    assert_eq!(stranger.post_webhook(b"{}", "t=1,v1=00").await, 400);
    stranger.ask(MARKET, Value::Null).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_can_not_be_sent_without_end() {
    let world = World::with_flags(&["--rate-limit-sign-ups=3"]).await;
    let mutation =
        "mutation($input: SignUpInput!) { signUp(input: $input) { errors { code retryAfterSeconds } } }";
    let mut codes = Vec::new();
    for n in 0..5 {
        let input = json!({
            "email": format!("somebody-{n}@example.org"), "password": "vexing-Krakow-teapot", "displayName": "Somebody",
        });
        let payload = world.stranger().attempt(mutation, input).await;
        if let Some(error) = payload["errors"].get(0) {
            assert!(error["retryAfterSeconds"].as_u64().unwrap() >= 1);
            codes.push(error["code"].clone());
        }
    }
    assert_eq!(codes, ["RATE_LIMITED", "RATE_LIMITED"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_one_allowance() {
    let Some(one) = World::on_postgres_and_redis_with(&["--rate-limit-person=300"]).await else { return };
    let two = one.sibling().await;
    let ann = one.guest("Ann").await;
    exhaust(&ann, MARKET).await;
    let elsewhere = again(&two, &ann);
    assert!(exhaust(&elsewhere, MARKET).await.0 < 20);
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_what_they_know_of_who_guesses() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let ann = one.guest("Ann").await;
    let mutation =
        "mutation($input: SignInInput!) { signIn(input: $input) { errors { code retryAfterSeconds } } }";
    let guess = async |at: &World| {
        let input = json!({ "email": ann.email, "password": "not the password" });
        at.stranger().attempt(mutation, input).await["errors"][0].clone()
    };
    for n in 0..6 {
        let error = guess(if n % 2 == 0 { &one } else { &two }).await;
        assert_eq!(error["code"], if n < 5 { "WRONG_CREDENTIALS" } else { "RATE_LIMITED" }, "guess {n}");
    }
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_there_are_limits_all_the_same() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let redis = format!("--redis-url=redis://{nobody}");
    let world = World::with_flags(&["--rate-limit-person=300", &redis]).await;
    let ann = world.guest("Ann").await;
    let (_, status, answer) = exhaust(&ann, MARKET).await;
    assert!(status == StatusCode::TOO_MANY_REQUESTS && is_too_often(&answer), "{answer}");
    // Others go on as if nothing had happened.
    world.stranger().ask(MARKET, Value::Null).await;
    world.finish().await;
}
