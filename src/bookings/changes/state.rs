//! Moving a change from one state to another: a guarded update, so that of two who try, one does.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::{bookings::booking_change, db::Tx};

/// Sets `to` on the change if it still is as it was read; `None` means that somebody was faster.
pub(super) async fn move_on(
    tx: &Tx,
    change: &booking_change::Model,
    to: booking_change::ActiveModel,
) -> Result<Option<booking_change::Model>, DbErr> {
    let moved = booking_change::Entity::update_many()
        .set(to)
        .filter(booking_change::Column::Id.eq(change.id))
        .filter(booking_change::Column::Status.eq(change.status))
        .exec_with_returning(&**tx)
        .await?;
    Ok(moved.into_iter().next())
}
