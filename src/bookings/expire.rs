//! The end of a hold that was not paid, or not answered by the host, in time: by the clock, or by whoever wants the nights
//! and finds that the hold has ended.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    changes, find, rules, state, timeline,
};
use crate::{
    app::App,
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingId, Fault, ListingId, Never, clock::Instant},
};

/// Expires a booking whose hold has ended. Does nothing when it was paid, accepted, cancelled, prolonged or expired
/// meanwhile.
pub async fn expire(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let Some(booking) = find::locked(&tx, id).await? else { return Ok(()) };
            if rules::has_lapsed(&booking, now) {
                settle(&tx, &booking, now).await?;
            }
            Ok(())
        })
        .await
}

/// Expires all ended holds of a listing, those of changes of bookings too, inside the transaction of whoever wants its nights and has locked it: so an
/// expired hold never blocks anybody, even when no worker runs.
pub async fn lapsed(tx: &Tx, listing: ListingId, now: Instant) -> Result<(), DbErr> {
    for booking in lapsed_bookings(listing, now).order_by_asc(booking::Column::Id).all(&**tx).await? {
        settle(tx, &booking, now).await?;
    }
    changes::lapsed(tx, listing, now).await
}

/// Whether [`lapsed`] has something to do at a listing, as an expression.
pub(super) fn has_lapsed(listing: ListingId, now: Instant) -> Expr {
    let booking = lapsed_bookings(listing, now).select_only().expr(Expr::value(1));
    let change = changes::lapsed_changes(listing, now).select_only().expr(Expr::value(1));
    Expr::exists(booking.into_query()).or(Expr::exists(change.into_query()))
}

fn lapsed_bookings(listing: ListingId, now: Instant) -> Select<booking::Entity> {
    booking::Entity::find()
        .filter(booking::Column::ListingId.eq(listing))
        .filter(booking::Column::Status.is_in([Status::PendingPayment, Status::PendingApproval]))
        .filter(booking::Column::HoldEndsAt.lte(now))
        .filter(booking::Column::AcceptedAt.is_null())
}

/// Ends the hold, whose time is over.
pub(super) async fn settle(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<(), DbErr> {
    let change = booking::ActiveModel { status: Set(Status::Expired), ..Default::default() };
    if state::move_waiting(tx, booking, change).await?.is_none() {
        return Ok(());
    }
    let why = match booking.status {
        Status::PendingApproval => "the host did not answer in time",
        _ => "not paid in time",
    };
    calendar::release(tx, booking.listing_id, booking.id.0).await?;
    timeline::note(tx, booking.id, Kind::Expired, None, why, now).await?;
    if let Some(payment) = find::payment_of(&**tx, booking.id).await? {
        Event::PaymentUnwanted { payment: payment.id }.emit(tx, now).await?;
    }
    Event::BookingExpired { booking: booking.id }.emit(tx, now).await
}
