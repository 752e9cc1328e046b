//! Finders of changes. Those for people are asked by who has shown to be a side of the booking.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::{
    bookings::booking_change::{self, Status},
    kernel::{BookingChangeId, BookingId, Fault},
    payments::payment,
};

/// Any change: for use cases that nobody asks for, and those that judge who asks.
pub async fn change<R>(
    conn: &impl ConnectionTrait,
    id: BookingChangeId,
) -> Result<booking_change::Model, Fault<R>> {
    booking_change::Entity::find_by_id(id).one(conn).await?.ok_or(Fault::Missing)
}

/// The open change of a booking, whether or not its time is over.
pub async fn open_of(
    conn: &impl ConnectionTrait,
    booking: BookingId,
) -> Result<Option<booking_change::Model>, DbErr> {
    booking_change::Entity::find()
        .filter(booking_change::Column::BookingId.eq(booking))
        .filter(booking_change::Column::Status.is_in([Status::Proposed, Status::Accepted]))
        .one(conn)
        .await
}

/// How many changes of a booking there are.
pub async fn count_of(conn: &impl ConnectionTrait, booking: BookingId) -> Result<u64, DbErr> {
    booking_change::Entity::find().filter(booking_change::Column::BookingId.eq(booking)).count(conn).await
}

/// The changes of these bookings, oldest first.
pub async fn of_bookings(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<booking_change::Model>, DbErr> {
    booking_change::Entity::find()
        .filter(booking_change::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(booking_change::Column::Id)
        .all(conn)
        .await
}

/// The payments of these changes, of those that cost something.
pub async fn payments_of(
    conn: &impl ConnectionTrait,
    changes: &[BookingChangeId],
) -> Result<HashMap<BookingChangeId, payment::Model>, DbErr> {
    let rows = payment::Entity::find()
        .filter(payment::Column::ChangeId.is_in(changes.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.change_id?, row))).collect())
}

/// The payment of a change, if it costs something.
pub async fn payment_of(
    conn: &impl ConnectionTrait,
    change: BookingChangeId,
) -> Result<Option<payment::Model>, DbErr> {
    Ok(payments_of(conn, &[change]).await?.remove(&change))
}
