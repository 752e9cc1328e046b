//! Finders of bookings. Those for people take who looks: a booking is seen by its guest and its host, nobody else.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, sea_query::ExprTrait,
};

use super::booking;
use crate::{
    db::Tx,
    db::latest,
    kernel::{BookingId, Page, PageAsk, QuoteId, UserId},
    listings,
    payments::{self, payment},
};

/// Any booking: for use cases that nobody asks for, such as expiry.
pub async fn by_id(conn: &impl ConnectionTrait, id: BookingId) -> Result<Option<booking::Model>, DbErr> {
    booking::Entity::find_by_id(id).one(conn).await
}

/// The booking that a quote became.
pub async fn by_quote(conn: &impl ConnectionTrait, quote: QuoteId) -> Result<Option<booking::Model>, DbErr> {
    booking::Entity::find().filter(booking::Column::QuoteId.eq(quote)).one(conn).await
}

/// Any booking, with its listing's row locked: whoever changes its state or its nights comes by here.
pub async fn locked(tx: &Tx, id: BookingId) -> Result<Option<booking::Model>, DbErr> {
    let Some(booking) = by_id(&**tx, id).await? else { return Ok(None) };
    listings::find::for_change(tx, booking.listing_id).await?;
    // Once more, now that nobody else is at it.
    by_id(&**tx, id).await
}

/// What is to be paid for a booking itself; what a change of it costs more is a payment of its own.
pub async fn payment_of(conn: &impl ConnectionTrait, id: BookingId) -> Result<Option<payment::Model>, DbErr> {
    let of = payments::find::of_bookings(conn, &[id]).await?;
    Ok(of.into_values().flatten().find(|payment| payment.change_id.is_none()))
}

/// The bookings among `ids` that the viewer is a side of.
pub async fn seen_by(
    conn: &impl ConnectionTrait,
    viewer: UserId,
    ids: &[BookingId],
) -> Result<Vec<booking::Model>, DbErr> {
    booking::Entity::find()
        .filter(booking::Column::Id.is_in(ids.iter().copied()))
        .filter(booking::Column::GuestId.eq(viewer).or(booking::Column::HostId.eq(viewer)))
        .all(conn)
        .await
}

/// The booking of a code, if the viewer is a side of it.
pub async fn by_code(
    conn: &impl ConnectionTrait,
    viewer: UserId,
    code: &str,
) -> Result<Option<booking::Model>, DbErr> {
    booking::Entity::find()
        .filter(booking::Column::Code.eq(code))
        .filter(booking::Column::GuestId.eq(viewer).or(booking::Column::HostId.eq(viewer)))
        .one(conn)
        .await
}

/// Which side of bookings a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where the person stays.
    Guest,
    /// Where the person is the host.
    Host,
}

/// A page of a person's bookings, newest first.
pub async fn of(
    conn: &impl ConnectionTrait,
    user: UserId,
    side: Side,
    ask: &PageAsk<BookingId>,
) -> Result<Page<booking::Model>, DbErr> {
    let query = booking::Entity::find().filter(column_of(side).eq(user));
    latest(conn, query, booking::Column::Id, ask).await
}

/// How many bookings a person has as this side.
pub async fn count_of(conn: &impl ConnectionTrait, user: UserId, side: Side) -> Result<u64, DbErr> {
    booking::Entity::find().filter(column_of(side).eq(user)).count(conn).await
}

fn column_of(side: Side) -> booking::Column {
    match side {
        Side::Guest => booking::Column::GuestId,
        Side::Host => booking::Column::HostId,
    }
}
