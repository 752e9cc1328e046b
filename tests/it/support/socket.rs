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

    /// Subscribes; what comes is read by [`Self::next`].
    pub async fn subscribe(&mut self, query: &str, variables: Value) {
        self.next_id += 1;
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": self.next_id.to_string(), "type": "subscribe", "payload": payload })).await;
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

    /// Waits until the server closes the socket, and returns its code; what it says before is not looked at.
    pub async fn closed(&mut self) -> u16 {
        loop {
            let guard = Duration::from_secs(60);
            let message =
                tokio::time::timeout(guard, self.stream.next()).await.expect("the socket stays open");
            if let Message::Close(frame) = message.expect("the socket broke").unwrap() {
                return frame.expect("a code").code.into();
            }
        }
    }

    async fn send(&mut self, message: Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }
}
