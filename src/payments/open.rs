//! A booking, or the difference that a change of it costs, becomes a thing to pay, in the caller's own transaction.
//! Stripe is not called here.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use super::payment;
use crate::{
    bookings::{booking, booking_change},
    db::Tx,
    event::Event,
    kernel::{Money, PaymentId, clock::Instant},
};

/// How long whoever opened the payment has for starting it; then the worker does. Longer than a call may take, so that
/// the two don't meet at Stripe.
const HEAD_START: TimeDelta = TimeDelta::seconds(30);

/// Opens the payment of a booking, whose hold ends in time. Start it after the commit: should nobody get to it, a job will.
pub async fn open(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<payment::Model, DbErr> {
    let worth = booking.price.total().map_err(|error| DbErr::Custom(error.to_string()))?;
    let paid = Money::new(booking.total, booking.currency);
    let payment = row(booking, paid, worth, now).insert(&**tx).await?;
    let (due, at, key) = due(&payment, now);
    let ends = Event::HoldEnds { booking: booking.id };
    Event::emit_all(tx, [(due, at, Some(key)), (ends, booking.hold_ends_at, None)]).await?;
    Ok(payment)
}

/// Opens the payment of what a change of a booking costs more, likewise. It counts once the change is made.
pub async fn open_difference(
    tx: &Tx,
    booking: &booking::Model,
    change: &booking_change::Model,
    now: Instant,
) -> Result<payment::Model, DbErr> {
    let paid = Money::new(change.difference, change.currency);
    let worth = Money::new(change.listing_difference, change.price.currency);
    let row = payment::ActiveModel {
        change_id: Set(Some(change.id)),
        counts: Set(false),
        manual_capture: Set(false),
        ..row(booking, paid, worth, now)
    };
    let payment = row.insert(&**tx).await?;
    let (due, at, key) = due(&payment, now);
    due.emit_once(tx, at, key).await?;
    Ok(payment)
}

fn row(booking: &booking::Model, paid: Money, worth: Money, now: Instant) -> payment::ActiveModel {
    payment::ActiveModel {
        id: Set(PaymentId::new()),
        booking_id: Set(booking.id),
        change_id: Set(None),
        counts: Set(true),
        status: Set(payment::Status::Created),
        currency: Set(paid.currency),
        amount: Set(paid.minor),
        captured: Set(0),
        refunded: Set(0),
        listing_currency: Set(worth.currency),
        listing_amount: Set(worth.minor),
        listing_refunded: Set(0),
        charged_back: Set(0),
        listing_charged_back: Set(0),
        open_chargebacks: Set(0),
        intent_id: Set(None),
        client_secret: Set(None),
        charge_id: Set(None),
        decline_code: Set(None),
        attempts: Set(0),
        asked_at: Set(None),
        manual_capture: Set(booking.by_request),
        capture_attempts: Set(0),
        capture_asked_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

/// Whoever opened it starts it; a job does if they don't.
fn due(payment: &payment::Model, now: Instant) -> (Event, Instant, String) {
    (Event::PaymentDue { payment: payment.id }, now + HEAD_START, format!("{}:0", payment.id))
}
