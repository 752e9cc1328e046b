//! Finders of disputes. Those for people take who looks: a claim is seen by the two sides of its booking, a chargeback by
//! those who run the market.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select,
    sea_query::{ExprTrait, Query},
};

use super::{
    dispute::{self, Kind, Status},
    dispute_photo,
};
use crate::{
    bookings::{self, booking},
    db::latest,
    kernel::{BookingId, DisputeId, Page, PageAsk, UserId},
};

/// Any dispute, for the server's own work and for admins.
pub async fn by_id(conn: &impl ConnectionTrait, id: DisputeId) -> Result<Option<dispute::Model>, DbErr> {
    dispute::Entity::find_by_id(id).one(conn).await
}

/// Any disputes, for admins.
pub async fn any(conn: &impl ConnectionTrait, ids: &[DisputeId]) -> Result<Vec<dispute::Model>, DbErr> {
    dispute::Entity::find().filter(dispute::Column::Id.is_in(ids.iter().copied())).all(conn).await
}

/// The claims among `ids` of whose booking the viewer is a side.
pub async fn seen_by(
    conn: &impl ConnectionTrait,
    viewer: UserId,
    ids: &[DisputeId],
) -> Result<Vec<dispute::Model>, DbErr> {
    let mut found = any(conn, ids).await?;
    found.retain(|row| row.kind == Kind::Claim);
    let of: Vec<BookingId> = found.iter().map(|row| row.booking_id).collect();
    let own = bookings::find::seen_by(conn, viewer, &of).await?;
    let own: HashSet<BookingId> = own.into_iter().map(|booking| booking.id).collect();
    found.retain(|row| own.contains(&row.booking_id));
    Ok(found)
}

/// The chargeback that Stripe calls so (`du_…`).
pub async fn by_provider(
    conn: &impl ConnectionTrait,
    provider_id: &str,
) -> Result<Option<dispute::Model>, DbErr> {
    dispute::Entity::find().filter(dispute::Column::ProviderId.eq(provider_id)).one(conn).await
}

/// The claims of these bookings, oldest first. The caller has made sure that a side of each asks.
pub async fn claims_of(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<dispute::Model>, DbErr> {
    dispute::Entity::find()
        .filter(dispute::Column::BookingId.is_in(bookings.iter().copied()))
        .filter(dispute::Column::Kind.eq(Kind::Claim))
        .order_by_asc(dispute::Column::Id)
        .all(conn)
        .await
}

/// The chargebacks of a booking that were lost and that nobody bears yet.
pub async fn unborne(conn: &impl ConnectionTrait, booking: BookingId) -> Result<Vec<dispute::Model>, DbErr> {
    dispute::Entity::find()
        .filter(dispute::Column::BookingId.eq(booking))
        .filter(dispute::Column::Status.eq(Status::Lost))
        .filter(dispute::Column::Borne.eq(false))
        .order_by_asc(dispute::Column::Id)
        .all(conn)
        .await
}

/// The pictures of these disputes, in order: those of whoever opened it first. The caller has shown that the viewer may
/// see the disputes.
pub async fn photos_of(
    conn: &impl ConnectionTrait,
    disputes: &[DisputeId],
) -> Result<Vec<dispute_photo::Model>, DbErr> {
    dispute_photo::Entity::find()
        .filter(dispute_photo::Column::DisputeId.is_in(disputes.iter().copied()))
        .order_by_asc(dispute_photo::Column::OfAnswer)
        .order_by_asc(dispute_photo::Column::Position)
        .all(conn)
        .await
}

/// Which disputes a list of those who run the market shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only those in this state.
    pub status: Option<Status>,
    /// Only claims, or only chargebacks.
    pub kind: Option<Kind>,
}

/// A page of all disputes, latest first.
pub async fn all(
    conn: &impl ConnectionTrait,
    filter: Filter,
    ask: &PageAsk<DisputeId>,
) -> Result<Page<dispute::Model>, DbErr> {
    latest(conn, filtered(filter), dispute::Column::Id, ask).await
}

/// How many there are.
pub async fn count_all(conn: &impl ConnectionTrait, filter: Filter) -> Result<u64, DbErr> {
    filtered(filter).count(conn).await
}

fn filtered(filter: Filter) -> Select<dispute::Entity> {
    let mut query = dispute::Entity::find();
    if let Some(status) = filter.status {
        query = query.filter(dispute::Column::Status.eq(status));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(dispute::Column::Kind.eq(kind));
    }
    query
}

/// A page of the claims about a person's bookings, as guest or host, latest first.
pub async fn of(
    conn: &impl ConnectionTrait,
    user: UserId,
    ask: &PageAsk<DisputeId>,
) -> Result<Page<dispute::Model>, DbErr> {
    latest(conn, about(user), dispute::Column::Id, ask).await
}

/// How many there are.
pub async fn count_of(conn: &impl ConnectionTrait, user: UserId) -> Result<u64, DbErr> {
    about(user).count(conn).await
}

fn about(user: UserId) -> Select<dispute::Entity> {
    let own = Query::select()
        .column(booking::Column::Id)
        .from(booking::Entity)
        .and_where(booking::Column::GuestId.eq(user).or(booking::Column::HostId.eq(user)))
        .to_owned();
    dispute::Entity::find()
        .filter(dispute::Column::Kind.eq(Kind::Claim))
        .filter(dispute::Column::BookingId.in_subquery(own))
}
