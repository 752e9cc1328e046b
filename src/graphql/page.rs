//! Relay connections over keyset pages. No SQL.

use std::borrow::Cow;

use async_graphql::{
    Context, Object, OutputType, Result, TypeName,
    connection::{Edge, EmptyFields, PageInfo},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    context::{app, bad_input, loaders},
    faults::{read, shared},
    loaders::{ReviewCountOfListing, SavedCountOfWishlist},
};
use crate::{
    accounts, bookings, disputes,
    kernel::{
        ListingId, Page, PageAsk, UserId, WishlistId,
        page::{PageError, write_cursor},
    },
    listings, notifications, payments, payouts, wishlists,
};

/// A page of a longer list, as Relay wants it. The library's own has no description, and our schema leaves none out.
pub struct List<T: OutputType> {
    edges: Vec<Edge<String, T, EmptyFields>>,
    has_previous: bool,
    has_next: bool,
    total: Total,
}

impl<T: OutputType> TypeName for List<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// A page of a longer list, and how to walk on.
#[Object(name_type)]
impl<T: OutputType> List<T> {
    /// The items of this page, each with its cursor.
    async fn edges(&self) -> &[Edge<String, T, EmptyFields>] {
        &self.edges
    }

    /// The items of this page.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether there is more on either side, and from where to ask on.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// How many there are on all pages together; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        self.total.count(ctx).await
    }
}

/// What a connection would count.
pub enum Total {
    /// Listings of a host.
    ListingsOf(UserId),
    /// Bookings of a person, as one side.
    BookingsOf(UserId, bookings::find::Side),
    /// Notices to a person.
    NotificationsOf(UserId),
    /// Payouts of a host.
    PayoutsOf(UserId),
    /// All payouts, or those in one state.
    AllPayouts(Option<payouts::payout::Status>),
    /// All refunds, or those in one state.
    AllRefunds(Option<payments::refund::Status>),
    /// Webhooks that something is wrong with.
    StripeEvents,
    /// Claims about bookings of a person.
    DisputesOf(UserId),
    /// All disputes that fit.
    AllDisputes(disputes::find::Filter),
    /// Released reviews of a listing.
    ReviewsOf(ListingId),
    /// Sessions of a person.
    SessionsOf(UserId),
    /// Wish lists of a person.
    WishlistsOf(UserId),
    /// Places on a wish list that the viewer may see.
    SavedIn(WishlistId),
}

impl Total {
    async fn count(&self, ctx: &Context<'_>) -> Result<u64> {
        let app = app(ctx);
        let db = app.db.read();
        read(match self {
            Self::ListingsOf(host) => listings::find::count_of_host(db, *host).await,
            Self::BookingsOf(user, side) => bookings::find::count_of(db, *user, *side).await,
            Self::NotificationsOf(user) => notifications::find::count_of(db, *user).await,
            Self::PayoutsOf(host) => payouts::find::count_of_host(db, *host).await,
            Self::AllPayouts(status) => payouts::find::count_all(db, *status).await,
            Self::AllRefunds(status) => payments::find::count_refunds(db, *status).await,
            Self::StripeEvents => payments::problems::count(db).await,
            Self::DisputesOf(user) => disputes::find::count_of(db, *user).await,
            Self::AllDisputes(filter) => disputes::find::count_all(db, *filter).await,
            Self::ReviewsOf(listing) => {
                let counted = loaders(ctx).load_one(ReviewCountOfListing(*listing)).await;
                return Ok(counted.map_err(shared)?.unwrap_or(0));
            }
            Self::WishlistsOf(user) => wishlists::find::count_of(db, *user).await,
            Self::SavedIn(list) => {
                let counted = loaders(ctx).load_one(SavedCountOfWishlist(*list)).await;
                return Ok(counted.map_err(shared)?.unwrap_or(0));
            }
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
    let backward = last.is_some() || before.is_some();
    let field = |error: &PageError| match error {
        PageError::Cursor if backward => "before",
        PageError::Cursor => "after",
        PageError::Size | PageError::Direction if backward => "last",
        PageError::Size | PageError::Direction => "first",
    };
    PageAsk::new(list, first, after.as_deref(), last, before.as_deref()).map_err(|e| bad_input(field(&e), e))
}

/// A connection of a page's rows.
pub fn list<R, T: OutputType, K: Serialize>(
    name: &str,
    page: Page<R>,
    total: Total,
    key: impl Fn(&R) -> K,
    node: impl Fn(R) -> T,
) -> List<T> {
    let edge = |row| {
        let cursor = write_cursor(name, &key(&row));
        Edge::new(cursor, node(row))
    };
    let edges = page.rows.into_iter().map(edge).collect();
    List { edges, has_previous: page.has_previous, has_next: page.has_next, total }
}
