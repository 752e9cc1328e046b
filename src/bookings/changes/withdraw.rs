//! `withdrawBookingChange`: the side that proposed a change takes it back, as long as the other has not answered.

use bytes::Bytes;
use sea_orm::ActiveValue::Set;

use super::{find, rules, rules::Refusal, state};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    bookings::{
        self,
        booking_change::{self, Status},
        booking_event::Kind,
        timeline,
    },
    db::Tx,
    event::Event,
    kernel::{BookingChangeId, Fault, clock::Instant},
};

/// The mutation, as keys know it.
const NAME: &str = "withdrawBookingChange";

/// What is taken back.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which change.
    pub change: BookingChangeId,
    /// Made by the client: a second click changes nothing.
    pub idempotency_key: String,
}

/// Takes a change back that one has proposed.
pub async fn withdraw(app: &App, viewer: &Viewer, ask: Ask) -> Result<booking_change::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    let change = app.db.write(|tx| withdrawn(tx, viewer, ask.clone(), now)).await?;
    app.bus.publish(&bookings::topic(change.booking_id), Bytes::new()).await;
    Ok(change)
}

async fn withdrawn(
    tx: Tx,
    viewer: &Viewer,
    ask: Ask,
    now: Instant,
) -> Result<booking_change::Model, Fault<Refusal>> {
    accounts::lock(&tx, viewer.user).await?;
    let (key, input) = (&ask.idempotency_key, &ask.change);
    match idempotent_answer::recall::<BookingChangeId>(&tx, viewer.user, NAME, key, input).await? {
        None => {}
        Some(Err(_)) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
        Some(Ok(id)) => return find::change(&*tx, id).await,
    }
    let (change, _) = super::answer::locked(&tx, viewer, ask.change).await?;
    if change.proposed_by != viewer.user {
        return Err(Fault::Refused(Refusal::OtherSide));
    }
    if rules::status_at(&change, now) != Status::Proposed {
        return Err(Fault::Refused(Refusal::NotOpen));
    }

    let to = booking_change::ActiveModel { status: Set(Status::Withdrawn), ..Default::default() };
    let change = state::move_on(&tx, &change, to).await?.ok_or(Fault::Refused(Refusal::NotOpen))?;
    timeline::note(&tx, change.booking_id, Kind::ChangeWithdrawn, Some(viewer.user), "", now).await?;
    Event::BookingChangeEnded { change: change.id }.emit(&tx, now).await?;
    idempotent_answer::remember(&tx, viewer.user, NAME, key, input, &change.id, now).await?;
    Ok(change)
}
