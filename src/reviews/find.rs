//! Finders of reviews. Only what is released can be noticed.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, WindowStatement},
};

use super::review::{self, Side};
use crate::{
    db::{beyond, latest_in_time, order},
    kernel::{ListingId, Page, PageAsk, ReviewId, page::TimeKey},
};

/// The keyset of a list of reviews.
pub type Key = TimeKey<ReviewId>;

fn released(listings: &[ListingId]) -> Select<review::Entity> {
    review::Entity::find()
        .filter(review::Column::ListingId.is_in(listings.iter().copied()))
        .filter(review::Column::Side.eq(Side::Guest))
        .filter(review::Column::ReleasedAt.is_not_null())
}

/// A page of what guests say of a listing, latest first.
pub async fn of_listing(
    conn: &impl ConnectionTrait,
    listing: ListingId,
    ask: &PageAsk<Key>,
) -> Result<Page<review::Model>, DbErr> {
    latest_in_time(conn, released(&[listing]), (review::Column::ReleasedAt, review::Column::Id), ask).await
}

/// The same page of many listings, with one statement for all of them.
pub async fn of_listings(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    ask: &PageAsk<Key>,
) -> Result<HashMap<ListingId, Page<review::Model>>, DbErr> {
    if let [only] = listings {
        return Ok(HashMap::from([(*only, of_listing(conn, *only, ask).await?)]));
    }
    let (at, id) = (review::Column::ReleasedAt, review::Column::Id);
    let order = order(ask);
    let mut within = WindowStatement::partition_by(review::Column::ListingId);
    within.order_by(at, order.clone()).order_by(id, order.clone());
    let mut ranked = released(listings).filter(beyond((at, id), ask)).select_only().column(id).into_query();
    ranked.expr_window_as(Expr::cust("ROW_NUMBER()"), within, "place");
    let fetch = i64::try_from(ask.fetch()).unwrap_or(i64::MAX);
    let first: SelectStatement = Query::select()
        .column(id)
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").lte(fetch))
        .take();
    let rows = review::Entity::find()
        .filter(id.in_subquery(first))
        .order_by(at, order.clone())
        .order_by(id, order)
        .all(conn)
        .await?;
    let mut of: HashMap<ListingId, Vec<_>> = listings.iter().map(|listing| (*listing, Vec::new())).collect();
    for row in rows {
        of.entry(row.listing_id).or_default().push(row);
    }
    Ok(of.into_iter().map(|(listing, rows)| (listing, Page::of(rows, ask))).collect())
}

/// How many guests have said something of each listing; those of which nobody has are left out.
pub async fn counts_of_listings(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
) -> Result<HashMap<ListingId, u64>, DbErr> {
    let counts: Vec<(ListingId, i64)> = released(listings)
        .select_only()
        .column(review::Column::ListingId)
        .column_as(review::Column::Id.count(), "count")
        .group_by(review::Column::ListingId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(counts.into_iter().map(|(listing, count)| (listing, u64::try_from(count).unwrap_or(0))).collect())
}
