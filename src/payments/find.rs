//! Reading payments. Where a person asks, they come along: what is not theirs is missing. No writing.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::payment;
use crate::{
    bookings::booking,
    kernel::{BookingId, Fault, PaymentId, UserId},
};

/// A payment, for the server's own work.
pub async fn by_id(db: &impl ConnectionTrait, id: PaymentId) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find_by_id(id).one(db).await
}

/// The payment of a booking, for the server's own work.
pub async fn of_booking(
    db: &impl ConnectionTrait,
    booking: BookingId,
) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(payment::Column::BookingId.eq(booking))
        .order_by_asc(payment::Column::Id)
        .one(db)
        .await
}

/// The payments of these bookings, oldest first. The caller has shown that the viewer may see the bookings; the client
/// secret is for the guest alone.
pub async fn of_bookings(
    db: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(payment::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(payment::Column::Id)
        .all(db)
        .await
}

/// A payment and its booking, for the guest who pays it; missing for everybody else.
pub async fn for_guest<R>(
    db: &impl ConnectionTrait,
    guest: UserId,
    id: PaymentId,
) -> Result<(payment::Model, booking::Model), Fault<R>> {
    let payment = by_id(db, id).await?.ok_or(Fault::Missing)?;
    let booking = booking_of(db, &payment).await?;
    if booking.guest_id == guest { Ok((payment, booking)) } else { Err(Fault::Missing) }
}

/// A payment that must be there.
pub(super) async fn existing<R>(db: &impl ConnectionTrait, id: PaymentId) -> Result<payment::Model, Fault<R>> {
    by_id(db, id).await?.ok_or(Fault::Missing)
}

/// What a payment is for.
pub(super) async fn booking_of<R>(
    db: &impl ConnectionTrait,
    payment: &payment::Model,
) -> Result<booking::Model, Fault<R>> {
    booking::Entity::find_by_id(payment.booking_id).one(db).await?.ok_or(Fault::Missing)
}
