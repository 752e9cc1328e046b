//! The end of a change that nobody answered, or nobody paid for, in time: by the clock, by whoever wants the nights that it
//! holds, or since the booking itself has ended.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select};

use super::{find, rules, state};
use crate::{
    app::App,
    bookings::{
        booking_change::{self, Status},
        booking_event::Kind,
        find as bookings, timeline,
    },
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingChangeId, BookingId, Fault, ListingId, Never, clock::Instant},
};

/// Ends a change whose time is over. Does nothing when it was answered, paid or prolonged meanwhile.
pub async fn expire(app: &App, id: BookingChangeId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let of = find::change::<Never>(&*tx, id).await?.booking_id;
            bookings::locked(&tx, of).await?;
            let change = find::change::<Never>(&*tx, id).await?;
            if rules::has_lapsed(&change, now) {
                settle(&tx, &change, now).await?;
            }
            Ok(())
        })
        .await
}

/// Ends all changes at a listing whose time is over, inside the transaction of whoever wants its nights and has locked it.
pub async fn lapsed(tx: &Tx, listing: ListingId, now: Instant) -> Result<(), DbErr> {
    for change in lapsed_changes(listing, now).order_by_asc(booking_change::Column::Id).all(&**tx).await? {
        settle(tx, &change, now).await?;
    }
    Ok(())
}

/// The changes that [`lapsed`] ends.
pub fn lapsed_changes(listing: ListingId, now: Instant) -> Select<booking_change::Entity> {
    booking_change::Entity::find()
        .filter(booking_change::Column::ListingId.eq(listing))
        .filter(booking_change::Column::Status.is_in([Status::Proposed, Status::Accepted]))
        .filter(booking_change::Column::EndsAt.lte(now))
}

/// Ends a change, whose time is over.
pub(super) async fn settle(tx: &Tx, change: &booking_change::Model, now: Instant) -> Result<(), DbErr> {
    if !over(tx, change, Status::Expired, now).await? {
        return Ok(());
    }
    let why = match change.status {
        Status::Accepted => "the difference was not paid in time",
        _ => "not answered in time",
    };
    timeline::note(tx, change.booking_id, Kind::ChangeExpired, None, why, now).await?;
    Event::BookingChangeEnded { change: change.id }.emit(tx, now).await
}

/// Ends the open change of a booking that has ended, in its transaction.
pub async fn end(tx: &Tx, booking: BookingId, now: Instant) -> Result<(), DbErr> {
    if let Some(change) = find::open_of(&**tx, booking).await? {
        over(tx, &change, Status::Ended, now).await?;
    }
    Ok(())
}

/// What it holds is free again, and it is not to be paid for any more. False where somebody was faster.
async fn over(tx: &Tx, change: &booking_change::Model, status: Status, now: Instant) -> Result<bool, DbErr> {
    let to = booking_change::ActiveModel { status: Set(status), ..Default::default() };
    if state::move_on(tx, change, to).await?.is_none() {
        return Ok(false);
    }
    if change.status == Status::Accepted {
        calendar::release(tx, change.listing_id, change.id.0).await?;
        if let Some(payment) = find::payment_of(&**tx, change.id).await? {
            Event::PaymentUnwanted { payment: payment.id }.emit(tx, now).await?;
        }
    }
    Ok(true)
}
