//! The way to other servers, through Redis's pub/sub. It delivers into the hub, and knows no listener.
//!
//! Each server hears one pattern, so it also hears topics that nobody there listens to. That is cheap, since messages
//! are short, and saves the bookkeeping (and the races) of subscribing topic by topic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::StreamExt;
use redis::{
    Client, Msg, Value,
    aio::{PubSubSink, PubSubStream},
};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{Delivery, Hub};
use crate::ports::redis::{self as door, Redis};

/// How long a connection, or the answer to a ping, may take until the connection counts as lost.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the connection is tried, and what is owed to the others is made good.
const PING: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A message begins with who sent it, since the sender has delivered it already.
const SENDER: usize = 16;

pub(super) struct Far {
    voice: Arc<Voice>,
    ear: watch::Receiver<Ear>,
    _listening: AbortOnDropHandle<()>,
}

#[derive(Clone, Copy, PartialEq)]
enum Ear {
    /// The first connection is being made.
    Opening,
    Open,
    /// The connection is lost; everybody gets a `Missed` when it is back.
    Deaf,
}

impl Far {
    pub fn open(url: &str, prefix: &str, hub: Arc<Hub>) -> anyhow::Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        ensure!(prefix.chars().all(plain), "a prefix has letters, digits, ':', '-' and '_' only");
        let client = door::client(url)?;
        let voice = Arc::new(Voice {
            redis: Redis::new(client.clone())?,
            prefix: prefix.to_owned(),
            me: Uuid::now_v7(),
            owes: AtomicBool::new(false),
        });
        let (tell, ear) = watch::channel(Ear::Opening);
        let listening = tokio::spawn(listen(client, voice.clone(), hub, tell));
        Ok(Self { voice, ear, _listening: AbortOnDropHandle::new(listening) })
    }

    pub async fn publish(&self, topic: &str, payload: &[u8]) {
        self.voice.say(topic, payload).await;
    }

    /// Returns as soon as messages arrive, or are known not to.
    pub async fn settled(&self) {
        // An error says that the listening task is gone, which happens at shutdown only.
        let _ = self.ear.clone().wait_for(|ear| *ear != Ear::Opening).await;
    }
}

/// Says things to other servers.
struct Voice {
    redis: Redis,
    prefix: String,
    me: Uuid,
    /// Something was not said, so the others must be told that they missed it.
    owes: AtomicBool,
}

impl Voice {
    async fn say(&self, topic: &str, payload: &[u8]) {
        if self.send(topic, payload).await {
            self.settle().await;
        } else {
            self.owes.store(true, Ordering::SeqCst);
        }
    }

    /// Tells the others, on the topic that has no name, that they have missed something.
    async fn settle(&self) {
        if self.owes.swap(false, Ordering::SeqCst) && !self.send("", &[]).await {
            self.owes.store(true, Ordering::SeqCst);
        }
    }

    async fn send(&self, topic: &str, payload: &[u8]) -> bool {
        let message = [self.me.as_bytes(), payload].concat();
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(format!("{}{topic}", self.prefix)).arg(message);
        self.redis.ask::<()>(&publish).await.is_some()
    }
}

async fn listen(client: Client, voice: Arc<Voice>, hub: Arc<Hub>, tell: watch::Sender<Ear>) {
    let mut wait = FIRST_WAIT;
    loop {
        match connect(&client, &voice.prefix).await {
            Ok((sink, stream)) => {
                // Before it says Open: whoever subscribes after that has missed nothing.
                hub.miss_all();
                tell.send_replace(Ear::Open);
                wait = FIRST_WAIT;
                hear(sink, stream, &voice, &hub).await;
                tracing::warn!("the connection to the bus is lost");
            }
            Err(fault) if wait == FIRST_WAIT => tracing::warn!(%fault, "the bus can't be reached; trying on"),
            Err(_) => {}
        }
        tell.send_replace(Ear::Deaf);
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn connect(client: &Client, prefix: &str) -> anyhow::Result<(PubSubSink, PubSubStream)> {
    let connect = async {
        let (mut sink, stream) = client.get_async_pubsub().await?.split();
        sink.psubscribe(format!("{prefix}*")).await?;
        anyhow::Ok((sink, stream))
    };
    timeout(PATIENCE, connect).await.context("no answer")?
}

/// Delivers until the connection is lost.
async fn hear(mut sink: PubSubSink, mut stream: PubSubStream, voice: &Voice, hub: &Hub) {
    let mut pulse = interval(PING);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = stream.next() => match message {
                Some(message) => deliver(&message, voice, hub),
                None => return,
            },
            _ = pulse.tick() => {
                if !matches!(timeout(PATIENCE, sink.ping::<Value>()).await, Ok(Ok(_))) {
                    return;
                }
                voice.settle().await;
            }
        }
    }
}

fn deliver(message: &Msg, voice: &Voice, hub: &Hub) {
    let Some(topic) = message.get_channel_name().strip_prefix(&voice.prefix) else { return };
    let Some((sender, payload)) = message.get_payload_bytes().split_at_checked(SENDER) else { return };
    if sender == voice.me.as_bytes() {
        return;
    }
    if topic.is_empty() {
        hub.miss_all();
    } else {
        hub.deliver(topic, Delivery::Message(Bytes::copy_from_slice(payload)));
    }
}
