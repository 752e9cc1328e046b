//! A WebSocket client that speaks graphql-transport-ws.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
}

impl Socket {
    /// Opens a socket and waits for its acknowledgement.
    pub async fn open(url: &str, token: Option<&str>) -> Self {
        let address = format!("{}/graphql", url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (stream, _) = connect_async(request).await.unwrap();
        let mut socket = Self { stream, next_id: 0 };
        let payload = token.map_or(json!({}), |token| json!({ "Authorization": format!("Bearer {token}") }));
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.receive().await["type"], "connection_ack");
        socket
    }

    /// Subscribes and returns the id; what comes is read by [`Self::next`].
    pub async fn subscribe(&mut self, query: &str, variables: Value) -> String {
        self.next_id += 1;
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": self.next_id.to_string(), "type": "subscribe", "payload": payload })).await;
        self.next_id.to_string()
    }

    /// The first answer to a subscription, as HTTP would give it; what belongs to others is read over.
    pub async fn first(&mut self, query: &str, variables: Value) -> Value {
        let id = self.subscribe(query, variables).await;
        loop {
            let message = self.receive().await;
            if message["id"] == id.as_str() {
                self.complete(&id).await;
                let payload = message["payload"].clone();
                // `error` carries a list, `next` a whole answer.
                return if payload.is_array() { json!({ "errors": payload }) } else { payload };
            }
        }
    }

    /// Ends a subscription.
    pub async fn complete(&mut self, id: &str) {
        self.send(json!({ "id": id, "type": "complete" })).await;
    }

    /// The code with which the server closes the socket; what comes before is read over.
    pub async fn closed(mut self) -> u16 {
        loop {
            let guard = Duration::from_secs(60);
            let message = tokio::time::timeout(guard, self.stream.next()).await.expect("it stays open");
            match message {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("the socket ended without a code: {other:?}"),
            }
        }
    }

    /// The value of the only root field of the next event.
    pub async fn next(&mut self) -> Value {
        let message = self.receive().await;
        assert_eq!(message["type"], "next", "{message:#}");
        let data = message["payload"]["data"].as_object().unwrap_or_else(|| panic!("{message:#}"));
        data.values().next().unwrap().clone()
    }

    /// The next message, whatever it is; pings are answered on the way.
    pub async fn receive(&mut self) -> Value {
        loop {
            let guard = Duration::from_secs(60);
            let message = tokio::time::timeout(guard, self.stream.next()).await.expect("nothing comes");
            match message.expect("the socket was closed").unwrap() {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "ping" {
                        self.send(json!({ "type": "pong" })).await;
                    } else {
                        return message;
                    }
                }
                Message::Close(frame) => panic!("the socket was closed: {frame:?}"),
                _ => {}
            }
        }
    }

    async fn send(&mut self, message: Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }
}
