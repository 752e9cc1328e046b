//! `cancelBooking`: guest or host calls a booking off; the guest gets back what the policy says at that instant, and a
//! host who calls off what was confirmed owes a penalty.

use sea_orm::ActiveValue::Set;

use super::{
    booking::{self, Status},
    booking_event::Kind,
    cancellation::Facts,
    changes,
    find::{self, payment_of},
    outcome::outcome,
    recognise::recognise,
    rules::{self, Action},
    state, timeline,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingId, Fault, Stay, clock::Instant},
    ledger::{self, postings},
    payments::{self, ask_refund},
};

/// What is called off.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which booking.
    pub booking: BookingId,
    /// Why, for the other side; may be empty.
    pub reason: String,
    /// Made by the client: a second click changes nothing.
    pub idempotency_key: String,
}

/// Why the booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has ended already, one way or another.
    #[error("this booking has ended already")]
    AlreadyEnded,
    /// The host has accepted it, and the card is being charged.
    #[error("the host has accepted: this booking can be cancelled once it is confirmed")]
    BeingConfirmed,
    /// A host answers a request.
    #[error("a request is declined, not cancelled")]
    DeclineInstead,
    /// Longer than fits a notice, or with control characters.
    #[error("a reason has at most 500 characters, and no control characters")]
    ReasonInvalid,
    /// The same key was sent with another booking.
    #[error("this idempotency key was used for something else")]
    IdempotencyConflict,
    /// Empty, longer than 255 characters, or with control characters.
    #[error("an idempotency key has 1 to 255 characters, and no control characters")]
    IdempotencyKey,
}

/// Calls a booking off, for its guest or its host.
pub async fn cancel(app: &App, viewer: &Viewer, ask: Ask) -> Result<booking::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    if !rules::is_reason(&ask.reason) {
        return Err(Fault::Refused(Refusal::ReasonInvalid));
    }
    app.db
        .write(|tx| {
            let ask = ask.clone();
            async move {
                accounts::lock(&tx, viewer.user).await?;
                if let Some(booking) = remembered(&tx, viewer, &ask).await? {
                    return Ok(booking);
                }
                let booking = find::locked(&tx, ask.booking).await?.ok_or(Fault::Missing)?;
                let is_guest = booking.guest_id == viewer.user;
                if !is_guest && booking.host_id != viewer.user {
                    return Err(Fault::Missing);
                }
                if !rules::actions(&booking, is_guest, now).contains(&Action::Cancel) {
                    return Err(Fault::Refused(why_not(&booking, now)));
                }

                let cancelled = end(&tx, viewer, &booking, &ask.reason, is_guest, now).await?;
                idempotent_answer::remember(
                    &tx,
                    viewer.user,
                    "cancelBooking",
                    &ask.idempotency_key,
                    &ask.booking,
                    &booking.id,
                    now,
                )
                .await?;
                Ok(cancelled)
            }
        })
        .await
}

/// Why a booking stands that whoever asks can't cancel.
fn why_not(booking: &booking::Model, now: Instant) -> Refusal {
    match rules::status_at(booking, now) {
        Status::PendingApproval if booking.accepted_at.is_some() => Refusal::BeingConfirmed,
        Status::PendingApproval => Refusal::DeclineInstead,
        _ => Refusal::AlreadyEnded,
    }
}

async fn remembered(tx: &Tx, viewer: &Viewer, ask: &Ask) -> Result<Option<booking::Model>, Fault<Refusal>> {
    let key = &ask.idempotency_key;
    match idempotent_answer::recall(tx, viewer.user, "cancelBooking", key, &ask.booking).await? {
        None => Ok(None),
        Some(Err(_)) => Err(Fault::Refused(Refusal::IdempotencyConflict)),
        Some(Ok(id)) => Ok(find::by_id(&**tx, id).await?),
    }
}

async fn end(
    tx: &Tx,
    viewer: &Viewer,
    booking: &booking::Model,
    reason: &str,
    by_guest: bool,
    now: Instant,
) -> Result<booking::Model, Fault<Refusal>> {
    let change = booking::ActiveModel {
        status: Set(Status::Cancelled),
        cancelled_at: Set(Some(now)),
        ..Default::default()
    };
    let cancelled =
        state::move_waiting(tx, booking, change).await?.ok_or(Fault::Refused(Refusal::AlreadyEnded))?;
    changes::end(tx, booking.id, now).await?;
    if by_guest {
        leave(tx, booking, now).await?;
    } else {
        calendar::hand_to_host(tx, booking.listing_id, booking.id.0).await?;
    }
    timeline::note(tx, booking.id, Kind::Cancelled, Some(viewer.user), reason, now).await?;
    payments::lock(tx, booking.id).await?;
    if booking.status == Status::Confirmed {
        let paid = payments::find::counting(&**tx, booking.id).await?;
        let borne = payments::find::borne(&**tx, &paid, booking.price.currency).await?;
        let end = outcome(booking, &paid, borne, by_guest, now).map_err(anyhow::Error::from)?;
        let back = end.back;
        let portions = payments::rules::portions(&paid, back.worth).map_err(anyhow::Error::from)?;
        let whole = ask_refund::Whole::by_the_rules(back.worth, "the booking was cancelled");
        ask_refund::ask_each(tx, &portions, whole, now)
            .await
            .map_err(|fault| fault.map_to_broken("the refund of a cancellation"))?;
        recognise(tx, booking, back.parts, now).await?;
        if let Some(owed) = end.penalty.filter(|owed| owed.minor > 0) {
            let draft = postings::penalty(booking.id, booking.host_id, owed, now);
            ledger::post(tx, &draft).await?;
        }
    } else {
        let payment = payment_of(&**tx, booking.id).await?.ok_or(Fault::Missing)?;
        Event::PaymentUnwanted { payment: payment.id }.emit(tx, now).await?;
    }
    Event::BookingCancelled { booking: booking.id }.emit(tx, now).await?;
    Ok(cancelled)
}

/// The guest goes, or doesn't come: the nights that were not stayed are for sale again. Those that were stay the
/// guest's, with the host's preparation after the last of them.
async fn leave(tx: &Tx, booking: &booking::Model, now: Instant) -> Result<(), Fault<Refusal>> {
    let facts = Facts::of(booking);
    let stayed = facts.stayed(now, booking.price.nightly.len());
    let left = booking.check_in.checked_add_days(chrono::Days::new(stayed as u64));
    match Stay::new(booking.check_in, left.unwrap_or(booking.check_out)) {
        Ok(stay) => calendar::shorten(tx, booking.listing_id, stay, booking.id.0).await?,
        // Not a night of it.
        Err(_) => calendar::release(tx, booking.listing_id, booking.id.0).await?,
    }
    Ok(())
}
