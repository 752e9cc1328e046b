//! `declineBooking`: the host says no to a request. Nothing was charged, and the nights are free again.

use sea_orm::{ActiveValue::Set, DbErr};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    find,
    rules::{self, Action},
    state, timeline,
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingId, Fault, UserId, clock::Instant},
};

/// What is declined.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which booking.
    pub booking: BookingId,
    /// Why, for the guest; may be empty.
    pub reason: String,
}

/// Why nothing is declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not wait for the host: not yet, not any more, or it never did.
    #[error("this booking does not wait for your answer")]
    NotPending,
    /// Longer than fits a notice, or with control characters.
    #[error("a reason has at most 500 characters, and no control characters")]
    ReasonInvalid,
}

/// Declines a request to book, for its host.
pub async fn decline(app: &App, host: &Viewer, ask: Ask) -> Result<booking::Model, Fault<Refusal>> {
    host.may_host()?;
    let now = app.clock.now();
    if !rules::is_reason(&ask.reason) {
        return Err(Fault::Refused(Refusal::ReasonInvalid));
    }
    let ask = &ask;
    app.db
        .write(|tx| async move {
            let booking = find::locked(&tx, ask.booking).await?;
            let booking = booking.filter(|booking| booking.host_id == host.user).ok_or(Fault::Missing)?;
            if !rules::actions(&booking, false, now).contains(&Action::Decline) {
                return Err(Fault::Refused(Refusal::NotPending));
            }

            let change = booking::ActiveModel { status: Set(Status::Declined), ..Default::default() };
            let declined = state::move_waiting(&tx, &booking, change)
                .await?
                .ok_or(Fault::Refused(Refusal::NotPending))?;
            follow(&tx, &booking, Some(host.user), &ask.reason, now).await?;
            Ok(declined)
        })
        .await
}

/// What follows when a request came to nothing, by the word of `actor` or by itself: the nights are free, the card's
/// authorisation is let go, and people are told.
pub(super) async fn follow(
    tx: &Tx,
    booking: &booking::Model,
    actor: Option<UserId>,
    why: &str,
    now: Instant,
) -> Result<(), DbErr> {
    calendar::release(tx, booking.listing_id, booking.id.0).await?;
    timeline::note(tx, booking.id, Kind::Declined, actor, why, now).await?;
    if let Some(payment) = find::payment_of(&**tx, booking.id).await? {
        Event::PaymentUnwanted { payment: payment.id }.emit(tx, now).await?;
    }
    Event::BookingDeclined { booking: booking.id }.emit(tx, now).await
}
