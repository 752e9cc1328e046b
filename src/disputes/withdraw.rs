//! `withdrawDispute`: whoever opened a dispute takes it back while nobody has decided it. The host is paid as if it had
//! never been.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    dispute::{self, Status},
    find, rules,
};
use crate::{
    accounts::{self, viewer::Viewer},
    app::App,
    bookings,
    event::Event,
    kernel::{DisputeId, Fault},
    payouts,
};

/// Why the dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The other side can't take it back.
    #[error("only who opened a dispute can take it back")]
    NotYours,
    /// It is decided, or was taken back.
    #[error("this dispute is over")]
    NotOpen,
}

/// Takes a dispute back, as whoever opened it.
pub async fn withdraw(app: &App, viewer: &Viewer, id: DisputeId) -> Result<dispute::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    let seen = find::seen_by(app.db.read(), viewer.user, &[id]).await?;
    let dispute = seen.into_iter().next().ok_or(Fault::Missing)?;
    if dispute.opened_by != Some(viewer.user) {
        return Err(Fault::Refused(Refusal::NotYours));
    }
    if !rules::is_open(dispute.status) {
        return Err(Fault::Refused(Refusal::NotOpen));
    }
    let booking = bookings::find::by_id(app.db.read(), dispute.booking_id).await?.ok_or(Fault::Missing)?;
    let booking = &booking;
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, booking.host_id).await?;
            let change = dispute::ActiveModel {
                status: Set(Status::Withdrawn),
                open_key: Set(None),
                closed_at: Set(Some(now)),
                updated_at: Set(now),
                ..Default::default()
            };
            let moved = dispute::Entity::update_many()
                .set(change)
                .filter(dispute::Column::Id.eq(id))
                .filter(dispute::Column::Status.is_in([Status::Open, Status::Answered]))
                .exec_with_returning(&*tx)
                .await?;
            let withdrawn = moved.into_iter().next().ok_or(Fault::Refused(Refusal::NotOpen))?;
            payouts::release(&tx, booking.id, id, now).await?;
            Event::DisputeClosed { dispute: id }.emit(&tx, now).await?;
            Ok(withdrawn)
        })
        .await
}
