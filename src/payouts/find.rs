//! Reading payouts and accounts. Where a person asks, they come along: what is not theirs is missing. No writing.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{payout, payout_account, payout_leg};
use crate::kernel::{BookingId, Fault, Page, PageAsk, PayoutAccountId, PayoutId, PayoutLegId, UserId};

/// A payout, for the server's own work.
pub async fn payout<R>(conn: &impl ConnectionTrait, id: PayoutId) -> Result<payout::Model, Fault<R>> {
    payout::Entity::find_by_id(id).one(conn).await?.ok_or(Fault::Missing)
}

/// A part of a payout, and the payout, for the server's own work.
pub async fn leg<R>(
    conn: &impl ConnectionTrait,
    id: PayoutLegId,
) -> Result<(payout_leg::Model, payout::Model), Fault<R>> {
    let leg = payout_leg::Entity::find_by_id(id).one(conn).await?.ok_or(Fault::Missing)?;
    let payout = payout(conn, leg.payout_id).await?;
    Ok((leg, payout))
}

/// The parts of these payouts, oldest first. The caller has shown that the viewer may see the payouts.
pub async fn legs_of(
    conn: &impl ConnectionTrait,
    payouts: &[PayoutId],
) -> Result<Vec<payout_leg::Model>, DbErr> {
    payout_leg::Entity::find()
        .filter(payout_leg::Column::PayoutId.is_in(payouts.iter().copied()))
        .order_by_asc(payout_leg::Column::Id)
        .all(conn)
        .await
}

/// A host's payouts for these bookings.
pub async fn of_bookings(
    conn: &impl ConnectionTrait,
    host: UserId,
    bookings: &[BookingId],
) -> Result<Vec<payout::Model>, DbErr> {
    payout::Entity::find()
        .filter(payout::Column::BookingId.is_in(bookings.iter().copied()))
        .filter(payout::Column::HostId.eq(host))
        .all(conn)
        .await
}

/// A page of a host's payouts, latest first.
pub async fn of_host(
    conn: &impl ConnectionTrait,
    host: UserId,
    ask: &PageAsk<PayoutId>,
) -> Result<Page<payout::Model>, DbErr> {
    let mut query = payout::Entity::find().filter(payout::Column::HostId.eq(host)).limit(ask.fetch());
    query = match (ask.backward, ask.from) {
        (false, Some(from)) => query.filter(payout::Column::Id.lt(from)),
        (true, Some(from)) => query.filter(payout::Column::Id.gt(from)),
        (_, None) => query,
    };
    query = if ask.backward {
        query.order_by_asc(payout::Column::Id)
    } else {
        query.order_by_desc(payout::Column::Id)
    };
    Ok(Page::of(query.all(conn).await?, ask))
}

/// How many payouts a host has.
pub async fn count_of_host(conn: &impl ConnectionTrait, host: UserId) -> Result<u64, DbErr> {
    payout::Entity::find().filter(payout::Column::HostId.eq(host)).count(conn).await
}

/// Where a host is paid: the latest account.
pub async fn account_of(
    conn: &impl ConnectionTrait,
    host: UserId,
) -> Result<Option<payout_account::Model>, DbErr> {
    payout_account::Entity::find()
        .filter(payout_account::Column::HostId.eq(host))
        .order_by_desc(payout_account::Column::Number)
        .one(conn)
        .await
}

/// An account, for the server's own work.
pub async fn account<R>(
    conn: &impl ConnectionTrait,
    id: PayoutAccountId,
) -> Result<payout_account::Model, Fault<R>> {
    payout_account::Entity::find_by_id(id).one(conn).await?.ok_or(Fault::Missing)
}

/// The account that Stripe calls so (`acct_…`).
pub async fn account_at_stripe(
    conn: &impl ConnectionTrait,
    provider_id: &str,
) -> Result<Option<payout_account::Model>, DbErr> {
    payout_account::Entity::find().filter(payout_account::Column::ProviderId.eq(provider_id)).one(conn).await
}

/// The payouts of a host that wait for a better account, oldest first.
pub async fn stuck_of(
    conn: &impl ConnectionTrait,
    host: UserId,
    statuses: &[payout::Status],
) -> Result<Vec<payout::Model>, DbErr> {
    payout::Entity::find()
        .filter(payout::Column::HostId.eq(host))
        .filter(payout::Column::Status.is_in(statuses.iter().copied()))
        .order_by_asc(payout::Column::Id)
        .all(conn)
        .await
}
