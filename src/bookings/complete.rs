//! Check-out: a confirmed stay is completed, and what was in escrow is recognised as whose it is.

use sea_orm::ActiveValue::Set;

use super::{
    booking::{self, Status},
    booking_event::Kind,
    changes, find,
    recognise::recognise,
    state, timeline,
};
use crate::{
    app::App,
    kernel::{BookingId, Fault, Never},
    ledger::postings::Parts,
    payments,
};

/// Completes a booking whose check-out time has come.
pub async fn complete(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let Some(booking) = find::locked(&tx, id).await? else { return Ok(()) };
            if booking.check_out_at > now {
                return Ok(());
            }
            let change = booking::ActiveModel { status: Set(Status::Completed), ..Default::default() };
            if state::move_from(&tx, id, Status::Confirmed, change).await?.is_some() {
                changes::end(&tx, id, now).await?;
                timeline::note(&tx, id, Kind::Completed, None, "", now).await?;
                payments::lock(&tx, id).await?;
                recognise(&tx, &booking, Parts::none(booking.price.currency), now).await?;
            }
            Ok::<_, Fault<Never>>(())
        })
        .await?;
    app.bus.publish(&super::topic(id), bytes::Bytes::new()).await;
    Ok(())
}
