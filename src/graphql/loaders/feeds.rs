//! Questions about feeds, asked only for their host. No rule.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{async_trait::async_trait, dataloader::Loader};
use sea_orm::DbErr;

use super::{Found, Loaders, by, lists};
use crate::{
    calendar::{
        export,
        feeds::{
            calendar_feed,
            find::{self, Conflict},
        },
    },
    kernel::{FeedId, ListingId},
};

/// A feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeedById(pub FeedId);
/// The feeds of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeedsOfListing(pub ListingId);
/// Where feeds of a listing and its stays have the same nights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConflictsOfListing(pub ListingId);
/// What the address of a listing's calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExportOfListing(pub ListingId);

#[async_trait]
impl Loader<FeedById> for Loaders {
    type Value = calendar_feed::Model;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[FeedById]) -> Found<FeedById, calendar_feed::Model> {
        let ids: Vec<FeedId> = questions.iter().map(|question| question.0).collect();
        by(find::by_ids(self.app.db.read(), &ids).await, |row| FeedById(row.id))
    }
}

#[async_trait]
impl Loader<FeedsOfListing> for Loaders {
    type Value = Vec<calendar_feed::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[FeedsOfListing]) -> Found<FeedsOfListing, Vec<calendar_feed::Model>> {
        let listings: Vec<ListingId> = questions.iter().map(|question| question.0).collect();
        let rows = find::of_listings(self.app.db.read(), &listings).await;
        lists(rows, |row| FeedsOfListing(row.listing_id))
    }
}

#[async_trait]
impl Loader<ConflictsOfListing> for Loaders {
    type Value = Vec<Conflict>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[ConflictsOfListing]) -> Found<ConflictsOfListing, Vec<Conflict>> {
        let listings: Vec<ListingId> = questions.iter().map(|question| question.0).collect();
        let found = find::conflicts(self.app.db.read(), &listings, self.app.clock.now()).await;
        lists(found, |conflict| ConflictsOfListing(conflict.listing))
    }
}

#[async_trait]
impl Loader<ExportOfListing> for Loaders {
    type Value = String;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[ExportOfListing]) -> Found<ExportOfListing, String> {
        let listings: BTreeSet<ListingId> = questions.iter().map(|question| question.0).collect();
        let listings: Vec<ListingId> = listings.into_iter().collect();
        let numbers = export::numbers(self.app.db.read(), &listings).await.map_err(Arc::new)?;
        let secret = |id: ListingId| {
            let number = numbers.get(&id).copied().unwrap_or_default();
            (ExportOfListing(id), export::secret(&self.app.keys, id, number))
        };
        Ok(listings.into_iter().map(secret).collect::<HashMap<_, _>>())
    }
}
