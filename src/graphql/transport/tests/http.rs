//! GraphQL over HTTP: statuses, types, headers, codes. The guard's own figures are tested beside it.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, header::HeaderMap};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::World;
use crate::graphql::transport::{door::Origins, limits::Limits};

const GRAPHQL: &str = "application/graphql-response+json";

struct Told {
    status: u16,
    headers: HeaderMap,
    body: Json,
}

impl Told {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Self { status, headers, body: serde_json::from_slice(&body).unwrap_or(Json::Null) }
    }

    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    async fn post(&self, accept: &str, body: Json) -> Told {
        let request = Client::new().post(self.url()).header("accept", accept).json(&body);
        Told::read(request.send().await.unwrap()).await
    }

    async fn ask(&self, query: &str) -> Told {
        self.post(GRAPHQL, json!({ "query": query })).await
    }

    async fn get(&self, query: &str, headers: &[(&str, &str)]) -> Told {
        let mut url = url::Url::parse(&self.url()).unwrap();
        url.query_pairs_mut().append_pair("query", query);
        let mut request = Client::new().get(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Told::read(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_query_is_answered_with_its_cost_and_the_requests_id() {
    let world = World::new().await;
    let told = world.ask("{hello items(first:3){maker{name}} cost requestId}").await;
    assert_eq!(told.status, 200);
    assert_eq!(told.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!(told.header("cache-control"), "no-store");
    assert_eq!(told.body["data"]["hello"], "world");
    assert_eq!(told.body["data"]["cost"], 4);
    assert_eq!(told.body["extensions"]["cost"], json!({"requested": 4, "budget": 1000}));
    assert_eq!(told.body["data"]["requestId"], told.header("x-request-id"));

    let told = world.get("{requestId}", &[("x-request-id", "from-the-proxy")]).await;
    assert_eq!(told.body["data"]["requestId"], "from-the-proxy");
    let told = world.get("{requestId}", &[("x-request-id", "not sane")]).await;
    assert_ne!(told.body["data"]["requestId"], "not sane");
}

#[tokio::test]
async fn request_errors_have_no_data_and_a_status_that_fits_the_type() {
    let world = World::new().await;
    let makers = (0..12).map(|n| format!("m{n}:maker{{name}}")).collect::<String>();
    let costly = format!("{{items(first:100){{{makers}}}}}");
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{nonsense}", "GRAPHQL_VALIDATION_FAILED"),
        ("{add(a:\"x\",b:1)}", "BAD_USER_INPUT"),
        ("query($a:Int!){add(a:$a,b:1)}", "BAD_USER_INPUT"),
        ("query A{hello} query B{hello}", "BAD_USER_INPUT"),
        ("subscription{silence}", "BAD_USER_INPUT"),
        ("mutation{signIn a:signIn}", "QUERY_LIMIT_EXCEEDED"),
        (costly.as_str(), "QUERY_LIMIT_EXCEEDED"),
    ] {
        for (accept, status) in [(GRAPHQL, 400), ("application/json", 200)] {
            let told = world.post(accept, json!({ "query": query })).await;
            assert_eq!((told.status, told.code()), (status, code), "{query} as {accept}: {}", told.body);
            assert!(told.body.get("data").is_none(), "{}", told.body);
            assert_eq!(told.body["errors"][0]["extensions"]["requestId"], told.header("x-request-id"));
        }
    }
    let told = world.ask(&format!("{{hello #{}\n}}", "x".repeat(16 * 1024))).await;
    assert_eq!((told.status, told.code()), (413, "PAYLOAD_TOO_LARGE"));
    let told = world.ask(&format!("{{add(a:{}", "[".repeat(2_000))).await;
    assert_eq!((told.status, told.code()), (400, "QUERY_LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn wrong_variables_are_bad_input() {
    let world = World::new().await;
    for (query, variables) in [
        ("query($a:Int!){add(a:$a,b:1)}", json!({"a": null})),
        ("query($a:Int!){add(a:$a,b:1)}", json!({"a": "x"})),
        ("query($a:ID!){__typename}", json!({"a": null})),
        ("query($b:Int!){add(a:1,b:$b)}", json!({"b": 101})),
    ] {
        let told = world.post(GRAPHQL, json!({ "query": query, "variables": variables })).await;
        assert_eq!(told.code(), "BAD_USER_INPUT", "{query} {variables}: {}", told.body);
    }
}

#[tokio::test]
async fn failures_of_ours_are_hidden_behind_a_reference() {
    let world = World::new().await;
    let told = world.ask("{hello fails}").await;
    assert_eq!((told.status, told.code()), (200, "INTERNAL_SERVER_ERROR"));
    assert_eq!(told.body["data"], json!({"hello": "world", "fails": null}));
    assert!(!told.body.to_string().contains("SELECT"), "{}", told.body);
    let reference = told.body["errors"][0]["extensions"]["reference"].as_str().unwrap();
    assert!(told.body["errors"][0]["message"].as_str().unwrap().contains(reference));

    let told = world.ask("{failsWholly}").await;
    assert_eq!((told.status, told.code()), (200, "INTERNAL_SERVER_ERROR"));
    assert!(told.body.get("data").is_some_and(Json::is_null), "it was executed: {}", told.body);
    assert!(!told.body.to_string().contains("passwd"));

    let told = world.ask("{panics}").await;
    assert_eq!((told.status, told.code()), (500, "INTERNAL_SERVER_ERROR"));
    assert!(!told.body.to_string().contains("index"));

    let told = world.ask("{missing}").await;
    assert_eq!((told.status, told.code()), (200, "NOT_FOUND"));
    assert_eq!(told.body["errors"][0]["message"], "There is no such thing.");
}

#[tokio::test]
async fn malformed_requests_are_400_for_every_type() {
    let world = World::new().await;
    for body in
        [json!([]), json!([{"query": "{hello}"}]), json!({}), json!({"query": "{hello}", "variables": 1})]
    {
        for accept in [GRAPHQL, "application/json"] {
            let told = world.post(accept, body.clone()).await;
            assert_eq!((told.status, told.code()), (400, "BAD_USER_INPUT"), "{body}");
        }
    }
    let request = Client::new().post(world.url()).header("content-type", "application/json").body("{ \"not");
    let told = Told::read(request.send().await.unwrap()).await;
    assert_eq!((told.status, told.code()), (400, "BAD_USER_INPUT"));
}

#[tokio::test]
async fn types_that_are_not_ours_are_refused() {
    let world = World::new().await;
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
    {
        let request = Client::new().post(world.url()).header("content-type", content_type);
        let told = Told::read(request.body("{\"query\":\"{hello}\"}").send().await.unwrap()).await;
        assert_eq!(told.status, 415, "{content_type}");
    }
    assert_eq!(world.post("text/html", json!({"query": "{hello}"})).await.status, 406);
    assert_eq!(
        world.post("*/*", json!({"query": "{hello}"})).await.header("content-type"),
        "application/json; charset=utf-8"
    );
}

#[tokio::test]
async fn get_asks_and_post_changes() {
    let world = World::new().await;
    assert_eq!(world.get("{hello}", &[]).await.body["data"]["hello"], "world");
    for accept in [GRAPHQL, "application/json"] {
        let told = world.get("mutation{save}", &[("accept", accept)]).await;
        assert_eq!((told.status, told.header("allow")), (405, "POST"));
        assert!(told.header("x-saved").is_empty());
    }
    let told = world.ask("mutation{save}").await;
    assert_eq!((told.status, told.header("x-saved")), (200, "yes"));
    let told = Told::read(Client::new().delete(world.url()).send().await.unwrap()).await;
    assert_eq!((told.status, told.header("allow")), (405, "GET, POST"));
}

#[tokio::test]
async fn other_peoples_pages_cannot_ask_by_get() {
    let world = World::new().await;
    let elsewhere = [("sec-fetch-site", "cross-site"), ("accept", "image/avif,*/*;q=0.8")];
    let told = world.get("{hello}", &elsewhere).await;
    assert_eq!((told.status, told.code()), (403, "CSRF_PREVENTION"));
    let told = world.get("{hello}", &[("origin", "https://evil.test")]).await;
    assert_eq!((told.status, told.code()), (403, "CSRF_PREVENTION"));
    for allowed in [("accept", GRAPHQL), ("graphql-preflight", "1"), ("sec-fetch-site", "same-origin")] {
        assert_eq!(world.get("{hello}", &[allowed]).await.status, 200);
    }
    let preflighted = [elsewhere[0], elsewhere[1], ("graphql-preflight", "1")];
    assert_eq!(world.get("{hello}", &preflighted).await.status, 200);
}

#[tokio::test]
async fn a_browser_is_sent_to_graphiql() {
    let world = World::new().await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(world.url()).header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], "/graphiql");
}

#[tokio::test]
async fn tokens_are_checked_before_anything_is_read() {
    let world = World::new().await;
    let told = world.get("{viewer}", &[("authorization", "Bearer person-1")]).await;
    assert_eq!(told.body["data"]["viewer"], "person-1");
    assert_eq!(told.body["extensions"]["cost"]["budget"], 5000);
    for accept in [GRAPHQL, "application/json"] {
        let told = world.get("{viewer}", &[("authorization", "Bearer expired"), ("accept", accept)]).await;
        assert_eq!((told.status, told.code()), (401, "UNAUTHENTICATED"));
        assert!(told.header("www-authenticate").starts_with("Bearer"));
    }
    let told = world.get("{viewer}", &[("authorization", "Bearer busy")]).await;
    assert_eq!((told.status, told.code(), told.header("retry-after")), (429, "RATE_LIMITED", "2"));
    assert_eq!(told.body["errors"][0]["extensions"]["retryAfter"], 2);
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_and_no_more() {
    let world = World::new().await;
    let padded = |size: usize| {
        let mut body = b"{\"query\":\"{hello}\"}".to_vec();
        body.resize(size, b' ');
        Client::new().post(world.url()).header("content-type", "application/json").body(body)
    };
    assert_eq!(Told::read(padded(1024 * 1024).send().await.unwrap()).await.status, 200);
    let told = Told::read(padded(1024 * 1024 + 1).send().await.unwrap()).await;
    assert_eq!((told.status, told.code()), (413, "PAYLOAD_TOO_LARGE"));
    let told =
        world.post(GRAPHQL, json!({"query": "{hello}", "variables": {"x": "x".repeat(300_000)}})).await;
    assert_eq!((told.status, told.code()), (413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let limits = Limits { execution_time: Duration::from_millis(20), ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let told = world.ask("{never}").await;
    assert_eq!((told.status, told.code()), (503, "QUERY_LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn documents_are_persisted_by_their_hash() {
    let world = World::new().await;
    let hash = hex::encode(Sha256::digest("{hello}"));
    let by = |hash: &str| json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let told = world.post("application/json", json!({"extensions": by(&hash)})).await;
    assert_eq!((told.status, told.code()), (200, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(told.body["errors"][0]["message"], "PersistedQueryNotFound");
    let told = world.post(GRAPHQL, json!({"query": "{nothing}", "extensions": by(&hash)})).await;
    assert_eq!((told.status, told.code()), (400, "BAD_USER_INPUT"));
    let told = world.post(GRAPHQL, json!({"query": "{hello}", "extensions": by(&hash)})).await;
    assert_eq!(told.status, 200);
    let mut url = url::Url::parse(&world.url()).unwrap();
    url.query_pairs_mut().append_pair("extensions", &by(&hash).to_string());
    let told = Told::read(Client::new().get(url.as_str()).send().await.unwrap()).await;
    assert_eq!(told.body["data"]["hello"], "world");
}

#[tokio::test]
async fn subscriptions_come_as_events() {
    let world = World::new().await;
    let ask = |query: &str, accept: &str| {
        Client::new().post(world.url()).header("accept", accept).json(&json!({ "query": query })).send()
    };
    let response = ask("subscription{count(to:2)}", "text/event-stream, application/json").await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let events: Vec<_> = text.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 3, "{text}");
    assert_eq!(events[1], "event: next\ndata: {\"data\":{\"count\":2}}");
    assert_eq!(events[2].trim_end(), "event: complete\ndata:");

    let told = Told::read(ask("subscription{nonsense", "text/event-stream").await.unwrap()).await;
    assert_eq!(told.code(), "GRAPHQL_PARSE_FAILED");
    let text = ask("{hello}", "text/event-stream").await.unwrap().text().await.unwrap();
    assert!(text.starts_with("event: next\ndata: {\"data\":{\"hello\":\"world\"}"), "{text}");

    let open = ask("subscription{silence}", "text/event-stream").await.unwrap();
    world.until_open(1).await;
    world.gate.shutdown.cancel();
    assert!(open.text().await.unwrap().contains("complete"));
    world.until_open(0).await;
}
