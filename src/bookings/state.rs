//! Moving a booking from one state to another: a guarded update, so that of two who try, one does.

use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::booking::{self, Status};
use crate::{db::Tx, kernel::BookingId};

/// Sets `change` on the booking if it still is in state `from`; `None` means that somebody was faster.
pub async fn move_from(
    tx: &Tx,
    id: BookingId,
    from: Status,
    change: booking::ActiveModel,
) -> Result<Option<booking::Model>, DbErr> {
    debug_assert!(change.is_changed());
    let moved = booking::Entity::update_many()
        .set(change)
        .filter(booking::Column::Id.eq(id))
        .filter(booking::Column::Status.eq(from))
        .exec_with_returning(&**tx)
        .await?;
    Ok(moved.into_iter().next())
}
