//! Finders of listings. Each takes who looks, or says that anybody may.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{
    listing::{self, Status},
    photo,
};
use crate::{
    accounts::{user, viewer::Viewer},
    db::Tx,
    db::latest,
    kernel::{Fault, ListingId, Page, PageAsk, UserId},
};

/// A listing that is on sale, and whose host is active: anybody may see it.
pub async fn published(conn: &impl ConnectionTrait, id: ListingId) -> Result<Option<listing::Model>, DbErr> {
    Ok(among_visible(conn, None, listing::Column::Id.eq(id)).await?.into_iter().next())
}

/// The listings among `ids` that the viewer may see: those on sale, and the viewer's own.
pub async fn visible_to(
    conn: &impl ConnectionTrait,
    viewer: Option<UserId>,
    ids: &[ListingId],
) -> Result<Vec<listing::Model>, DbErr> {
    among_visible(conn, viewer, listing::Column::Id.is_in(ids.iter().copied())).await
}

/// The listing of a readable address, if the viewer may see it.
pub async fn by_slug(
    conn: &impl ConnectionTrait,
    viewer: Option<UserId>,
    slug: &str,
) -> Result<Option<listing::Model>, DbErr> {
    Ok(among_visible(conn, viewer, listing::Column::Slug.eq(slug)).await?.into_iter().next())
}

/// Listings by id whoever looks: for bookings, whose sides may see where they stay whatever became of it. Those of a
/// suspended host read as taken out of the market, which they are.
pub async fn any(conn: &impl ConnectionTrait, ids: &[ListingId]) -> Result<Vec<listing::Model>, DbErr> {
    #[derive(FromQueryResult)]
    struct Found {
        #[sea_orm(nested)]
        listing: listing::Model,
        is_host_active: bool,
    }
    let found = listing::Entity::find()
        .expr_as(host_is_active(), "is_host_active")
        .filter(listing::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Found>()
        .all(conn)
        .await?;
    let standing = |found: Found| match found.listing.status {
        Status::Published if !found.is_host_active => {
            listing::Model { status: Status::Suspended, ..found.listing }
        }
        _ => found.listing,
    };
    Ok(found.into_iter().map(standing).collect())
}

/// Whether a listing is on sale, and its host active.
pub async fn is_on_sale(conn: &impl ConnectionTrait, id: ListingId) -> Result<bool, DbErr> {
    let on_sale = listing::Entity::find_by_id(id).filter(on_sale()).count(conn).await?;
    Ok(on_sale > 0)
}

async fn among_visible(
    conn: &impl ConnectionTrait,
    viewer: Option<UserId>,
    which: Expr,
) -> Result<Vec<listing::Model>, DbErr> {
    listing::Entity::find().filter(which).filter(visible(viewer)).all(conn).await
}

/// The condition that the viewer may see a listing: it is on sale and its host active, or it is the viewer's own.
pub fn visible(viewer: Option<UserId>) -> Expr {
    match viewer {
        Some(user) => on_sale().or(listing::Column::HostId.eq(user)),
        None => on_sale(),
    }
}

/// Whether a row of `listing` is on sale: published, of a host whom nobody keeps out.
pub fn on_sale() -> Expr {
    listing::Column::Status.eq(Status::Published).and(host_is_active())
}

/// Whether the host of a row of `listing` is kept out by nobody.
pub fn host_is_active() -> Expr {
    Expr::exists(sea_orm::QueryTrait::into_query(
        user::Entity::find()
            .select_only()
            .expr(Expr::value(1))
            .filter(
                Expr::col((user::Entity, user::Column::Id))
                    .eq(Expr::col((listing::Entity, listing::Column::HostId))),
            )
            .filter(user::Column::SuspendedAt.is_null()),
    ))
}

/// The viewer's own listing, whatever its state, locked until the transaction ends: who changes a listing or its
/// nights comes by here first, so that rules over several rows hold.
pub async fn owned_for_change<R>(tx: &Tx, host: &Viewer, id: ListingId) -> Result<listing::Model, Fault<R>> {
    host.may_host()?;
    lock(tx, listing::Column::Id.eq(id).and(listing::Column::HostId.eq(host.user)))
        .await?
        .ok_or(Fault::Missing)
}

/// Any listing, locked until the transaction ends.
pub async fn for_change(tx: &Tx, id: ListingId) -> Result<Option<listing::Model>, DbErr> {
    lock(tx, listing::Column::Id.eq(id)).await
}

async fn lock(tx: &Tx, which: Expr) -> Result<Option<listing::Model>, DbErr> {
    let locked = listing::Entity::update_many()
        .col_expr(listing::Column::Revision, Expr::col(listing::Column::Revision).add(1))
        .filter(which)
        .exec_with_returning(&**tx)
        .await?;
    Ok(locked.into_iter().next())
}

/// A page of the host's own listings, newest first.
pub async fn of_host(
    conn: &impl ConnectionTrait,
    host: UserId,
    ask: &PageAsk<ListingId>,
) -> Result<Page<listing::Model>, DbErr> {
    let query = listing::Entity::find().filter(listing::Column::HostId.eq(host));
    latest(conn, query, listing::Column::Id, ask).await
}

/// The photos of these listings, each list in order.
pub async fn photos(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
) -> Result<HashMap<ListingId, Vec<photo::Model>>, DbErr> {
    let rows = photo::Entity::find()
        .filter(photo::Column::ListingId.is_in(listings.iter().copied()))
        .order_by_asc(photo::Column::Position)
        .order_by_asc(photo::Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.listing_id).or_default().push(row);
    }
    Ok(found)
}

/// How many listings a host has.
pub async fn count_of_host(conn: &impl ConnectionTrait, host: UserId) -> Result<u64, DbErr> {
    listing::Entity::find().filter(listing::Column::HostId.eq(host)).count(conn).await
}
