//! The timeline of a booking: every change with when, who and why, written with the change.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::booking_event::{self, Kind};
use crate::{
    db::Tx,
    kernel::{BookingEventId, BookingId, UserId, clock::Instant},
};

/// Adds a line.
pub async fn note(
    tx: &Tx,
    booking: BookingId,
    kind: Kind,
    actor: Option<UserId>,
    note: &str,
    now: Instant,
) -> Result<(), DbErr> {
    let row = booking_event::ActiveModel {
        id: Set(BookingEventId::new()),
        booking_id: Set(booking),
        kind: Set(kind),
        actor_id: Set(actor),
        note: Set(note.to_owned()),
        at: Set(now),
    };
    booking_event::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

/// The lines of these bookings, oldest first. The caller has made sure that a side of each asks.
pub async fn of(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<booking_event::Model>, DbErr> {
    booking_event::Entity::find()
        .filter(booking_event::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(booking_event::Column::Id)
        .all(conn)
        .await
}
