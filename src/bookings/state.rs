//! Moving a booking from one state to another: a guarded update, so that of two who try, one does.

use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use super::booking::{self, Status};
use crate::{db::Tx, kernel::BookingId};

/// Sets `change` on the booking if it still is in state `from`; `None` means that somebody was faster.
pub async fn move_from(
    tx: &Tx,
    id: BookingId,
    from: Status,
    change: booking::ActiveModel,
) -> Result<Option<booking::Model>, DbErr> {
    change_where(tx, change, of(id, from)).await
}

/// The same for whoever answers, calls off or ends a booking: not while a card is charged that the host has accepted.
pub async fn move_waiting(
    tx: &Tx,
    booking: &booking::Model,
    change: booking::ActiveModel,
) -> Result<Option<booking::Model>, DbErr> {
    let mut guard = of(booking.id, booking.status);
    if booking.status == Status::PendingApproval {
        guard = guard.add(booking::Column::AcceptedAt.is_null());
    }
    change_where(tx, change, guard).await
}

fn of(id: BookingId, from: Status) -> Condition {
    Condition::all().add(booking::Column::Id.eq(id)).add(booking::Column::Status.eq(from))
}

async fn change_where(
    tx: &Tx,
    change: booking::ActiveModel,
    guard: Condition,
) -> Result<Option<booking::Model>, DbErr> {
    debug_assert!(change.is_changed());
    let moved = booking::Entity::update_many().set(change).filter(guard).exec_with_returning(&**tx).await?;
    Ok(moved.into_iter().next())
}
