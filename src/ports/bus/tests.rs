//! What every bus does, and what the bus of many servers does when Redis goes away. No adapter is looked into.

use futures_util::{FutureExt, StreamExt};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::*;
use crate::ports::tests::{fresh_prefix, redis_url};

fn message(text: &'static str) -> Option<Delivery> {
    Some(Delivery::Message(text.into()))
}

/// `near` and `far` are two ends of one bus: the same one in one process, or two servers.
async fn keeps_the_contract(near: &Bus, far: &Bus) {
    near.publish("nobody", "listens".into()).await;
    let mut first = near.subscribe("a").await;
    let mut second = far.subscribe("a").await;
    let mut other = far.subscribe("b").await;
    far.publish("a", "one".into()).await;
    assert_eq!(first.next().await, message("one"));
    assert_eq!(second.next().await, message("one"));
    near.publish("a", "two".into()).await;
    near.publish("b", "three".into()).await;
    assert_eq!(first.next().await, message("two"));
    assert_eq!(second.next().await, message("two"));
    assert_eq!(other.next().await, message("three"));

    // A topic lives as long as somebody listens.
    assert!(near.inner.hub.topics().contains_key("a"));
    let third = near.subscribe("a").await;
    drop(first);
    drop(second);
    assert!(near.inner.hub.topics().contains_key("a"));
    drop(third);
    assert!(!near.inner.hub.topics().contains_key("a"));

    // Whoever sleeps too long is told so, and then hears the rest.
    let mut slow = near.subscribe("slow").await;
    for _ in 0..=BACKLOG {
        near.publish("slow", "tick".into()).await;
    }
    assert_eq!(slow.next().await, Some(Delivery::Missed));
    assert_eq!(slow.next().await, message("tick"));
}

#[tokio::test]
async fn in_process_it_keeps_the_contract() {
    let bus = Bus::open(None, "").unwrap();
    keeps_the_contract(&bus, &bus.clone()).await;
    let mut last = bus.subscribe("a").await;
    assert_eq!(last.next().now_or_never(), None);
    drop(bus);
    assert_eq!(last.next().await, None);
}

#[tokio::test]
async fn between_servers_it_keeps_the_contract() {
    let Some(url) = redis_url() else { return };
    let prefix = fresh_prefix();
    let open = |prefix: &str| Bus::open(Some(&url), prefix).unwrap();
    let (near, far, stranger) = (open(&prefix), open(&prefix), open(&fresh_prefix()));
    let mut elsewhere = stranger.subscribe("a").await;
    keeps_the_contract(&near, &far).await;
    keeps_the_contract(&near, &near.clone()).await;
    stranger.publish("a", "mine".into()).await;
    assert_eq!(elsewhere.next().await, message("mine"));
}

/// A wire to Redis that can be cut.
struct Wire {
    port: u16,
    calls: JoinSet<()>,
}

impl Wire {
    async fn lay(redis: &str, port: u16) -> Self {
        let redis = url::Url::parse(redis).unwrap();
        let target = format!("{}:{}", redis.host_str().unwrap(), redis.port().unwrap_or(6379));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut calls = JoinSet::new();
        calls.spawn(async move {
            // The calls end with the task that answers them.
            let mut open = JoinSet::new();
            loop {
                let (mut caller, _) = listener.accept().await.unwrap();
                let target = target.clone();
                open.spawn(async move {
                    let mut callee = TcpStream::connect(target).await.unwrap();
                    let _ = copy_bidirectional(&mut caller, &mut callee).await;
                });
            }
        });
        Self { port, calls }
    }

    async fn cut(mut self) -> u16 {
        self.calls.shutdown().await;
        self.port
    }
}

async fn until_missed(listener: &mut Subscription) {
    while listener.next().await != Some(Delivery::Missed) {}
}

#[tokio::test]
async fn a_lost_connection_is_told_and_made_again() {
    let Some(redis) = redis_url() else { return };
    let prefix = fresh_prefix();
    let wire = Wire::lay(&redis, 0).await;
    let bus = Bus::open(Some(&format!("redis://127.0.0.1:{}", wire.port)), &prefix).unwrap();
    let other = Bus::open(Some(&redis), &prefix).unwrap();
    let mut here = bus.subscribe("a").await;
    let mut there = other.subscribe("a").await;

    let port = wire.cut().await;
    bus.publish("a", "local".into()).await;
    assert_eq!(here.next().await, message("local"));
    other.publish("a", "lost".into()).await;
    assert_eq!(there.next().await, message("lost"));

    let _wire = Wire::lay(&redis, port).await;
    until_missed(&mut here).await;
    other.publish("a", "again".into()).await;
    assert_eq!(here.next().await, message("again"));
    assert_eq!(there.next().await, message("again"));
    // "local" never reached the other server; that is made good as soon as it can be reached.
    until_missed(&mut there).await;
}

#[tokio::test]
async fn without_redis_it_starts_and_works_in_process() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bus = Bus::open(Some(&format!("redis://127.0.0.1:{port}")), "p:").unwrap();
    let mut here = bus.subscribe("a").await;
    bus.publish("a", "one".into()).await;
    assert_eq!(here.next().await, message("one"));
}

#[tokio::test]
async fn wrong_urls_and_prefixes_are_refused() {
    assert!(Bus::open(Some("nats://127.0.0.1"), "").is_err());
    assert!(Bus::open(Some("redis://127.0.0.1"), "a*").is_err());
}
