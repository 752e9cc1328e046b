//! How long a person waits for the provider.

use std::time::Duration;

/// How long whoever books, accepts or agrees to a change waits for the provider: well within what a request may take.
/// Afterwards a job asks.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a second click looks whether the first has its answer.
pub(super) const LOOK: Duration = Duration::from_millis(25);

/// What comes of `work` within a person's patience.
pub(super) async fn within<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, work).await.ok()
}
