//! A booking becomes a thing to pay, in the booking's own transaction. Stripe is not called here.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use super::payment;
use crate::{
    bookings::booking,
    db::Tx,
    event::Event,
    kernel::{PaymentId, clock::Instant},
};

/// How long whoever opened the payment has for starting it; then the worker does. Longer than a call may take, so that
/// the two don't meet at Stripe.
const HEAD_START: TimeDelta = TimeDelta::seconds(30);

/// Opens the payment of a booking. Start it after the commit: should nobody get to it, a job will.
pub async fn open(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<payment::Model, DbErr> {
    let worth = booking.price.total().map_err(|error| DbErr::Custom(error.to_string()))?;
    let row = payment::ActiveModel {
        id: Set(PaymentId::new()),
        booking_id: Set(booking.id),
        status: Set(payment::Status::Created),
        currency: Set(booking.currency),
        amount: Set(booking.total),
        captured: Set(0),
        refunded: Set(0),
        listing_currency: Set(worth.currency),
        listing_amount: Set(worth.minor),
        listing_refunded: Set(0),
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
    };
    let payment = row.insert(&**tx).await?;
    let due = Event::PaymentDue { payment: payment.id };
    due.emit_once(tx, now + HEAD_START, format!("{}:0", payment.id)).await?;
    Ok(payment)
}
