//! TLS by the server itself: with the certificate of its settings, on every road, and for nobody who dawdles.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::support::{ListingAsk, World, people::in_days};

/// A certificate of this machine's own, in files.
struct Certificate {
    der: CertificateDer<'static>,
    folder: TempDir,
}

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { der: made.cert.der().clone(), folder }
    }

    /// A server that speaks TLS by it.
    async fn world(&self, more: &[&str]) -> World {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let own = [format!("--tls-cert={}", file("cert.pem")), format!("--tls-key={}", file("key.pem"))];
        let flags: Vec<&str> = own.iter().map(String::as_str).chain(more.iter().copied()).collect();
        World::with_flags(&flags).await
    }

    /// A connection by somebody who trusts nobody else, and speaks these protocols.
    async fn connect(&self, world: &World, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(address(world)).await.unwrap();
        let name = ServerName::from(address(world).ip());
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }
}

fn address(world: &World) -> SocketAddr {
    world.url.strip_prefix("https://").unwrap().parse().unwrap()
}

/// A socket of graphql-transport-ws over TLS.
struct SecureSocket(WebSocketStream<TlsStream<TcpStream>>);

impl SecureSocket {
    async fn open(world: &World, certificate: &Certificate, token: &str) -> Self {
        let stream = certificate.connect(world, &["http/1.1"]).await;
        let mut request = format!("wss://{}/graphql", address(world)).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let mut socket = Self(client_async(request, stream).await.unwrap().0);
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        socket
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let guard = Duration::from_secs(60);
        loop {
            let message = tokio::time::timeout(guard, self.0.next()).await.expect("nothing comes");
            if let Message::Text(text) = message.expect("the socket was closed").unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_is_booked_paid_and_told_over_tls() {
    let certificate = Certificate::new();
    let world = certificate.world(&[]).await;
    let host = world.host("Hanna").await;
    let guest = world.guest("Gustavo").await;
    let listing = host.listing(&ListingAsk::default()).await;
    let mut hears = SecureSocket::open(&world, &certificate, guest.token.as_ref().unwrap()).await;
    let news = json!({ "query": "subscription { notificationReceived { kind } }" });
    hears.say(json!({ "id": "1", "type": "subscribe", "payload": news })).await;
    // What Stripe says of the payment comes by TLS as well.
    guest.confirmed(&world, &listing, in_days(&world, 20), 2).await;
    let heard = hears.hear().await;
    assert_eq!(heard["payload"]["data"]["notificationReceived"]["kind"], "BOOKING_CONFIRMED", "{heard}");
    let answer = world.stranger().fetch("/livez").await;
    assert!(answer.headers()["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_it_is_stands_in_its_certificate() {
    let certificate = Certificate::new();
    let world = certificate.world(&[]).await;
    let trusting = |certificate: &Certificate| {
        let root = reqwest::Certificate::from_der(&certificate.der).unwrap();
        reqwest::Client::builder().tls_certs_only([root]).build().unwrap()
    };
    let livez = format!("{}/livez", world.url);
    assert_eq!(trusting(&certificate).get(&livez).send().await.unwrap().status(), 200);
    assert!(trusting(&Certificate::new()).get(&livez).send().await.unwrap_err().is_connect());

    for (offered, chosen) in [(&["h2", "http/1.1"] as &[_], "h2"), (&["http/1.1"], "http/1.1")] {
        let stream = certificate.connect(&world, offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(chosen.as_bytes()));
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dawdles_over_the_handshake_or_speaks_no_tls_is_sent_away_and_keeps_nobody_waiting() {
    let certificate = Certificate::new();
    let world = certificate.world(&["--header-seconds=1"]).await;
    let mut dawdlers = Vec::new();
    for begins_with in [&[] as &[u8], &[0x16, 0x03, 0x01]] {
        let mut stream = TcpStream::connect(address(&world)).await.unwrap();
        stream.write_all(begins_with).await.unwrap();
        dawdlers.push(stream);
    }
    for _ in 0..10 {
        assert_eq!(world.stranger().fetch("/livez").await.status(), 200);
    }
    let mut plain = TcpStream::connect(address(&world)).await.unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let said = end_of(&mut plain).await;
    assert!(!said.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&said));
    for mut dawdler in dawdlers {
        assert_eq!(end_of(&mut dawdler).await, b"");
    }
    world.finish().await;
}

/// What a connection says until the server closes it.
async fn end_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let guard = Duration::from_secs(60);
    let end = tokio::time::timeout(guard, stream.read_to_end(&mut said)).await.expect("it stays open");
    // Closing a connection with bytes that nobody read resets it.
    end.ok();
    said
}
