//! Reading payments and refunds. Where a person asks, they come along: what is not theirs is missing. No writing.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{payment, refund, rules};
use crate::{
    bookings::booking,
    kernel::{BookingId, Currency, Fault, PaymentId, RefundId, UserId},
    ledger::Borne,
};

/// A payment, for the server's own work.
pub async fn payment<R>(db: &impl ConnectionTrait, id: PaymentId) -> Result<payment::Model, Fault<R>> {
    payment::Entity::find_by_id(id).one(db).await?.ok_or(Fault::Missing)
}

/// A refund and its payment, for the server's own work.
pub async fn refund<R>(
    db: &impl ConnectionTrait,
    id: RefundId,
) -> Result<(refund::Model, payment::Model), Fault<R>> {
    let refund = refund::Entity::find_by_id(id).one(db).await?.ok_or(Fault::Missing)?;
    let payment = payment(db, refund.payment_id).await?;
    Ok((refund, payment))
}

/// What a payment is for.
pub async fn booking_of<R>(
    db: &impl ConnectionTrait,
    payment: &payment::Model,
) -> Result<booking::Model, Fault<R>> {
    booking::Entity::find_by_id(payment.booking_id).one(db).await?.ok_or(Fault::Missing)
}

/// A payment and its booking, for the guest who pays it; missing for everybody else.
pub async fn for_guest<R>(
    db: &impl ConnectionTrait,
    guest: UserId,
    id: PaymentId,
) -> Result<(payment::Model, booking::Model), Fault<R>> {
    let payment = payment(db, id).await?;
    let booking = booking_of(db, &payment).await?;
    if booking.guest_id == guest { Ok((payment, booking)) } else { Err(Fault::Missing) }
}

/// The payments of these bookings, oldest first. The caller has shown that the viewer may see the bookings; the client
/// secret is for the guest alone.
pub async fn of_bookings(
    db: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<HashMap<BookingId, Vec<payment::Model>>, DbErr> {
    let rows = payment::Entity::find()
        .filter(payment::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(payment::Column::Id)
        .all(db)
        .await?;
    let mut of = HashMap::<_, Vec<_>>::new();
    for row in rows {
        of.entry(row.booking_id).or_default().push(row);
    }
    Ok(of)
}

/// The refunds of these payments, oldest first. The caller has shown that the viewer may see them.
pub async fn refunds_of(
    db: &impl ConnectionTrait,
    payments: &[PaymentId],
) -> Result<HashMap<PaymentId, Vec<refund::Model>>, DbErr> {
    let rows = refund::Entity::find()
        .filter(refund::Column::PaymentId.is_in(payments.iter().copied()))
        .order_by_asc(refund::Column::Id)
        .all(db)
        .await?;
    let mut of = HashMap::<_, Vec<_>>::new();
    for row in rows {
        of.entry(row.payment_id).or_default().push(row);
    }
    Ok(of)
}

/// Who bears what went back of these payments of a booking out of goodwill, or is about to: in its listing's currency.
pub async fn borne(
    db: &impl ConnectionTrait,
    payments: &[payment::Model],
    currency: Currency,
) -> anyhow::Result<Borne> {
    // Hardly any: most bookings are asked no question more.
    let some: Vec<PaymentId> =
        payments.iter().filter(|payment| payment.refunded > 0).map(|payment| payment.id).collect();
    if some.is_empty() {
        return Ok(Borne::none(currency));
    }
    let refunds = refunds_of(db, &some).await?;
    Ok(rules::borne(refunds.values().flatten(), currency)?)
}
