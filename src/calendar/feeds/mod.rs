//! Calendars of other sites that a listing takes in. Fetching is a port's affair, reading `ical`'s.

mod add;
mod apply;
pub mod calendar_feed;
pub mod feed_event;
pub mod find;
mod judge;
mod refresh;
mod remove;
mod sync;
mod take_over;

pub use add::{Ask, Refusal, add};
pub use refresh::{JustChecked, refresh};
pub use remove::remove;
pub use sync::{arm, sync};
pub(super) use take_over::take_over;

use sea_orm::DbErr;

use crate::{
    db::Tx,
    event::Event,
    kernel::{FeedId, clock::Instant},
};

/// Asks for a feed to be fetched at `at`, once.
async fn fetch_at(tx: &Tx, feed: FeedId, at: Instant) -> Result<(), DbErr> {
    Event::FeedDue { feed }.emit_once(tx, at, format!("{feed}:{}", at.timestamp_micros())).await
}
