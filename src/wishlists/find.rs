//! Finders of wish lists: by their owner, or by whoever has the link. A place that the viewer may not see is on no list.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, WindowStatement},
};

use super::{rules, wishlist, wishlist_item};
use crate::{
    db::{beyond, latest, order},
    kernel::{ListingId, Page, PageAsk, UserId, WishlistId, page::TimeKey},
    listings::{self, listing},
};

/// The keyset of the places on a list.
pub type Key = TimeKey<ListingId>;

/// One of the person's own lists.
pub async fn own(
    conn: &impl ConnectionTrait,
    owner: UserId,
    id: WishlistId,
) -> Result<Option<wishlist::Model>, DbErr> {
    Ok(own_among(conn, owner, &[id]).await?.into_iter().next())
}

/// The person's own lists among `ids`.
pub async fn own_among(
    conn: &impl ConnectionTrait,
    owner: UserId,
    ids: &[WishlistId],
) -> Result<Vec<wishlist::Model>, DbErr> {
    wishlist::Entity::find()
        .filter(wishlist::Column::Id.is_in(ids.iter().copied()))
        .filter(wishlist::Column::UserId.eq(owner))
        .all(conn)
        .await
}

/// The list that is shared by this link, whoever looks.
pub async fn by_link(conn: &impl ConnectionTrait, link: &str) -> Result<Option<wishlist::Model>, DbErr> {
    if !rules::could_be_link(link) {
        return Ok(None);
    }
    wishlist::Entity::find().filter(wishlist::Column::ShareSecret.eq(link)).one(conn).await
}

/// A page of a person's own lists, latest first.
pub async fn of(
    conn: &impl ConnectionTrait,
    owner: UserId,
    ask: &PageAsk<WishlistId>,
) -> Result<Page<wishlist::Model>, DbErr> {
    let query = wishlist::Entity::find().filter(wishlist::Column::UserId.eq(owner));
    latest(conn, query, wishlist::Column::Id, ask).await
}

/// How many lists a person has.
pub async fn count_of(conn: &impl ConnectionTrait, owner: UserId) -> Result<u64, DbErr> {
    wishlist::Entity::find().filter(wishlist::Column::UserId.eq(owner)).count(conn).await
}

/// How many places are on a list, whether or not anybody may see them.
pub async fn items_of(conn: &impl ConnectionTrait, id: WishlistId) -> Result<u64, DbErr> {
    wishlist_item::Entity::find().filter(wishlist_item::Column::WishlistId.eq(id)).count(conn).await
}

/// The places on these lists that the viewer may see.
fn seen(viewer: Option<UserId>, lists: &[WishlistId]) -> Select<wishlist_item::Entity> {
    let visible = Expr::exists(
        listing::Entity::find()
            .select_only()
            .expr(Expr::value(1))
            .filter(
                Expr::col((listing::Entity, listing::Column::Id))
                    .eq(Expr::col((wishlist_item::Entity, wishlist_item::Column::ListingId))),
            )
            .filter(listings::find::visible(viewer))
            .into_query(),
    );
    wishlist_item::Entity::find()
        .filter(wishlist_item::Column::WishlistId.is_in(lists.iter().copied()))
        .filter(visible)
}

/// The same page of many lists, latest saved first, with one statement for all of them. The caller has made sure that
/// the viewer may see the lists.
pub async fn items(
    conn: &impl ConnectionTrait,
    viewer: Option<UserId>,
    lists: &[WishlistId],
    ask: &PageAsk<Key>,
) -> Result<HashMap<WishlistId, Page<wishlist_item::Model>>, DbErr> {
    use wishlist_item::Column as C;
    let order = order(ask);
    let mut within = WindowStatement::partition_by(C::WishlistId);
    within.order_by(C::SavedAt, order.clone()).order_by(C::ListingId, order.clone());
    let mut ranked = seen(viewer, lists).filter(beyond((C::SavedAt, C::ListingId), ask)).into_query();
    ranked.expr_window_as(Expr::cust("ROW_NUMBER()"), within, "place");
    let fetch = i64::try_from(ask.fetch()).unwrap_or(i64::MAX);
    let first: SelectStatement = Query::select()
        .columns([C::WishlistId, C::ListingId, C::SavedAt])
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").lte(fetch))
        .order_by("place", Order::Asc)
        .take();
    let mut of: HashMap<WishlistId, Vec<_>> = lists.iter().map(|list| (*list, Vec::new())).collect();
    for row in conn.query_all(&first).await? {
        let item = wishlist_item::Model::from_query_result(&row, "")?;
        of.entry(item.wishlist_id).or_default().push(item);
    }
    Ok(of.into_iter().map(|(list, rows)| (list, Page::of(rows, ask))).collect())
}

/// How many places the viewer may see on each of these lists; lists without any are left out.
pub async fn counts(
    conn: &impl ConnectionTrait,
    viewer: Option<UserId>,
    lists: &[WishlistId],
) -> Result<HashMap<WishlistId, u64>, DbErr> {
    let counts: Vec<(WishlistId, i64)> = seen(viewer, lists)
        .select_only()
        .column(wishlist_item::Column::WishlistId)
        .column_as(wishlist_item::Column::ListingId.count(), "count")
        .group_by(wishlist_item::Column::WishlistId)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(counts.into_iter().map(|(list, count)| (list, u64::try_from(count).unwrap_or(0))).collect())
}

/// Which of these places are on a list of the person.
pub async fn saved_among(
    conn: &impl ConnectionTrait,
    owner: UserId,
    listings: &[ListingId],
) -> Result<HashSet<ListingId>, DbErr> {
    let own = wishlist::Entity::find()
        .select_only()
        .column(wishlist::Column::Id)
        .filter(wishlist::Column::UserId.eq(owner));
    let saved: Vec<ListingId> = wishlist_item::Entity::find()
        .select_only()
        .column(wishlist_item::Column::ListingId)
        .filter(wishlist_item::Column::ListingId.is_in(listings.iter().copied()))
        .filter(wishlist_item::Column::WishlistId.in_subquery(own.into_query()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(saved.into_iter().collect())
}
