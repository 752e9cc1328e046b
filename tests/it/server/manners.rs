//! How the server behaves towards browsers, networks and slow clients, in play and in business.

use std::time::Duration;

use reqwest::{Method, Response, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::World;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

async fn ask(world: &World, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.request(method, format!("{}{path}", world.url));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_business_nobody_explores_and_nobody_is_given_hints() {
    let world = World::in_business(&[]).await;
    let stranger = world.stranger();
    for query in ["{ __schema { types { name } } }", "{ __type(name: \"Query\") { name } }"] {
        let (_, answer) = stranger.send(query, Value::Null).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{answer}");
        assert!(
            answer["errors"][0]["message"].as_str().unwrap().contains("introspection is off"),
            "{answer}"
        );
    }
    let (_, answer) = stranger.send("{ currencie { code } }", Value::Null).await;
    assert!(!answer.to_string().contains("currencies"), "{answer}");
    assert_eq!(stranger.ask("{ __typename currencies { code } }", Value::Null).await["__typename"], "Query");
    assert_eq!(ask(&world, Method::GET, "/graphiql", &[]).await.status(), 404);
    let browser = ask(&world, Method::GET, "/graphql", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(browser.status(), 400, "there is nowhere to send a browser");
    assert_eq!(ask(&world, Method::GET, "/dev/mail", &[]).await.status(), 404);
    // Nobody is listed: no page elsewhere may read an answer, nor open a socket.
    let elsewhere = [("origin", "https://evil.example"), ("content-type", "application/json")];
    let answer = ask(&world, Method::GET, "/livez", &elsewhere).await;
    assert_eq!(header(answer.headers(), "access-control-allow-origin"), "");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_says_how_it_may_be_used() {
    let world =
        World::with_flags(&["--origins=https://www.example.org", "--public-url=https://api.example.org"])
            .await;
    for path in ["/", "/livez", "/no-such-page", "/graphql?query=%7B__typename%7D", "/.well-known/jwks.json"]
    {
        let answer = ask(&world, Method::GET, path, &[("accept", "application/json")]).await;
        let headers = answer.headers();
        assert_eq!(header(headers, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(headers, "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header(headers, "strict-transport-security"), "max-age=31536000", "{path}");
        assert!(header(headers, "content-security-policy").contains("frame-ancestors 'none'"), "{path}");
    }
    let keys: Value = ask(&world, Method::GET, "/.well-known/jwks.json", &[]).await.json().await.unwrap();
    assert_eq!(keys["keys"][0]["kty"], "OKP");
    assert!(keys["keys"][0].get("d").is_none(), "only the public half");
    let refused = ask(&world, Method::POST, "/uploads", &[("authorization", "Bearer none")]).await;
    assert_eq!(header(refused.headers(), "cache-control"), "no-store");

    let preflight = |origin: &'static str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,graphql-preflight"),
        ];
        let world = &world;
        async move { ask(world, Method::OPTIONS, "/graphql", &headers).await }
    };
    let ours = preflight("https://www.example.org").await;
    assert_eq!(header(ours.headers(), "access-control-allow-origin"), "https://www.example.org");
    assert!(header(ours.headers(), "access-control-allow-headers").contains("graphql-preflight"));
    assert_eq!(header(ours.headers(), "access-control-allow-credentials"), "");
    for origin in ["https://www.example.org.evil.test", "https://example.org", "null"] {
        assert_eq!(header(preflight(origin).await.headers(), "access-control-allow-origin"), "", "{origin}");
    }
    let answer = ask(&world, Method::GET, "/livez", &[("origin", "https://www.example.org")]).await;
    let exposed = header(answer.headers(), "access-control-expose-headers");
    assert!(exposed.contains("retry-after") && exposed.contains("x-request-id"), "{exposed}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_networks_may_not_come() {
    let world =
        World::with_flags(&["--trusted-proxies=127.0.0.1/32", "--deny-addresses=203.0.113.0/24"]).await;
    let from = |address: &'static str, path: &'static str| {
        let world = &world;
        async move { ask(world, Method::GET, path, &[("x-forwarded-for", address)]).await.status().as_u16() }
    };
    assert_eq!(from("203.0.113.9", "/").await, 403);
    assert_eq!(from("203.0.113.9", "/graphql?query=%7B__typename%7D").await, 403);
    assert_eq!(from("198.51.100.1, 203.0.113.9", "/").await, 403, "what a client writes is not believed");
    assert_eq!(from("203.0.113.9", "/livez").await, 200);
    assert_eq!(from("198.51.100.1", "/").await, 200);
    world.stop().await;
}

/// What the server says to bytes that never become a request, until it hangs up.
async fn said_to(world: &World, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(world.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = Vec::new();
    let heard = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut said)).await;
    heard.expect("the server waits for ever").ok();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_slow_is_not_waited_for() {
    let world = World::with_flags(&["--header-seconds=2", "--body-seconds=2", "--idle-seconds=2"]).await;
    // Nothing, half a head, the beginning of HTTP/2's preface, an answered request and then nothing.
    assert_eq!(said_to(&world, b"").await, "");
    assert_eq!(said_to(&world, b"GET / HTTP/1.1\r\nhost: x\r\n").await, "");
    assert_eq!(said_to(&world, b"PRI * HTTP/2.0\r\n").await, "");
    assert!(said_to(&world, b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    // Half a body, where GraphQL is read, and where pictures are.
    let host = world.host("Hanna").await;
    let token = host.token.clone().unwrap();
    for (path, kind) in [("/graphql", "application/json"), ("/uploads", "image/jpeg")] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\n\
             content-length: 100\r\nconnection: close\r\n\r\n{{"
        );
        let said = said_to(&world, head.as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 408"), "{path}: {said}");
    }
    // A socket that is quiet is not slow.
    let mut socket = host.socket().await;
    host.ask("{ currencies { code } }", Value::Null).await;
    said_to(&world, b"").await;
    socket.subscribe("{ currencies { code } }", json!({})).await;
    assert_eq!(socket.receive().await["type"], "next");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_when_too_many_are_served_comes_again() {
    let world = World::with_flags(&["--requests-at-once=1"]).await;
    let host = world.host("Hanna").await;
    let token = host.token.clone().unwrap();
    // One request that takes its time: its body doesn't come.
    let mut slow = TcpStream::connect(world.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST /uploads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: image/jpeg\r\n\
         content-length: 100\r\n\r\n"
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    crate::support::until(async || ask(&world, Method::GET, "/", &[]).await.status() == 503).await;
    let refused = ask(&world, Method::GET, "/", &[]).await;
    assert_eq!((refused.status().as_u16(), header(refused.headers(), "retry-after")), (503, "1"));
    assert_eq!(ask(&world, Method::GET, "/livez", &[]).await.status(), 200);
    drop(slow);
    crate::support::until(async || ask(&world, Method::GET, "/", &[]).await.status() == 200).await;
    world.stop().await;
}
