//! Finders of reviews. Only what is released can be noticed.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select, sea_query::ExprTrait,
};

use super::review::{self, Side};
use crate::kernel::{ListingId, Page, PageAsk, ReviewId};

/// The keyset of a list of reviews.
pub type Key = (DateTime<Utc>, ReviewId);

fn released(listing: ListingId) -> Select<review::Entity> {
    review::Entity::find()
        .filter(review::Column::ListingId.eq(listing))
        .filter(review::Column::Side.eq(Side::Guest))
        .filter(review::Column::ReleasedAt.is_not_null())
}

/// A page of what guests say of a listing, latest first.
pub async fn of_listing(
    conn: &impl ConnectionTrait,
    listing: ListingId,
    ask: &PageAsk<Key>,
) -> Result<Page<review::Model>, DbErr> {
    let mut query = released(listing).limit(ask.fetch());
    let (at, id) = (review::Column::ReleasedAt, review::Column::Id);
    query = match (ask.backward, ask.from) {
        (false, Some((when, last))) => query.filter(at.lt(when).or(at.eq(when).and(id.lt(last)))),
        (true, Some((when, last))) => query.filter(at.gt(when).or(at.eq(when).and(id.gt(last)))),
        (_, None) => query,
    };
    query = if ask.backward {
        query.order_by_asc(at).order_by_asc(id)
    } else {
        query.order_by_desc(at).order_by_desc(id)
    };
    Ok(Page::of(query.all(conn).await?, ask))
}

/// How many guests have said something of a listing.
pub async fn count_of_listing(conn: &impl ConnectionTrait, listing: ListingId) -> Result<u64, DbErr> {
    released(listing).count(conn).await
}
