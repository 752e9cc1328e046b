//! graphql-transport-ws: the messages, and each code that a socket is closed with.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use super::World;
use crate::graphql::transport::{door::Origins, limits::Limits};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Client(Socket);

impl Client {
    async fn dial(world: &World, headers: &[(&'static str, &'static str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql", world.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    async fn open(world: &World) -> Self {
        Self::dial(world, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    /// Opens and is acknowledged.
    async fn ready(world: &World, payload: Json) -> Self {
        let mut client = Self::open(world).await;
        client.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.hear().await["type"], "connection_ack");
        client
    }

    async fn say(&mut self, message: Json) {
        self.raw(Message::text(message.to_string())).await;
    }

    async fn raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// The next message of the protocol.
    async fn hear(&mut self) -> Json {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The code that it is closed with, after whatever else is said.
    async fn closed(mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.0.next().await.unwrap().unwrap() {
                return frame.unwrap().code.into();
            }
        }
    }
}

#[tokio::test]
async fn operations_of_every_kind_are_answered() {
    let world = World::new().await;
    let mut client = Client::ready(&world, json!({"Authorization": "Bearer person-1"})).await;
    client.subscribe("1", "{viewer}").await;
    let next = client.hear().await;
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("1")));
    assert_eq!(next["payload"]["data"]["viewer"], "person-1");
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "1"}));

    client.subscribe("1", "mutation{save}").await;
    assert_eq!(client.hear().await["payload"]["data"]["save"], true);
    assert_eq!(client.hear().await["type"], "complete");

    client.subscribe("2", "subscription{count(to:3)}").await;
    for number in 1..=3 {
        assert_eq!(client.hear().await["payload"], json!({"data": {"count": number}}));
    }
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "2"}));

    client.say(json!({"type": "ping", "payload": {"at": 1}})).await;
    assert_eq!(client.hear().await, json!({"type": "pong", "payload": {"at": 1}}));
    client.say(json!({"type": "pong"})).await;
    client.say(json!({"type": "complete", "id": "unknown"})).await;
    client.subscribe("3", "{hello}").await;
    assert_eq!(client.hear().await["payload"]["data"]["hello"], "world");
}

#[tokio::test]
async fn what_is_refused_or_not_valid_is_an_error_and_not_a_next() {
    let world = World::new().await;
    let mut client = Client::ready(&world, Json::Null).await;
    let bomb = format!("{{add(a:{}", "[".repeat(2_000));
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription{nonsense}", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription($to:Int!){count(to:$to)}", "BAD_USER_INPUT"),
        (bomb.as_str(), "QUERY_LIMIT_EXCEEDED"),
    ] {
        client.subscribe("1", query).await;
        let error = client.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{query}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    // What a resolver refuses was executed.
    client.subscribe("1", "subscription{forbidden}").await;
    let next = client.hear().await;
    assert_eq!(next["type"], "next");
    assert_eq!(next["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(client.hear().await["type"], "complete");
    client.subscribe("1", "{fails}").await;
    assert!(!client.hear().await.to_string().contains("SELECT"));
}

#[tokio::test]
async fn a_completed_subscription_frees_its_id_and_its_place() {
    let world = World::with(Limits { subscriptions: 2, ..Limits::default() }, Origins::Any).await;
    let mut client = Client::ready(&world, Json::Null).await;
    client.subscribe("1", "subscription{silence}").await;
    client.subscribe("2", "subscription{silence}").await;
    client.subscribe("3", "{hello}").await;
    let error = client.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("3")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "QUERY_LIMIT_EXCEEDED");
    client.say(json!({"type": "complete", "id": "1"})).await;
    client.subscribe("1", "{hello}").await;
    assert_eq!(client.hear().await["payload"]["data"]["hello"], "world");
}

#[tokio::test]
async fn bad_messages_close_with_4400() {
    let world = World::new().await;
    for bad in [
        Message::text("not json"),
        Message::text("[]"),
        Message::text("{\"type\":\"dance\"}"),
        Message::text("{\"type\":\"subscribe\"}"),
        Message::text("{\"type\":\"subscribe\",\"id\":\"1\"}"),
        Message::text("{\"type\":\"subscribe\",\"id\":\"\",\"payload\":{\"query\":\"{hello}\"}}"),
        Message::text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":7}}"),
        Message::text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{}}"),
        Message::text("{\"type\":\"complete\"}"),
        Message::binary(b"{\"type\":\"ping\"}".to_vec()),
    ] {
        let mut client = Client::ready(&world, Json::Null).await;
        client.raw(bad.clone()).await;
        assert_eq!(client.closed().await, 4400, "{bad:?}");
    }
    let mut client = Client::open(&world).await;
    client.raw(Message::text("{\"type\":\"connection_init\",\"payload\":7}")).await;
    assert_eq!(client.closed().await, 4400);
}

#[tokio::test]
async fn subscribing_before_the_acknowledgement_closes_with_4401() {
    let world = World::new().await;
    let mut client = Client::open(&world).await;
    client.subscribe("1", "{hello}").await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn bad_tokens_and_ended_sessions_close_with_4403() {
    let world = World::new().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    for payload in [
        json!({"Authorization": "Bearer expired"}),
        json!({"authorization": "expired"}),
        json!({"token": "x"}),
    ] {
        let mut client = Client::open(&world).await;
        client.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.closed().await, 4403);
    }
    let mut client = Client::dial(&world, &[protocol, ("authorization", "Bearer expired")]).await.unwrap();
    client.say(json!({"type": "connection_init"})).await;
    assert_eq!(client.closed().await, 4403);

    let mut client = Client::dial(&world, &[protocol, ("authorization", "Bearer person-2")]).await.unwrap();
    client.say(json!({"type": "connection_init"})).await;
    assert_eq!(client.hear().await["type"], "connection_ack");
    client.subscribe("1", "{viewer}").await;
    assert_eq!(client.hear().await["payload"]["data"]["viewer"], "person-2");
    world.revoked.cancel();
    assert_eq!(client.closed().await, 4403);
    world.until_open(0).await;
}

#[tokio::test]
async fn another_subprotocol_closes_with_4406() {
    let world = World::new().await;
    assert_eq!(Client::dial(&world, &[]).await.unwrap().closed().await, 4406);
}

#[tokio::test]
async fn a_silent_start_closes_with_4408() {
    let limits = Limits { init_time: Duration::from_millis(50), ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let mut client = Client::open(&world).await;
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.closed().await, 4408);
}

#[tokio::test]
async fn the_same_id_twice_closes_with_4409() {
    let world = World::new().await;
    let mut client = Client::ready(&world, Json::Null).await;
    client.subscribe("1", "subscription{silence}").await;
    client.subscribe("1", "subscription{silence}").await;
    assert_eq!(client.closed().await, 4409);
}

#[tokio::test]
async fn too_many_inits_or_connections_close_with_4429() {
    let world = World::new().await;
    let mut client = Client::ready(&world, Json::Null).await;
    client.say(json!({"type": "connection_init"})).await;
    assert_eq!(client.closed().await, 4429);
    world.until_open(0).await;

    let person = json!({"token": "person-1"});
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(Client::ready(&world, person.clone()).await);
    }
    let mut sixth = Client::open(&world).await;
    sixth.say(json!({"type": "connection_init", "payload": person})).await;
    assert_eq!(sixth.closed().await, 4429);
    clients.pop();
    world.until_open(4).await;
    clients.push(Client::ready(&world, person).await);
    Client::ready(&world, json!({"token": "person-2"})).await;
}

#[tokio::test]
async fn large_messages_close_with_1009() {
    let world = World::new().await;
    let mut client = Client::ready(&world, Json::Null).await;
    let padded = |size: usize| {
        let text = json!({"type": "subscribe", "id": "1", "payload": {"query": "{hello}"}}).to_string();
        Message::text(format!("{text}{}", " ".repeat(size - text.len())))
    };
    client.raw(padded(64 * 1024)).await;
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(client.hear().await["type"], "complete");
    client.raw(padded(64 * 1024 + 1)).await;
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn a_server_that_goes_closes_with_1012() {
    let world = World::new().await;
    let waiting = Client::open(&world).await;
    let mut client = Client::ready(&world, Json::Null).await;
    client.subscribe("1", "subscription{silence}").await;
    world.gate.shutdown.cancel();
    assert_eq!(client.closed().await, 1012);
    assert_eq!(waiting.closed().await, 1012);
    world.gate.drained().await;
}

#[tokio::test]
async fn who_answers_no_ping_is_closed() {
    let limits =
        Limits { ping_every: Duration::from_millis(200), stall: Duration::from_secs(1), ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let mut alive = Client::ready(&world, Json::Null).await;
    let dead = Client::ready(&world, Json::Null).await;
    // The library answers pings while it is being read from; the other one is not.
    for _ in 0..4 {
        assert!(matches!(alive.0.next().await, Some(Ok(Message::Ping(_)))));
    }
    assert_eq!(dead.closed().await, 3008);
}

#[tokio::test]
async fn who_does_not_read_is_given_up() {
    let limits = Limits { stall: Duration::from_millis(100), ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let mut client = Client::ready(&world, Json::Null).await;
    world.until_open(1).await;
    client.subscribe("1", "subscription{flood}").await;
    world.until_open(0).await;
}

#[tokio::test]
async fn pages_from_elsewhere_open_no_socket() {
    let world = World::with(Limits::default(), Origins::Listed(vec!["https://app.test".to_owned()])).await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let Err(Error::Http(response)) = Client::dial(&world, &[protocol, ("origin", "https://evil.test")]).await
    else {
        panic!("the upgrade was accepted")
    };
    assert_eq!(response.status(), 403);
    assert!(Client::dial(&world, &[protocol, ("origin", "https://app.test")]).await.is_ok());
    assert!(Client::dial(&world, &[protocol]).await.is_ok());
}

#[tokio::test]
async fn an_event_that_takes_too_long_is_broken_off() {
    let limits = Limits { execution_time: Duration::from_millis(50), ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let mut client = Client::ready(&world, json!({})).await;
    client.subscribe("1", "subscription{slow{never}}").await;
    let said = client.hear().await.to_string();
    assert!(said.contains("QUERY_LIMIT_EXCEEDED") && said.contains("The event took too long."), "{said}");
}

#[tokio::test]
async fn a_subscription_that_does_not_begin_is_broken_off_and_one_that_only_waits_is_not() {
    let limits = Limits { execution_time: Duration::from_millis(50), ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let mut client = Client::ready(&world, json!({})).await;
    client.subscribe("waits", "subscription{silent}").await;
    client.subscribe("hangs", "subscription{beginsNever}").await;
    let next = client.hear().await;
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("hangs")));
    assert_eq!(next["payload"]["errors"][0]["extensions"]["code"], "QUERY_LIMIT_EXCEEDED");
    assert_eq!(next["payload"]["errors"][0]["path"], json!(["beginsNever"]));
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "hangs"}));
    // The other has been open for longer, and nothing was said of it.
    client.subscribe("3", "{hello}").await;
    assert_eq!(client.hear().await["id"], "3");
}

#[tokio::test]
async fn variables_that_are_too_much_are_the_operations_own_error() {
    let world = World::new().await;
    let mut client = Client::ready(&world, json!({})).await;
    for (variables, code) in [
        (json!({"a": vec![1; 251]}), "BAD_USER_INPUT"),
        (json!({"a": "x".repeat(40_000), "b": vec!["y"; 251]}), "BAD_USER_INPUT"),
    ] {
        let payload = json!({"query": "{hello}", "variables": variables});
        client.say(json!({"type": "subscribe", "id": "1", "payload": payload})).await;
        let said = client.hear().await;
        assert_eq!((&said["type"], &said["id"]), (&json!("error"), &json!("1")));
        assert_eq!(said["payload"][0]["extensions"]["code"], code);
    }
    client.subscribe("1", "{hello}").await;
    assert_eq!(client.hear().await["payload"]["data"]["hello"], "world");
}

#[tokio::test]
async fn sockets_that_say_nothing_are_counted_by_address() {
    let limits = Limits { connections_per_address: 2, ..Limits::default() };
    let world = World::with(limits, Origins::Any).await;
    let (first, second) = (Client::open(&world).await, Client::open(&world).await);
    let dialled = Client::dial(&world, &[("sec-websocket-protocol", "graphql-transport-ws")]).await;
    assert!(matches!(dialled.err(), Some(Error::Http(response)) if response.status() == 429));
    // Whoever is known by name counts by name.
    let mut first = first;
    first.say(json!({"type": "connection_init", "payload": {"token": "person-1"}})).await;
    assert_eq!(first.hear().await["type"], "connection_ack");
    world.until_open(2).await;
    Client::open(&world).await;
    drop(second);
}
