//! The bus: short messages to whoever listens just now, in this process or on all servers. Nothing is kept here.
//!
//! A message is a hint to look again, never the only copy of anything: it may come twice, and when some may have been
//! lost, [`Delivery::Missed`] says so.

mod far;

use std::{
    collections::{BTreeSet, HashMap},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll, ready},
};

use anyhow::bail;
use bytes::Bytes;
use futures_util::{Stream, future::BoxFuture};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use self::far::Far;
use crate::db::Herald;

/// How many messages of a topic a slow listener may be behind before it misses some.
const BACKLOG: usize = 32;

/// What a listener gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// What somebody published.
    Message(Bytes),
    /// Messages may have been lost: read the state again.
    Missed,
}

/// A bus. Clones share it; when the last one is gone, its subscriptions end.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    hub: Arc<Hub>,
    reach: Reach,
}

enum Reach {
    Process,
    Servers(Far),
}

impl Bus {
    /// Opens the bus of all servers that share the Redis behind `redis://` or `rediss://` and the `prefix` (ASCII
    /// letters, digits, `:`, `-`, `_`), or one for this process only without a URL (or with `memory:`). Redis need
    /// not be up. Call it inside a Tokio runtime.
    pub fn open(redis_url: Option<&str>, prefix: &str) -> anyhow::Result<Self> {
        let hub = Arc::<Hub>::default();
        let reach = match redis_url {
            None | Some("memory:") => Reach::Process,
            Some(url) if url.starts_with("redis:") || url.starts_with("rediss:") => {
                Reach::Servers(Far::open(url, prefix, hub.clone())?)
            }
            Some(url) => bail!("there is no bus behind {}:", super::scheme(url)),
        };
        Ok(Self { inner: Arc::new(Inner { hub, reach }) })
    }

    /// Tells all who listen to `topic`, here at once, and elsewhere as soon as Redis can be reached: whoever could
    /// not be told gets a [`Delivery::Missed`] later. The empty topic is nobody's.
    pub async fn publish(&self, topic: &str, payload: Bytes) {
        self.inner.hub.deliver(topic, Delivery::Message(payload.clone()));
        if let Reach::Servers(far) = &self.inner.reach
            && !topic.is_empty()
        {
            far.publish(topic, &payload).await;
        }
    }

    /// Listens to `topic`. What is published after this has returned is delivered, or `Missed` is;
    /// what another server published just before may be.
    pub async fn subscribe(&self, topic: &str) -> Subscription {
        if let Reach::Servers(far) = &self.inner.reach {
            far.settled().await;
        }
        Subscription {
            messages: BroadcastStream::new(self.inner.hub.listen(topic)),
            hub: Arc::downgrade(&self.inner.hub),
            topic: topic.to_owned(),
        }
    }
}

impl Herald for Bus {
    fn tell(&self, topics: BTreeSet<String>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for topic in topics {
                self.publish(&topic, Bytes::new()).await;
            }
        })
    }
}

/// A stream of what happens in one topic. It ends with the bus.
pub struct Subscription {
    messages: BroadcastStream<Delivery>,
    hub: Weak<Hub>,
    topic: String,
}

impl Stream for Subscription {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let next = ready!(Pin::new(&mut self.messages).poll_next(cx));
        Poll::Ready(next.map(|delivery| delivery.unwrap_or(Delivery::Missed)))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.leave(&self.topic);
        }
    }
}

/// Who listens in this process. A topic is here as long as somebody listens to it.
#[derive(Default)]
struct Hub {
    topics: Mutex<HashMap<String, broadcast::Sender<Delivery>>>,
}

impl Hub {
    fn topics(&self) -> std::sync::MutexGuard<'_, HashMap<String, broadcast::Sender<Delivery>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, topic: &str) -> broadcast::Receiver<Delivery> {
        let mut topics = self.topics();
        topics.entry(topic.to_owned()).or_insert_with(|| broadcast::Sender::new(BACKLOG)).subscribe()
    }

    /// Called by a listener that still counts as one.
    fn leave(&self, topic: &str) {
        let mut topics = self.topics();
        if topics.get(topic).is_some_and(|sender| sender.receiver_count() <= 1) {
            topics.remove(topic);
        }
    }

    fn deliver(&self, topic: &str, delivery: Delivery) {
        if let Some(sender) = self.topics().get(topic) {
            // An error says that nobody listens any more.
            let _ = sender.send(delivery);
        }
    }

    fn miss_all(&self) {
        for sender in self.topics().values() {
            let _ = sender.send(Delivery::Missed);
        }
    }
}

#[cfg(test)]
mod tests;
