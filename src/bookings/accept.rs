//! `acceptBooking`: the host says yes to a request. A mark on the booking stops its expiry and its cancellation, and is
//! committed first; then the card is charged, outside of any transaction.

use bytes::Bytes;
use sea_orm::ActiveValue::Set;

use super::{
    booking,
    booking_event::Kind,
    confirm, find,
    rules::{self, Action},
    state, timeline,
    unpaid::unpaid,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    db::Tx,
    drill,
    kernel::{BookingId, Fault, clock::Instant},
    listings::{self, listing},
    payments::{
        capture::{self, Outcome},
        payment,
    },
};

/// The mutation, as keys know it.
const NAME: &str = "acceptBooking";

/// What is accepted.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which booking.
    pub booking: BookingId,
    /// Made by the client: a second click changes nothing.
    pub idempotency_key: String,
}

/// Why nothing is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not wait for the host: not yet, not any more, or it never did.
    #[error("this booking does not wait for your answer")]
    NotPending,
    /// An admin keeps the host, or the place, off the market.
    #[error("this place is kept off the market: its requests can only be declined")]
    Suspended,
    /// The same key was sent with another booking.
    #[error("this idempotency key was used for something else")]
    IdempotencyConflict,
    /// Empty, longer than 255 characters, or with control characters.
    #[error("an idempotency key has 1 to 255 characters, and no control characters")]
    IdempotencyKey,
}

/// Accepts a request to book, for its host. The booking is confirmed afterwards, or declined where the card could not be
/// charged; where the provider has not answered in time, it is accepted and a job sees to the rest.
pub async fn accept(app: &App, host: &Viewer, ask: Ask) -> Result<booking::Model, Fault<Refusal>> {
    host.may_host()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    let payment = app.db.write(|tx| mark(tx, host, ask.clone(), now)).await?;
    drill::point("bookings.accept.marked");

    let settled = match capture::first(app, &payment).await {
        Outcome::Captured => confirm::confirm(app, payment.id).await,
        Outcome::Refused => unpaid(app, payment.id).await,
        Outcome::Open => Ok(()),
    };
    // The events that were stored with the outcome do the same.
    if let Err(fault) = settled {
        tracing::warn!(booking = %ask.booking, ?fault, "what follows from a capture is left to a job");
    }
    app.bus.publish(&super::topic(ask.booking), Bytes::new()).await;
    find::by_id(app.db.read(), ask.booking).await?.ok_or(Fault::Missing)
}

/// The transaction: load, judge, write.
async fn mark(tx: Tx, host: &Viewer, ask: Ask, now: Instant) -> Result<payment::Model, Fault<Refusal>> {
    accounts::lock(&tx, host.user).await?;
    if let Some(payment) = remembered(&tx, host, &ask).await? {
        return Ok(payment);
    }
    let booking = find::locked(&tx, ask.booking).await?;
    let booking = booking.filter(|booking| booking.host_id == host.user).ok_or(Fault::Missing)?;
    if !rules::actions(&booking, false, now).contains(&Action::Accept) {
        return Err(Fault::Refused(Refusal::NotPending));
    }

    // As the database has it: a session may have been told otherwise seconds ago.
    let place = listings::find::any(&*tx, &[booking.listing_id]).await?;
    let is_kept_off = place.iter().any(|listing| listing.status == listing::Status::Suspended);
    if is_kept_off || !accounts::is_active(&*tx, host.user).await? {
        return Err(Fault::Refused(Refusal::Suspended));
    }

    let change = booking::ActiveModel { accepted_at: Set(Some(now)), ..Default::default() };
    state::move_waiting(&tx, &booking, change).await?.ok_or(Fault::Refused(Refusal::NotPending))?;
    timeline::note(&tx, booking.id, Kind::Accepted, Some(host.user), "", now).await?;
    let payment = find::payment_of(&*tx, booking.id).await?.ok_or(Fault::Missing)?;
    capture::due(&tx, payment.id, now).await?;
    idempotent_answer::remember(&tx, host.user, NAME, &ask.idempotency_key, &ask.booking, &booking.id, now)
        .await?;
    Ok(payment)
}

/// The payment of the booking that this key has accepted before.
async fn remembered(tx: &Tx, host: &Viewer, ask: &Ask) -> Result<Option<payment::Model>, Fault<Refusal>> {
    let key = &ask.idempotency_key;
    match idempotent_answer::recall::<BookingId>(tx, host.user, NAME, key, &ask.booking).await? {
        None => Ok(None),
        Some(Err(_)) => Err(Fault::Refused(Refusal::IdempotencyConflict)),
        Some(Ok(id)) => Ok(Some(find::payment_of(&**tx, id).await?.ok_or(Fault::Missing)?)),
    }
}
