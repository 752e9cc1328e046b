//! `answerBookingChange`: the other side says yes or no. A yes that costs something holds what is added for fifteen
//! minutes, while the guest pays the difference; any other yes is done at once, and what goes back is on its way.

use bytes::Bytes;
use sea_orm::ActiveValue::Set;

use super::{
    apply, find,
    propose::judge,
    rules::{self, Refusal},
    state,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    bookings::{
        self, booking,
        booking_change::{self, Status},
        booking_event::Kind,
        rules::HELD_FOR,
        timeline,
    },
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingChangeId, Fault, Money, clock::Instant},
    listings,
    payments::{self, ask_refund, payment},
};

/// The mutation, as keys know it.
const NAME: &str = "answerBookingChange";

/// The answer.
#[derive(Debug, Clone)]
pub struct Ask {
    /// To which change.
    pub change: BookingChangeId,
    /// Yes or no.
    pub accept: bool,
    /// Why not, for the other side; may be empty.
    pub reason: String,
    /// Made by the client: a second click changes nothing.
    pub idempotency_key: String,
}

/// What became of a change by the answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The change.
    pub change: booking_change::Model,
    /// What the guest is to pay for it now.
    pub payment: Option<payment::Model>,
}

/// Answers a change that the other side has proposed.
pub async fn answer(app: &App, viewer: &Viewer, ask: Ask) -> Result<Answered, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    if !bookings::rules::is_reason(&ask.reason) {
        return Err(Fault::Refused(Refusal::NoteInvalid));
    }
    let Answered { change, payment } = app.db.write(|tx| answered(tx, viewer, ask.clone(), now)).await?;
    let payment = match payment {
        Some(payment) => {
            let booking = payments::find::booking_of(app.db.read(), &payment).await?;
            Some(payments::start::first(app, payment, &booking).await)
        }
        None => None,
    };
    app.bus.publish(&bookings::topic(change.booking_id), Bytes::new()).await;
    Ok(Answered { change, payment })
}

/// The transaction: load, judge, write.
async fn answered(tx: Tx, viewer: &Viewer, ask: Ask, now: Instant) -> Result<Answered, Fault<Refusal>> {
    accounts::lock(&tx, viewer.user).await?;
    let input = format!("{} {} {}", ask.change, ask.accept, ask.reason);
    let key = &ask.idempotency_key;
    match idempotent_answer::recall::<BookingChangeId>(&tx, viewer.user, NAME, key, &input).await? {
        None => {}
        Some(Err(_)) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
        Some(Ok(id)) => {
            let change = find::change::<Refusal>(&*tx, id).await?;
            return Ok(Answered { change, payment: find::payment_of(&*tx, id).await? });
        }
    }
    let (change, booking) = locked(&tx, viewer, ask.change).await?;
    if change.proposed_by == viewer.user {
        return Err(Fault::Refused(Refusal::OtherSide));
    }
    if rules::status_at(&change, now) != Status::Proposed {
        return Err(Fault::Refused(Refusal::NotOpen));
    }

    let answered = if ask.accept {
        accept(&tx, viewer, &booking, &change, now).await?
    } else {
        decline(&tx, viewer, &change, &ask.reason, now).await?
    };
    idempotent_answer::remember(&tx, viewer.user, NAME, key, &input, &change.id, now).await?;
    Ok(answered)
}

/// A change of a booking that the viewer is a side of, and the booking, with the listing's row locked.
pub(super) async fn locked(
    tx: &Tx,
    viewer: &Viewer,
    id: BookingChangeId,
) -> Result<(booking_change::Model, booking::Model), Fault<Refusal>> {
    let of = find::change::<Refusal>(&**tx, id).await?.booking_id;
    let booking = bookings::find::locked(tx, of).await?.ok_or(Fault::Missing)?;
    if ![booking.guest_id, booking.host_id].contains(&viewer.user) {
        return Err(Fault::Missing);
    }
    // Once more, now that nobody else is at it.
    Ok((find::change::<Refusal>(&**tx, id).await?, booking))
}

async fn decline(
    tx: &Tx,
    viewer: &Viewer,
    change: &booking_change::Model,
    reason: &str,
    now: Instant,
) -> Result<Answered, Fault<Refusal>> {
    let to = booking_change::ActiveModel {
        status: Set(Status::Declined),
        reason: Set(reason.to_owned()),
        answered_at: Set(Some(now)),
        ..Default::default()
    };
    let change = state::move_on(tx, change, to).await?.ok_or(Fault::Refused(Refusal::NotOpen))?;
    timeline::note(tx, change.booking_id, Kind::ChangeDeclined, Some(viewer.user), reason, now).await?;
    Event::BookingChangeEnded { change: change.id }.emit(tx, now).await?;
    Ok(Answered { change, payment: None })
}

async fn accept(
    tx: &Tx,
    viewer: &Viewer,
    booking: &booking::Model,
    change: &booking_change::Model,
    now: Instant,
) -> Result<Answered, Fault<Refusal>> {
    let (from, to) = (rules::terms_of(booking), rules::terms_after(change));
    let (from, to) = (from.map_err(anyhow::Error::from)?, to.map_err(anyhow::Error::from)?);
    if !rules::is_up_to_date(change, booking) {
        return Err(Fault::Refused(Refusal::OutOfDate));
    }
    rules::may_change(booking, to, now).map_err(Fault::Refused)?;
    for side in [booking.guest_id, booking.host_id] {
        if !accounts::is_active(&**tx, side).await? {
            return Err(Fault::Refused(Refusal::NotChangeable));
        }
    }
    // Ended holds are nobody's any more, and this is a claim as any other.
    bookings::expire::lapsed(tx, booking.listing_id, now).await?;
    let listing = listings::find::any(&**tx, &[booking.listing_id]).await?.pop().ok_or(Fault::Missing)?;
    judge(&**tx, &listing, from, to, &[booking.id.0], now).await?;

    if change.difference > 0 {
        return hold(tx, viewer, booking, change, now).await;
    }
    if change.difference < 0 {
        give_back(tx, booking, change, now).await?;
    }
    let to = booking_change::ActiveModel { answered_at: Set(Some(now)), ..Default::default() };
    let change = state::move_on(tx, change, to).await?.ok_or(Fault::Refused(Refusal::NotOpen))?;
    let change = apply::apply(tx, booking, &change, now).await.map_err(Fault::widen)?;
    Ok(Answered { change, payment: None })
}

/// Holds what is added, and opens the payment of the difference.
async fn hold(
    tx: &Tx,
    viewer: &Viewer,
    booking: &booking::Model,
    change: &booking_change::Model,
    now: Instant,
) -> Result<Answered, Fault<Refusal>> {
    let stay = rules::terms_after(change).map_err(anyhow::Error::from)?.stay;
    let ends_at = rules::ends_at(booking, stay, now, HELD_FOR);
    let to = booking_change::ActiveModel {
        status: Set(Status::Accepted),
        answered_at: Set(Some(now)),
        ends_at: Set(ends_at),
        ..Default::default()
    };
    let change = state::move_on(tx, change, to).await?.ok_or(Fault::Refused(Refusal::NotOpen))?;
    let payment = payments::open::open_difference(tx, booking, &change, now).await?;
    let held = calendar::hold_more(tx, booking.listing_id, stay, booking.id.0, change.id.0, now).await?;
    if let Err(nights) = held {
        let taken = calendar::rules::Violation::NightsTaken { nights };
        return Err(Fault::Refused(Refusal::NotAvailable(vec![taken])));
    }
    timeline::note(tx, booking.id, Kind::ChangeAccepted, Some(viewer.user), "", now).await?;
    Event::ChangeEnds { change: change.id }.emit(tx, ends_at).await?;
    Event::BookingChangeAccepted { change: change.id }.emit(tx, now).await?;
    Ok(Answered { change, payment: Some(payment) })
}

/// Sends back what the booking costs less: exactly what was shown, or nothing is done.
async fn give_back(
    tx: &Tx,
    booking: &booking::Model,
    change: &booking_change::Model,
    now: Instant,
) -> Result<(), Fault<Refusal>> {
    payments::lock(tx, booking.id).await?;
    let paid = payments::find::counting(&**tx, booking.id).await?;
    let shown = Money::new(-change.difference, change.currency);
    let worth = Money::new(-change.listing_difference, change.price.currency);
    let portions = payments::rules::portions_of(&paid, worth, shown).map_err(anyhow::Error::from)?;
    let back = payments::rules::total_of(&portions, shown.currency, worth.currency);
    let back = back.map_err(anyhow::Error::from)?;
    if (back.paid, back.worth) != (shown, worth) {
        return Err(Fault::Refused(Refusal::OutOfDate));
    }
    let whole = ask_refund::Whole::by_the_rules(worth, "the booking was changed");
    ask_refund::ask_each(tx, &portions, whole, now)
        .await
        .map_err(|fault| fault.map_to_broken("what a changed booking costs less"))?;
    Ok(())
}
