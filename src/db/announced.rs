//! What a transaction has to tell whoever listens, once it has committed: topics of the bus, which stands above this floor.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;

/// Tells whoever listens to topics that something has changed, after each write that announced it. A telling that gets
/// lost is no harm to the data: the bus has listeners look again.
pub trait Herald: Send + Sync {
    /// Tells all who listen to these topics.
    fn tell(&self, topics: BTreeSet<String>) -> BoxFuture<'_, ()>;
}
