//! The money has come: the booking is confirmed, or, where the nights are lost or the booking has ended, the money
//! goes back.

use sea_orm::{ActiveValue::Set, DbErr};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    expire, find, state, timeline,
};
use crate::{
    app::App,
    calendar,
    db::Tx,
    event::Event,
    kernel::{Fault, Money, Never, PaymentId, Stay, clock::Instant},
    payments::{self, payment},
};

/// Reacts to a settled payment. Runs as often as it is told to, with one effect.
pub async fn confirm(app: &App, payment: PaymentId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let payment = payments::find::payment(&*tx, payment).await?;
            let booking = find::locked(&tx, payment.booking_id).await?.ok_or(Fault::Missing)?;

            match booking.status {
                Status::PendingPayment if is_lost(&tx, &booking, now).await? => {
                    expire::settle(&tx, &booking, now).await?;
                    give_back(&tx, &payment, now).await
                }
                Status::PendingPayment => confirmed(&tx, &booking, now).await,
                Status::Expired => late(&tx, &booking, &payment, now).await,
                Status::Cancelled | Status::Declined => give_back(&tx, &payment, now).await,
                Status::PendingApproval | Status::Confirmed | Status::Completed => Ok(()),
            }
        })
        .await
}

/// Paid in time, or so late that nobody has wanted the nights yet.
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

/// Paid after the hold was lost: the nights are taken again if they are still free, otherwise the money goes back.
async fn late(
    tx: &Tx,
    booking: &booking::Model,
    payment: &payment::Model,
    now: Instant,
) -> Result<(), Fault<Never>> {
    expire::lapsed(tx, booking.listing_id, now).await?;
    let stay = Stay::new(booking.check_in, booking.check_out).map_err(anyhow::Error::from)?;
    let begun = booking.check_in_at <= now;
    if begun || is_taken(tx, booking, stay, now).await? {
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

/// Whether the host has blocked some of the nights since the hold ended: nobody has settled that end yet, and the nights
/// have two reasons.
async fn is_lost(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<bool, DbErr> {
    Ok(booking.hold_ends_at <= now
        && calendar::find::is_shared(&**tx, booking.listing_id, booking.id.0).await?)
}

async fn is_taken(tx: &Tx, booking: &booking::Model, stay: Stay, now: Instant) -> Result<bool, Fault<Never>> {
    let last = stay.nights().next_back().unwrap_or(stay.check_in());
    Ok(!calendar::find::taken(&**tx, &[booking.listing_id], stay.check_in(), last, now).await?.is_empty())
}

/// Everything that was paid goes back, once: what is on its way back already is not sent again.
async fn give_back(tx: &Tx, payment: &payment::Model, now: Instant) -> Result<(), Fault<Never>> {
    let rest = payment.captured - payment.refunded;
    if rest > 0 {
        let amount = Money::new(rest, payment.currency);
        payments::ask_refund::ask_refund(
            tx,
            payment.id,
            amount,
            "the booking had ended when the money came",
            now,
        )
        .await
        .map_err(|fault| fault.map_to_broken("a refund of what was paid"))?;
    }
    Ok(())
}
