//! Relay connections over keyset pages. No SQL.

use async_graphql::{
    Context, Object, OutputType, Result,
    connection::{Connection, Edge},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    context::{app, bad_input},
    faults::read,
};
use crate::{
    accounts, bookings,
    kernel::{ListingId, Page, PageAsk, UserId, page::write_cursor},
    listings, notifications, reviews, search,
};

/// A connection whose total is counted only when it is asked for.
pub type List<T> = Connection<String, T, Total>;

/// What a connection would count.
pub enum Total {
    /// Hits of a search.
    Search(Box<search::Ask>),
    /// Listings of a host.
    ListingsOf(UserId),
    /// Bookings of a person, as one side.
    BookingsOf(UserId, bookings::find::Side),
    /// Notices to a person.
    NotificationsOf(UserId),
    /// Released reviews of a listing.
    ReviewsOf(ListingId),
    /// Sessions of a person.
    SessionsOf(UserId),
}

/// Totals of a connection.
#[Object]
impl Total {
    /// How many there are on all pages together; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let app = app(ctx);
        let db = app.db.read();
        read(match self {
            Self::Search(ask) => search::count(&app.db, ask).await,
            Self::ListingsOf(host) => listings::find::count_of_host(db, *host).await,
            Self::BookingsOf(user, side) => bookings::find::count_of(db, *user, *side).await,
            Self::NotificationsOf(user) => notifications::find::count_of(db, *user).await,
            Self::ReviewsOf(listing) => reviews::find::count_of_listing(db, *listing).await,
            Self::SessionsOf(user) => {
                accounts::list_sessions::count_of(db, *user, app.clock.real_now()).await
            }
        })
    }
}

/// Checks the four arguments of a connection.
pub fn ask<K: DeserializeOwned>(
    list: &str,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<PageAsk<K>> {
    PageAsk::new(list, first, after.as_deref(), last, before.as_deref()).map_err(|e| bad_input("first", e))
}

/// A connection of a page's rows.
pub fn list<R, T: OutputType, K: Serialize>(
    name: &str,
    page: Page<R>,
    total: Total,
    key: impl Fn(&R) -> K,
    node: impl Fn(R) -> T,
) -> List<T> {
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, total);
    connection.edges.extend(page.rows.into_iter().map(|row| {
        let cursor = write_cursor(name, &key(&row));
        Edge::new(cursor, node(row))
    }));
    connection
}
