//! The guest's card is authorised: the request goes to the host, who has a day to answer it. The nights stay held, and
//! nothing is charged. An authorisation that comes when the booking has ended is cancelled.

use sea_orm::ActiveValue::Set;

use super::{
    booking::{self, Status},
    booking_event::Kind,
    expire, find, rules, state, timeline,
};
use crate::{
    app::App,
    db::Tx,
    event::Event,
    kernel::{Fault, Never, PaymentId, clock::Instant},
    payments::{self, payment},
};

/// Reacts to an authorised payment. Runs as often as it is told to, with one effect.
pub async fn request(app: &App, payment: PaymentId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let of = payments::find::payment::<Never>(&*tx, payment).await?.booking_id;
            let booking = find::locked(&tx, of).await?.ok_or(Fault::Missing)?;
            // Read under the lock: an authorisation that is gone by now asks nobody anything.
            let payment = payments::find::payment::<Never>(&*tx, payment).await?;

            match rules::status_at(&booking, now) {
                Status::PendingPayment if payment.status == payment::Status::Authorised => {
                    requested(&tx, &booking, now).await
                }
                Status::PendingPayment | Status::PendingApproval | Status::Confirmed | Status::Completed => {
                    Ok(())
                }
                // Nobody has got round to ending it yet, which lets the authorisation go as well.
                Status::Expired if booking.status != Status::Expired => {
                    Ok(expire::settle(&tx, &booking, now).await?)
                }
                Status::Expired | Status::Cancelled | Status::Declined => {
                    Ok(Event::PaymentUnwanted { payment: payment.id }.emit(&tx, now).await?)
                }
            }
        })
        .await
}

async fn requested(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<(), Fault<Never>> {
    let until = rules::respond_by(booking.check_in_at, now);
    let change = booking::ActiveModel {
        status: Set(Status::PendingApproval),
        requested_at: Set(Some(now)),
        hold_ends_at: Set(until),
        ..Default::default()
    };
    if state::move_from(tx, booking.id, Status::PendingPayment, change).await?.is_some() {
        timeline::note(tx, booking.id, Kind::Requested, None, "the card is authorised", now).await?;
        Event::HoldEnds { booking: booking.id }.emit(tx, until).await?;
        Event::BookingRequested { booking: booking.id }.emit(tx, now).await?;
    }
    Ok(())
}
