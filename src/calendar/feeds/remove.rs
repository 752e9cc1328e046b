//! `removeCalendarFeed`: a feed is taken in no more, and frees what nothing else holds.

use sea_orm::EntityTrait;

use super::calendar_feed;
use crate::{
    accounts::viewer::Viewer,
    app::App,
    calendar::reasons,
    kernel::{Fault, FeedId, Never},
    listings::find,
};

/// Removes a feed of one of the host's listings.
pub async fn remove(app: &App, host: &Viewer, id: FeedId) -> Result<FeedId, Fault<Never>> {
    app.db
        .write(|tx| async move {
            let feed = calendar_feed::Entity::find_by_id(id).one(&*tx).await?.ok_or(Fault::Missing)?;
            let listing = find::owned_for_change(&tx, host, feed.listing_id).await?;

            reasons::remove_source(&tx, listing.id, id.0).await?;
            // Its events go with it.
            let removed = calendar_feed::Entity::delete_by_id(id).exec(&*tx).await?;
            if removed.rows_affected == 0 { Err(Fault::Missing) } else { Ok(id) }
        })
        .await
}
