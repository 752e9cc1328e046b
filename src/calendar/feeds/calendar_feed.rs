//! A calendar of another site that a listing takes in. No behaviour but naming what is wrong with it.

use sea_orm::entity::prelude::*;

use crate::{
    calendar::ical::NotRead,
    kernel::{FeedId, ListingId, clock::Instant},
    ports::FeedError,
};

/// What kept a feed from being taken in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Problem {
    /// We were sent on to something that is not of the web.
    NotHttp,
    /// It is at no public address.
    AddressNotAllowed,
    /// Nobody answers there.
    Unreachable,
    /// It takes too long.
    TooSlow,
    /// It is too large, or has no end.
    TooLarge,
    /// It comes compressed.
    Encoded,
    /// The site says something else than 200.
    Status,
    /// The site sends us from one address to the next.
    TooManyRedirects,
    /// What comes is no calendar.
    NotACalendar,
    /// Its end is missing.
    CutShort,
    /// It has more events than are read.
    TooManyEvents,
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::NotHttp => Self::NotHttp,
            FeedError::AddressNotAllowed => Self::AddressNotAllowed,
            FeedError::Unreachable => Self::Unreachable,
            FeedError::TooSlow => Self::TooSlow,
            FeedError::TooLarge => Self::TooLarge,
            FeedError::Encoded => Self::Encoded,
            FeedError::Status(_) => Self::Status,
            FeedError::TooManyRedirects => Self::TooManyRedirects,
        }
    }
}

impl From<NotRead> for Problem {
    fn from(error: NotRead) -> Self {
        match error {
            NotRead::NotACalendar => Self::NotACalendar,
            NotRead::CutShort => Self::CutShort,
            NotRead::TooMany => Self::TooManyEvents,
        }
    }
}

/// A calendar of another site that a listing takes in.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_feed")]
pub struct Model {
    /// Which feed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedId,
    /// Whose nights it takes.
    pub listing_id: ListingId,
    /// What the host calls it.
    pub name: String,
    /// Where it is: a secret between the host and the other site.
    pub url: String,
    /// When the host named it.
    pub created_at: Instant,
    /// When it is fetched next. Whoever fetches it moves this, so that two don't.
    pub due_at: Instant,
    /// When it was fetched last, with whatever outcome.
    pub checked_at: Option<Instant>,
    /// When it was taken in last.
    pub synced_at: Option<Instant>,
    /// Which day that was at the listing.
    pub synced_on: Option<Date>,
    /// What was wrong the last time.
    pub problem: Option<Problem>,
    /// What the site answered then, where that was the problem.
    pub answered: Option<i32>,
    /// How many of its events were left out, or guessed at.
    pub skipped: i32,
    /// How often in a row it could not be taken in.
    pub failures: i32,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
