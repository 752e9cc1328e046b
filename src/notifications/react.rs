//! What people are told when something happens: each function reads the world anew and may run twice.

use super::{
    compose::{self, Facts},
    deliver::{Notice, deliver},
};
use crate::{
    accounts::user,
    app::App,
    bookings::{self, booking, booking_event},
    disputes,
    kernel::{
        BookingId, DisputeId, Fault, JobId, Money, Never, PaymentId, PayoutAccountId, PayoutId, RefundId,
    },
    ledger, listings, payments, payouts,
};

/// A booking was paid.
pub async fn booking_confirmed(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    tell(app, id, compose::booking_confirmed).await
}

/// A booking was called off.
pub async fn booking_cancelled(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let owed = ledger::movements::penalties(app.db.read(), &[id]).await?.first().map(|(_, owed)| *owed);
    tell(app, id, |facts| compose::booking_cancelled(facts, owed)).await
}

/// A guest asks to book. Nobody is asked who could not answer any more.
pub async fn booking_requested(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let booking = bookings::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    if bookings::rules::status_at(&booking, app.clock.now()) != booking::Status::PendingApproval {
        return Ok(());
    }
    tell(app, id, compose::booking_requested).await
}

/// A request came to nothing: by the host's word, which the timeline has, or since the card could not be charged.
pub async fn booking_declined(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let lines = bookings::timeline::of(app.db.read(), &[id]).await?;
    let line = lines.into_iter().rfind(|line| line.kind == booking_event::Kind::Declined);
    let word = line.filter(|line| line.actor_id.is_some()).map(|line| line.note);
    tell(app, id, |facts| match &word {
        Some(reason) => compose::booking_declined(facts, reason),
        None => compose::card_not_charged(facts),
    })
    .await
}

/// A hold ended unpaid, or a request unanswered. Whoever has paid meanwhile is not told so any more.
pub async fn booking_expired(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let booking = bookings::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    if booking.status != booking::Status::Expired {
        return Ok(());
    }
    tell(app, id, compose::booking_expired).await
}

/// A card was declined; `job` stands for this one failure of perhaps several.
pub async fn payment_failed(app: &App, id: PaymentId, job: JobId) -> Result<(), Fault<Never>> {
    let payment = payments::find::payment(app.db.read(), id).await?;
    let code = payment.decline_code.as_deref();
    tell(app, payment.booking_id, |facts| compose::payment_failed(facts, code, &job.to_string())).await
}

/// Money went back.
pub async fn payment_refunded(app: &App, id: RefundId) -> Result<(), Fault<Never>> {
    let (refund, payment) = payments::find::refund(app.db.read(), id).await?;
    let amount = Money::new(refund.amount, refund.currency);
    tell(app, payment.booking_id, |facts| compose::payment_refunded(facts, amount, &id.to_string())).await
}

/// A host was paid.
pub async fn payout_sent(app: &App, id: PayoutId) -> Result<(), Fault<Never>> {
    let payout = payouts::find::payout(app.db.read(), id).await?;
    tell(app, payout.booking_id, |facts| vec![compose::payout_sent(facts, &payout)]).await
}

/// A host could not be paid.
pub async fn payout_failed(app: &App, id: PayoutId) -> Result<(), Fault<Never>> {
    let payout = payouts::find::payout(app.db.read(), id).await?;
    let tries = payouts::find::legs_of(app.db.read(), &[id]).await?.iter().map(|leg| leg.round).max();
    tell(app, payout.booking_id, |facts| vec![compose::payout_failed(facts, &payout, tries.unwrap_or(0))])
        .await
}

/// A host is paid elsewhere from now on.
pub async fn payout_account_changed(app: &App, id: PayoutAccountId) -> Result<(), Fault<Never>> {
    let account = payouts::find::account(app.db.read(), id).await?;
    deliver(app, vec![compose::payout_account_changed(&account)]).await
}

/// Somebody argues about a stay, or a guest's bank does.
pub async fn dispute_opened(app: &App, id: DisputeId) -> Result<(), Fault<Never>> {
    let dispute = disputes::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    tell(app, dispute.booking_id, |facts| compose::dispute_opened(facts, &dispute)).await
}

/// The other side has answered.
pub async fn dispute_answered(app: &App, id: DisputeId) -> Result<(), Fault<Never>> {
    let dispute = disputes::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    tell(app, dispute.booking_id, |facts| compose::dispute_answered(facts, &dispute)).await
}

/// A dispute is over, one way or another.
pub async fn dispute_resolved(app: &App, id: DisputeId) -> Result<(), Fault<Never>> {
    let dispute = disputes::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    tell(app, dispute.booking_id, |facts| compose::dispute_resolved(facts, &dispute)).await
}

pub(super) async fn tell(
    app: &App,
    id: BookingId,
    words: impl FnOnce(&Facts) -> Vec<Notice> + Send,
) -> Result<(), Fault<Never>> {
    let booking = bookings::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    let listing = listings::find::any(app.db.read(), &[booking.listing_id]).await?;
    let listing = listing.into_iter().next().ok_or(Fault::Missing)?;
    let (guest, host) = sides(app, &booking).await?;
    let facts = Facts {
        booking: &booking,
        title: &listing.title,
        guest: &guest.display_name,
        host: &host.display_name,
    };
    let notices = words(&facts);
    deliver(app, notices).await?;
    app.bus.publish(&bookings::topic(id), bytes::Bytes::new()).await;
    Ok(())
}

async fn sides(app: &App, booking: &booking::Model) -> Result<(user::Model, user::Model), Fault<Never>> {
    use sea_orm::EntityTrait;
    let person = async |id| user::Entity::find_by_id(id).one(app.db.read()).await?.ok_or(Fault::Missing);
    Ok::<_, Fault<Never>>((person(booking.guest_id).await?, person(booking.host_id).await?))
}
