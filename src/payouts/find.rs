//! Reading payouts and accounts. Where a person asks, they come along: what is not theirs is missing. No writing.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::{payout, payout::HeldFor, payout_account, payout_hold, payout_leg, transfer_reversal};
use crate::{
    db::latest,
    kernel::{
        BookingId, Currency, Fault, Page, PageAsk, PayoutAccountId, PayoutId, PayoutLegId,
        TransferReversalId, UserId,
    },
};

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

/// What is held of a booking's payouts, and for what; the first hold first.
pub async fn holds_of(conn: &impl ConnectionTrait, booking: BookingId) -> Result<Vec<HeldFor>, DbErr> {
    let rows = payout_hold::Entity::find()
        .filter(payout_hold::Column::BookingId.eq(booking))
        .order_by_asc(payout_hold::Column::SourceId)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.reason).collect())
}

/// All payouts of a booking, for the server's own work: what the stay has earned first.
pub async fn all_of_booking(
    conn: &impl ConnectionTrait,
    booking: BookingId,
) -> Result<Vec<payout::Model>, DbErr> {
    payout::Entity::find()
        .filter(payout::Column::BookingId.eq(booking))
        .order_by_asc(payout::Column::Number)
        .all(conn)
        .await
}

/// The part of a payout that Stripe calls so (`tr_…`).
pub async fn leg_at_stripe(
    conn: &impl ConnectionTrait,
    provider_id: &str,
) -> Result<Option<payout_leg::Model>, DbErr> {
    payout_leg::Entity::find().filter(payout_leg::Column::ProviderId.eq(provider_id)).one(conn).await
}

/// A reversal, for the server's own work.
pub async fn reversal<R>(
    conn: &impl ConnectionTrait,
    id: TransferReversalId,
) -> Result<transfer_reversal::Model, Fault<R>> {
    transfer_reversal::Entity::find_by_id(id).one(conn).await?.ok_or(Fault::Missing)
}

/// What was taken back of these payouts, or is to be, oldest first.
pub async fn reversals_of(
    conn: &impl ConnectionTrait,
    payouts: &[PayoutId],
) -> Result<Vec<transfer_reversal::Model>, DbErr> {
    transfer_reversal::Entity::find()
        .filter(transfer_reversal::Column::PayoutId.is_in(payouts.iter().copied()))
        .order_by_asc(transfer_reversal::Column::Id)
        .all(conn)
        .await
}

/// What is being taken back from a host and may arrive: of that nothing is netted.
pub async fn reversals_under_way(
    conn: &impl ConnectionTrait,
    host: UserId,
    currency: Currency,
) -> Result<Vec<transfer_reversal::Model>, DbErr> {
    use transfer_reversal::Status::{Pending, Unknown};
    transfer_reversal::Entity::find()
        .filter(transfer_reversal::Column::HostId.eq(host))
        .filter(transfer_reversal::Column::Status.is_in([Pending, Unknown]))
        .filter(transfer_reversal::Column::ListingCurrency.eq(currency))
        .all(conn)
        .await
}

/// A page of all payouts, latest first, for those who run the market; perhaps only those in one state.
pub async fn all(
    conn: &impl ConnectionTrait,
    status: Option<payout::Status>,
    ask: &PageAsk<PayoutId>,
) -> Result<Page<payout::Model>, DbErr> {
    let mut query = payout::Entity::find();
    if let Some(status) = status {
        query = query.filter(payout::Column::Status.eq(status));
    }
    latest(conn, query, payout::Column::Id, ask).await
}

/// How many payouts there are.
pub async fn count_all(conn: &impl ConnectionTrait, status: Option<payout::Status>) -> Result<u64, DbErr> {
    let query = payout::Entity::find();
    match status {
        Some(status) => query.filter(payout::Column::Status.eq(status)).count(conn).await,
        None => query.count(conn).await,
    }
}

/// A host's payouts for these bookings: what the stay has earned, each.
pub async fn of_bookings(
    conn: &impl ConnectionTrait,
    host: UserId,
    bookings: &[BookingId],
) -> Result<Vec<payout::Model>, DbErr> {
    payout::Entity::find()
        .filter(payout::Column::BookingId.is_in(bookings.iter().copied()))
        .filter(payout::Column::HostId.eq(host))
        .filter(payout::Column::Number.eq(0))
        .all(conn)
        .await
}

/// A page of a host's payouts, latest first.
pub async fn of_host(
    conn: &impl ConnectionTrait,
    host: UserId,
    ask: &PageAsk<PayoutId>,
) -> Result<Page<payout::Model>, DbErr> {
    let query = payout::Entity::find().filter(payout::Column::HostId.eq(host));
    latest(conn, query, payout::Column::Id, ask).await
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
