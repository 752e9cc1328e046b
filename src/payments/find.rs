//! Reading payments and refunds. Where a person asks, they come along: what is not theirs is missing. No writing.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select,
};

use super::{
    payment, refund,
    rules::{self, Purpose},
};
use crate::{
    bookings::{booking, booking_change},
    db::latest,
    kernel::{BookingId, Currency, Fault, Page, PageAsk, PaymentId, RefundId, UserId},
    ledger::Borne,
};

/// A payment, for the server's own work.
pub async fn payment<R>(db: &impl ConnectionTrait, id: PaymentId) -> Result<payment::Model, Fault<R>> {
    payment::Entity::find_by_id(id).one(db).await?.ok_or(Fault::Missing)
}

/// The payment that Stripe calls so (`pi_…`), for the server's own work.
pub async fn by_intent(db: &impl ConnectionTrait, intent_id: &str) -> Result<Option<payment::Model>, DbErr> {
    payment::Entity::find().filter(payment::Column::IntentId.eq(intent_id)).one(db).await
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

/// What a payment is for, and whether that is a change.
pub async fn purpose_of<R>(db: &impl ConnectionTrait, payment: &payment::Model) -> Result<Purpose, Fault<R>> {
    let booking = booking_of(db, payment).await?;
    let change = match payment.change_id {
        Some(id) => Some(booking_change::Entity::find_by_id(id).one(db).await?.ok_or(Fault::Missing)?),
        None => None,
    };
    Ok(Purpose { booking, change })
}

/// A payment and what it is for, for the guest who pays it; missing for everybody else.
pub async fn for_guest<R>(
    db: &impl ConnectionTrait,
    guest: UserId,
    id: PaymentId,
) -> Result<(payment::Model, Purpose), Fault<R>> {
    let payment = payment(db, id).await?;
    let purpose = purpose_of(db, &payment).await?;
    if purpose.booking.guest_id == guest { Ok((payment, purpose)) } else { Err(Fault::Missing) }
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

/// The payments of a booking that are a part of its price, oldest first.
pub async fn counting(db: &impl ConnectionTrait, booking: BookingId) -> Result<Vec<payment::Model>, DbErr> {
    let mut of = of_bookings(db, &[booking]).await?;
    let all = of.remove(&booking).unwrap_or_default();
    Ok(all.into_iter().filter(|payment| payment.counts).collect())
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

/// A page of all refunds, latest first, for those who run the market; perhaps only those in one state.
pub async fn all_refunds(
    db: &impl ConnectionTrait,
    status: Option<refund::Status>,
    ask: &PageAsk<RefundId>,
) -> Result<Page<refund::Model>, DbErr> {
    latest(db, refunds_in(status), refund::Column::Id, ask).await
}

/// How many of them there are.
pub async fn count_refunds(db: &impl ConnectionTrait, status: Option<refund::Status>) -> Result<u64, DbErr> {
    refunds_in(status).count(db).await
}

fn refunds_in(status: Option<refund::Status>) -> Select<refund::Entity> {
    match status {
        Some(status) => refund::Entity::find().filter(refund::Column::Status.eq(status)),
        None => refund::Entity::find(),
    }
}

/// These payments, for those who run the market.
pub async fn payments(db: &impl ConnectionTrait, ids: &[PaymentId]) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find().filter(payment::Column::Id.is_in(ids.iter().copied())).all(db).await
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
