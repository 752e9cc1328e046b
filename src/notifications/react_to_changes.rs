//! What people are told of changes of a booking: each function reads the world anew and may run twice.

use super::{compose_changes as compose, react::tell};
use crate::{
    app::App,
    bookings::{booking_change::Status, changes},
    kernel::{BookingChangeId, Fault, Never},
};

/// One side would like a change. Nobody is asked who could not answer any more.
pub async fn proposed(app: &App, id: BookingChangeId) -> Result<(), Fault<Never>> {
    let change = changes::find::change::<Never>(app.db.read(), id).await?;
    if changes::rules::status_at(&change, app.clock.now()) != Status::Proposed {
        return Ok(());
    }
    tell(app, change.booking_id, |facts| compose::proposed(facts, &change)).await
}

/// The guest is to pay the difference. Whoever has paid, or could not any more, is not told so.
pub async fn accepted(app: &App, id: BookingChangeId) -> Result<(), Fault<Never>> {
    let change = changes::find::change::<Never>(app.db.read(), id).await?;
    if changes::rules::status_at(&change, app.clock.now()) != Status::Accepted {
        return Ok(());
    }
    tell(app, change.booking_id, |facts| compose::accepted(facts, &change)).await
}

/// Declined, withdrawn, or its time was over. One that was paid late after all has not come to nothing.
pub async fn ended(app: &App, id: BookingChangeId) -> Result<(), Fault<Never>> {
    let change = changes::find::change::<Never>(app.db.read(), id).await?;
    tell(app, change.booking_id, |facts| compose::ended(facts, &change)).await
}

/// The booking is what was proposed.
pub async fn changed(app: &App, id: BookingChangeId) -> Result<(), Fault<Never>> {
    let change = changes::find::change::<Never>(app.db.read(), id).await?;
    tell(app, change.booking_id, |facts| compose::changed(facts, &change)).await
}
