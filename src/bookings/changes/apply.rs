//! A booking becomes what was proposed: dates, party, price and nights at once. Every time that follows from them is read
//! anew by whoever acts on it, so that a job of the old time does nothing.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{find, propose::is_in_the_market, rules, state};
use crate::{
    bookings::{
        booking,
        booking_change::{self, Status},
        booking_event::Kind,
        confirm::give_back,
        expire, find as bookings,
        state::move_from,
        timeline,
    },
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingChangeId, Fault, Never, Stay, clock::Instant},
    listings,
    payments::payment,
};

/// Reacts to the money for what a change costs more. What nobody has held any longer is taken again if it still can be
/// had; otherwise, and for a booking that has ended, the money goes back. The caller has locked the listing.
pub async fn paid(
    tx: &Tx,
    booking: &booking::Model,
    change: BookingChangeId,
    payment: &payment::Model,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let change = find::change::<Never>(&**tx, change).await?;
    match rules::status_at(&change, now) {
        Status::Accepted => apply(tx, booking, &change, now).await.map(drop),
        Status::Expired => late(tx, &change, payment, now).await,
        Status::Applied => Ok(()),
        Status::Proposed | Status::Declined | Status::Withdrawn | Status::Ended => {
            give_back(tx, payment, now).await
        }
    }
}

/// Paid after the hold had ended.
async fn late(
    tx: &Tx,
    change: &booking_change::Model,
    payment: &payment::Model,
    now: Instant,
) -> Result<(), Fault<Never>> {
    expire::lapsed(tx, change.listing_id, now).await?;
    // Once more: this hold may have been the one that was settled just now.
    let change = find::change::<Never>(&**tx, change.id).await?;
    let booking = bookings::by_id(&**tx, change.booking_id).await?.ok_or(Fault::Missing)?;
    if !can_still_be_had(tx, &booking, &change, now).await? {
        return give_back(tx, payment, now).await;
    }
    let note = "the difference was paid after the hold had ended; the nights were free";
    timeline::note(tx, booking.id, Kind::PaidLate, None, note, now).await?;
    apply(tx, &booking, &change, now).await.map(drop)
}

async fn can_still_be_had(
    tx: &Tx,
    booking: &booking::Model,
    change: &booking_change::Model,
    now: Instant,
) -> Result<bool, Fault<Never>> {
    let to = rules::terms_after(change).map_err(anyhow::Error::from)?;
    let is_as_it_was = rules::is_up_to_date(change, booking)
        && rules::may_change(booking, to, now).is_ok()
        && find::open_of(&**tx, booking.id).await?.is_none();
    let listing = listings::find::any(&**tx, &[booking.listing_id]).await?.pop().ok_or(Fault::Missing)?;
    if !is_as_it_was || !is_in_the_market(&**tx, &listing).await? {
        return Ok(false);
    }
    let last = to.stay.nights().next_back().unwrap_or(to.stay.check_in());
    let (first, own) = (to.stay.check_in(), [booking.id.0]);
    let taken = calendar::find::taken_by_others(&**tx, listing.id, first, last, &own, now).await?;
    Ok(!adds(booking, to.stay).any(|night| taken.contains_key(&night)))
}

/// The nights of a stay that a booking has not.
fn adds(booking: &booking::Model, stay: Stay) -> impl Iterator<Item = chrono::NaiveDate> {
    let has = booking.check_in..booking.check_out;
    stay.nights().filter(move |night| !has.contains(night))
}

/// Makes the booking what was proposed. That the nights can be had was judged, under the listing's lock.
pub(super) async fn apply(
    tx: &Tx,
    booking: &booking::Model,
    change: &booking_change::Model,
    now: Instant,
) -> Result<booking_change::Model, Fault<Never>> {
    let (from, to) = (rules::terms_of(booking), rules::terms_after(change));
    let (from, to) = (from.map_err(anyhow::Error::from)?, to.map_err(anyhow::Error::from)?);
    let new = booking::ActiveModel {
        check_in: Set(change.check_in),
        check_out: Set(change.check_out),
        adults: Set(change.adults),
        children: Set(change.children),
        infants: Set(change.infants),
        pets: Set(change.pets),
        price: Set(change.price.clone()),
        total: Set(change.total),
        check_in_at: Set(change.check_in_at),
        check_out_at: Set(change.check_out_at),
        ..Default::default()
    };
    let moved = move_from(tx, booking.id, booking::Status::Confirmed, new).await?;
    let done = booking_change::ActiveModel {
        status: Set(Status::Applied),
        applied_at: Set(Some(now)),
        ..Default::default()
    };
    let (Some(_), Some(applied)) = (moved, state::move_on(tx, change, done).await?) else {
        return Err(Fault::Broken(anyhow::anyhow!(
            "change {} has moved under the listing's lock",
            change.id
        )));
    };
    payment::Entity::update_many()
        .col_expr(payment::Column::Counts, Expr::value(true))
        .filter(payment::Column::ChangeId.eq(change.id))
        .exec(&**tx)
        .await?;
    calendar::move_stay(tx, booking.listing_id, to.stay, booking.id.0, change.id.0, now)
        .await?
        .map_err(|_| anyhow::anyhow!("nights of a change were taken under the listing's lock"))?;
    timeline::note(tx, booking.id, Kind::Changed, None, &rules::in_words(from, to), now).await?;
    if change.check_out_at != booking.check_out_at {
        Event::CheckOut { booking: booking.id }.emit(tx, change.check_out_at).await?;
    }
    Event::BookingChanged { change: change.id }.emit(tx, now).await?;
    Ok(applied)
}
