//! The money has come: the booking is confirmed, or, where the nights are lost or the booking has ended, the money
//! goes back. Money that comes after the hold buys only what anybody could still book: a listing on sale (neither
//! paused nor archived nor suspended, and nor is its host), a stay that has not begun, nights that are free.

use sea_orm::ActiveValue::Set;

use super::{
    booking::{self, Status},
    booking_event::Kind,
    changes, expire, find, rules, state, timeline,
};
use crate::{
    app::App,
    calendar,
    db::Tx,
    event::Event,
    kernel::{Fault, Never, PaymentId, Stay, clock::Instant},
    listings,
    payments::{self, payment},
};

/// Reacts to a settled payment, of a booking or of what a change of one costs more. Runs as often as it is told to, with one effect.
pub async fn confirm(app: &App, payment: PaymentId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let of = payments::find::payment::<Never>(&*tx, payment).await?.booking_id;
            let booking = find::locked(&tx, of).await?.ok_or(Fault::Missing)?;
            // Read under the lock: what of it has gone back by then is not sent again.
            let payment = payments::find::payment(&*tx, payment).await?;
            if let Some(change) = payment.change_id {
                return changes::paid(&tx, &booking, change, &payment, now).await;
            }

            // By the clock: whether somebody has got round to settling an ended hold changes nothing.
            match rules::status_at(&booking, now) {
                Status::PendingPayment | Status::PendingApproval => confirmed(&tx, &booking, now).await,
                Status::Expired if booking.by_request => unasked(&tx, &booking, &payment, now).await,
                Status::Expired => late(&tx, &booking, &payment, now).await,
                Status::Cancelled | Status::Declined => give_back(&tx, &payment, now).await,
                Status::Confirmed | Status::Completed => Ok(()),
            }
        })
        .await
}

/// Paid in time, or charged with the host's word, or paid so late that nobody has wanted the nights yet.
async fn confirmed(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<(), Fault<Never>> {
    let change = booking::ActiveModel {
        status: Set(Status::Confirmed),
        confirmed_at: Set(Some(now)),
        ..Default::default()
    };
    if state::move_from(tx, booking.id, booking.status, change).await?.is_some() {
        timeline::note(tx, booking.id, Kind::Confirmed, None, "paid", now).await?;
        Event::BookingConfirmed { booking: booking.id }.emit(tx, now).await?;
        Event::CheckOut { booking: booking.id }.emit(tx, booking.check_out_at).await?;
    }
    Ok(())
}

/// Taken of a card that should only have been authorised, for a request that has ended: no late payment, since no host
/// has agreed to the stay.
async fn unasked(
    tx: &Tx,
    booking: &booking::Model,
    payment: &payment::Model,
    now: Instant,
) -> Result<(), Fault<Never>> {
    if rules::has_lapsed(booking, now) {
        expire::settle(tx, booking, now).await?;
    }
    give_back(tx, payment, now).await
}

/// Paid after the hold was lost: the nights are taken again if they can still be booked, otherwise the money goes back.
async fn late(
    tx: &Tx,
    booking: &booking::Model,
    payment: &payment::Model,
    now: Instant,
) -> Result<(), Fault<Never>> {
    expire::lapsed(tx, booking.listing_id, now).await?;
    // Once more: this hold may have been the one that was settled just now.
    let booking = &find::by_id(&**tx, booking.id).await?.ok_or(Fault::Missing)?;
    let stay = Stay::new(booking.check_in, booking.check_out).map_err(anyhow::Error::from)?;
    let begun = booking.check_in_at <= now;
    let on_sale = listings::find::published(&**tx, booking.listing_id).await?.is_some();
    if begun || !on_sale || is_taken(tx, booking, stay, now).await? {
        return give_back(tx, payment, now).await;
    }
    calendar::hold(tx, booking.listing_id, stay, booking.id.0)
        .await?
        .map_err(|_| anyhow::anyhow!("free nights were taken under the listing's lock"))?;
    timeline::note(
        tx,
        booking.id,
        Kind::PaidLate,
        None,
        "paid after the hold had ended; the nights were free",
        now,
    )
    .await?;
    confirmed(tx, booking, now).await
}

async fn is_taken(tx: &Tx, booking: &booking::Model, stay: Stay, now: Instant) -> Result<bool, Fault<Never>> {
    let last = stay.nights().next_back().unwrap_or(stay.check_in());
    Ok(!calendar::find::taken(&**tx, &[booking.listing_id], stay.check_in(), last, now).await?.is_empty())
}

/// Everything that was paid goes back, once: what is on its way back already is not sent again.
pub(super) async fn give_back(tx: &Tx, payment: &payment::Model, now: Instant) -> Result<(), Fault<Never>> {
    let rest = payments::rules::left(payment).worth;
    if rest.minor > 0 {
        payments::ask_refund::ask_refund(
            tx,
            payment.id,
            rest,
            "the booking had ended when the money came",
            now,
        )
        .await
        .map_err(|fault| fault.map_to_broken("a refund of what was paid"))?;
    }
    Ok(())
}
