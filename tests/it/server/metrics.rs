//! What the server counts is told on an address of its own, and says nothing of anybody.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Client, World, people::PASSWORD};

async fn metrics(world: &World) -> String {
    let response = reqwest::get(format!("http://{}/metrics", world.metrics().await.unwrap())).await.unwrap();
    assert!(response.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("application/openmetrics-text"));
    response.text().await.unwrap()
}

/// The value of the line that begins so.
fn value(text: &str, line: &str) -> f64 {
    let found = text.lines().find_map(|known| known.strip_prefix(line)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("there is no {line} in\n{text}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_is_counted_by_route_and_kind() {
    let world = World::with_flags(&["--metrics-listen=127.0.0.1:0"]).await;
    let ann = world.guest("Ann").await;
    let before = metrics(&world).await;
    ann.ask("{ viewer { email } }", Value::Null).await;
    assert_eq!(ann.refused("{ nonsense }", Value::Null).await, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(
        world.stranger().refused("{ viewer { sessions { nodes { id } } } ", Value::Null).await,
        "GRAPHQL_PARSE_FAILED"
    );
    assert_eq!(world.stranger().fetch("/no-such-page").await.status(), 404);
    let socket = ann.socket().await;
    let after = metrics(&world).await;

    let grew =
        |line: &str| value(&after, line) - if before.contains(line) { value(&before, line) } else { 0.0 };
    assert_eq!(grew(r#"sojourn_graphql_operations_total{kind="query",code="OK"}"#), 1.0);
    assert_eq!(
        grew(r#"sojourn_graphql_operations_total{kind="query",code="GRAPHQL_VALIDATION_FAILED"}"#),
        1.0
    );
    assert_eq!(grew(r#"sojourn_graphql_operations_total{kind="unknown",code="GRAPHQL_PARSE_FAILED"}"#), 1.0);
    assert_eq!(grew(r#"sojourn_http_requests_total{method="POST",route="/graphql",status="200"}"#), 1.0);
    assert_eq!(grew(r#"sojourn_http_requests_total{method="GET",route="none",status="404"}"#), 1.0);
    assert_eq!(grew(r#"sojourn_graphql_operation_seconds_count{kind="query"}"#), 2.0);
    assert_eq!(value(&after, "sojourn_open_streams "), 1.0);
    assert_eq!(value(&after, r#"sojourn_jobs{state="dead"}"#), 0.0);
    assert!(grew("sojourn_db_statements_total ") >= 1.0);
    assert!(value(&after, r#"sojourn_db_connections{state="open"}"#) >= 1.0);
    assert!(after.ends_with("# EOF\n"), "it is whole");
    // Strangers find nothing of it on the server's own address.
    assert_eq!(world.stranger().fetch("/metrics").await.status(), 404);
    drop(socket);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_somebody_wrote_is_told() {
    const CANARY: &str = "canary";
    let world = World::with_flags(&["--metrics-listen=127.0.0.1:0"]).await;
    let ann = world.guest("canary-name").await;
    let token = format!("{CANARY}-token");
    let client = Client::new(&world.url, Some(token));
    client.post("/graphql", json!({ "query": format!("query {CANARY} {{ {CANARY} }}") })).await;
    client.post_bytes("/uploads", "image/jpeg", CANARY.into()).await;
    client.fetch(&format!("/{CANARY}?{CANARY}={CANARY}")).await;
    client.fetch(&format!("/files/{CANARY}")).await;
    client.post(&format!("/{CANARY}"), json!({ CANARY: CANARY })).await;
    ann.ask("query canary { canary: viewer { email } }", Value::Null).await;
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }";
    let input =
        json!({ "email": format!("{CANARY}@example.org"), "password": format!("{CANARY} {PASSWORD}") });
    ann.attempt(sign_in, input).await;
    let method = reqwest::Method::from_bytes(b"CANARY").unwrap();
    reqwest::Client::new().request(method, &world.url).send().await.unwrap();

    let text = metrics(&world).await.to_lowercase();
    for secret in [CANARY, &ann.id, &ann.email.to_lowercase(), "usr_", PASSWORD] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains(r#"route="/files/{*key}""#) && text.contains(r#"method="other""#), "{text}");
    world.finish().await;
}
