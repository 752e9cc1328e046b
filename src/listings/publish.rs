//! `publishListing`, `pauseListing`, `archiveListing`, `deleteListing`: the life of a listing.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use super::{
    ended_holds, find,
    listing::{self, Status},
    photo,
    rules::{self, Missing, Move},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    db::Tx,
    kernel::{Fault, ListingId, clock::Instant, zone},
};

/// Why the state stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What a listing on sale must have and this one has not; all of it.
    #[error("this listing is not complete yet")]
    Incomplete(Vec<Missing>),
    /// There is no such step from here.
    #[error("a listing that is {0:?} cannot do this")]
    WrongState(Status),
    /// Guests will still come.
    #[error("guests have booked this listing")]
    FutureBookings,
}

/// Puts a listing on sale, or names everything that is missing.
pub async fn publish(app: &App, host: &Viewer, id: ListingId) -> Result<listing::Model, Fault<Refusal>> {
    step(app, host, id, Move::Publish).await
}

/// Takes a listing off sale for a while; its bookings stand.
pub async fn pause(app: &App, host: &Viewer, id: ListingId) -> Result<listing::Model, Fault<Refusal>> {
    step(app, host, id, Move::Pause).await
}

/// Takes a listing off sale for good; refused while guests have booked it.
pub async fn archive(app: &App, host: &Viewer, id: ListingId) -> Result<listing::Model, Fault<Refusal>> {
    step(app, host, id, Move::Archive).await
}

async fn step(app: &App, host: &Viewer, id: ListingId, step: Move) -> Result<listing::Model, Fault<Refusal>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let listing = find::owned_for_change(&tx, host, id).await?;
            let after = rules::after(listing.status, step)
                .ok_or(Fault::Refused(Refusal::WrongState(listing.status)))?;
            let missing = match step {
                Move::Publish => missing(&tx, host, &listing).await?,
                Move::Pause | Move::Archive | Move::Suspend | Move::Reinstate => Vec::new(),
            };
            if !missing.is_empty() {
                return Err(Fault::Refused(Refusal::Incomplete(missing)));
            }
            if step == Move::Archive && has_future_nights(&tx, &listing, now).await? {
                return Err(Fault::Refused(Refusal::FutureBookings));
            }

            let first = listing.published_at.or((step == Move::Publish).then_some(now));
            let mut change = listing.into_active_model();
            change.status = Set(after);
            change.published_at = Set(first);
            change.updated_at = Set(now);
            let listing = change.update(&*tx).await?;
            tx.touch_listing(listing.id);
            tx.announce(super::availability_topic(listing.id));
            Ok(listing)
        })
        .await
}

/// Deletes a draft that never was on sale; anything else is archived instead.
pub async fn delete(app: &App, host: &Viewer, id: ListingId) -> Result<ListingId, Fault<Refusal>> {
    app.db
        .write(|tx| async move {
            let listing = find::owned_for_change(&tx, host, id).await?;
            if listing.status != Status::Draft {
                return Err(Fault::Refused(Refusal::WrongState(listing.status)));
            }
            forget_nights(&tx, id).await?;
            listing::Entity::delete_by_id(id).exec(&*tx).await?;
            Ok(id)
        })
        .await
}

async fn missing(tx: &Tx, host: &Viewer, listing: &listing::Model) -> Result<Vec<Missing>, DbErr> {
    let photos = photo::Entity::find().filter(photo::Column::ListingId.eq(listing.id)).count(&**tx).await?;
    // The table of prices belongs to `pricing`, above this floor: here it only matters whether there is a row.
    let priced = is_priced(tx, listing.id).await?;
    let photos = usize::try_from(photos).unwrap_or(usize::MAX);
    Ok(rules::missing(listing, photos, priced, host.verified))
}

/// Whether a stay has nights of the listing from today on. A hold that has ended is none, whether or not it is settled.
async fn has_future_nights(tx: &Tx, listing: &listing::Model, now: Instant) -> Result<bool, DbErr> {
    let today = zone::local_date(now, listing.zone());
    let query = of_listing("night_reason", listing.id)
        .and_where(Expr::col("kind").eq("STAY"))
        .and_where(Expr::col("night").gte(today))
        .and_where(Expr::col("source_id").not_in_subquery(ended_holds(&[listing.id], now)))
        .to_owned();
    Ok(tx.query_one(&query).await?.is_some())
}

async fn is_priced(tx: &Tx, listing: ListingId) -> Result<bool, DbErr> {
    Ok(tx.query_one(&of_listing("price_settings", listing)).await?.is_some())
}

fn of_listing(table: &'static str, listing: ListingId) -> SelectStatement {
    let mut query = Query::select();
    query.expr(Expr::value(1)).from(table).and_where(Expr::col("listing_id").eq(listing.0)).limit(1);
    query
}

async fn forget_nights(tx: &Tx, listing: ListingId) -> Result<(), DbErr> {
    let query = Query::delete()
        .from_table("night_reason")
        .and_where(Expr::col("listing_id").eq(listing.0))
        .to_owned();
    tx.execute(&query).await?;
    Ok(())
}
