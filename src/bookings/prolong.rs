//! A payment attempt in progress prolongs the hold, once: a bank's page may take its time.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    rules::PROLONGED_BY,
    timeline,
};
use crate::{
    app::App,
    event::Event,
    kernel::{BookingId, Fault, Never},
};

/// Prolongs a hold that has not ended and was not prolonged before.
pub async fn prolong(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let Some(booking) = super::find::locked(&tx, id).await? else { return Ok(()) };
            let until = booking.hold_ends_at + PROLONGED_BY;
            let change = booking::ActiveModel {
                hold_ends_at: Set(until),
                hold_extended: Set(true),
                ..Default::default()
            };
            let done = booking::Entity::update_many()
                .set(change)
                .filter(booking::Column::Id.eq(id))
                .filter(booking::Column::Status.eq(Status::PendingPayment))
                .filter(booking::Column::HoldExtended.eq(false))
                .filter(booking::Column::HoldEndsAt.gt(now))
                .exec(&*tx)
                .await?;
            if done.rows_affected == 1 {
                timeline::note(&tx, id, Kind::HoldExtended, None, "a payment is in progress", now).await?;
                Event::HoldEnds { booking: id }.emit(&tx, until).await?;
            }
            Ok::<_, Fault<Never>>(())
        })
        .await?;
    app.bus.publish(&super::topic(id), bytes::Bytes::new()).await;
    Ok(())
}
