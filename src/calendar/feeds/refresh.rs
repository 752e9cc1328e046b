//! `refreshCalendarFeed`: the host doesn't want to wait for the hour.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::{calendar_feed, fetch_at};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Fault, FeedId},
    listings::find,
};

/// How long a feed is left alone after it was fetched: the other site is nobody's to hammer.
const LEFT_ALONE: TimeDelta = TimeDelta::minutes(1);

/// It was fetched a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this feed was fetched less than a minute ago")]
pub struct JustChecked;

/// Has a feed of one of the host's listings fetched now; what comes of it is there a moment later.
pub async fn refresh(
    app: &App,
    host: &Viewer,
    id: FeedId,
) -> Result<calendar_feed::Model, Fault<JustChecked>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let feed = calendar_feed::Entity::find_by_id(id).one(&*tx).await?.ok_or(Fault::Missing)?;
            find::owned_for_change(&tx, host, feed.listing_id).await?;
            // Read again under the lock.
            let feed = calendar_feed::Entity::find_by_id(id).one(&*tx).await?.ok_or(Fault::Missing)?;
            if feed.due_at <= now && feed.checked_at.is_none() {
                return Ok(feed);
            }
            if feed.checked_at.is_some_and(|checked| now - checked < LEFT_ALONE) {
                return Err(Fault::Refused(JustChecked));
            }

            fetch_at(&tx, id, now).await?;
            let row = calendar_feed::ActiveModel { due_at: Set(now), ..feed.into_active_model() };
            Ok(row.update(&*tx).await?)
        })
        .await
}
