//! `rotateCalendarExport`: the address of a listing's calendar is another one from now on, and the old one is nobody's.

use sea_orm::{
    ActiveValue::Set,
    EntityTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::calendar_export;
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Fault, ListingId, Never},
    listings::{find, listing},
};

/// Changes the address of the calendar of one of the host's listings.
pub async fn rotate_export(
    app: &App,
    host: &Viewer,
    listing: ListingId,
) -> Result<listing::Model, Fault<Never>> {
    app.db
        .write(|tx| async move {
            let listing = find::owned_for_change(&tx, host, listing).await?;

            let first = calendar_export::ActiveModel { listing_id: Set(listing.id), number: Set(1) };
            let one_more = OnConflict::column(calendar_export::Column::ListingId)
                .value(
                    calendar_export::Column::Number,
                    Expr::col((calendar_export::Entity, calendar_export::Column::Number)).add(1),
                )
                .to_owned();
            calendar_export::Entity::insert(first).on_conflict(one_more).exec_without_returning(&*tx).await?;
            Ok(listing)
        })
        .await
}
