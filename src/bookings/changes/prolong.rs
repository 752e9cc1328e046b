//! A payment attempt in progress prolongs the hold of a change, once, as it does that of a booking; never past what a
//! change may wait for.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{find, rules};
use crate::{
    app::App,
    bookings::{
        self,
        booking_change::{self, Status},
        rules::PROLONGED_BY,
    },
    event::Event,
    kernel::{BookingChangeId, Fault, Never},
};

/// Prolongs a hold that has not ended and was not prolonged before.
pub async fn prolong(app: &App, id: BookingChangeId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let of = app
        .db
        .write(|tx| async move {
            let of = find::change::<Never>(&*tx, id).await?.booking_id;
            let booking = bookings::find::locked(&tx, of).await?.ok_or(Fault::Missing)?;
            let change = find::change::<Never>(&*tx, id).await?;
            let stay = rules::terms_after(&change).map_err(anyhow::Error::from)?.stay;
            let until = rules::ends_at(&booking, stay, now, change.ends_at - now + PROLONGED_BY);
            let to = booking_change::ActiveModel {
                ends_at: Set(until),
                hold_extended: Set(true),
                ..Default::default()
            };
            let done = booking_change::Entity::update_many()
                .set(to)
                .filter(booking_change::Column::Id.eq(id))
                .filter(booking_change::Column::Status.eq(Status::Accepted))
                .filter(booking_change::Column::HoldExtended.eq(false))
                .filter(booking_change::Column::EndsAt.gt(now))
                .exec(&*tx)
                .await?;
            if done.rows_affected == 1 {
                Event::ChangeEnds { change: id }.emit(&tx, until).await?;
            }
            Ok::<_, Fault<Never>>(of)
        })
        .await?;
    app.bus.publish(&bookings::topic(of), bytes::Bytes::new()).await;
    Ok(())
}
