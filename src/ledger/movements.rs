//! What really moved for a booking, as the ledger has it: for receipts, and for a host who owes. No posting, no judgement.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{Account, Kind, entry, transaction};
use crate::kernel::{BookingId, Currency, Money, clock::Instant};

/// Money that came from a guest or went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// For which booking.
    pub booking: BookingId,
    /// As it was paid; negative where it went back.
    pub amount: Money,
    /// Whether it came by a payment; otherwise it is a refund, or a refund that came back.
    pub is_payment: bool,
    /// When.
    pub at: Instant,
}

#[derive(FromQueryResult)]
struct Row {
    booking_id: BookingId,
    kind: String,
    at: Instant,
    amount: i64,
    currency: Currency,
}

/// What guests and we have paid each other for these bookings, oldest first.
pub async fn of_bookings(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<Movement>, DbErr> {
    on(conn, bookings, &Account::ProviderCash, &[Kind::Charge, Kind::Refund, Kind::RefundReturned]).await
}

/// What hosts owe for having called these bookings off.
pub async fn penalties(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<(BookingId, Money)>, DbErr> {
    let earned = on(conn, bookings, &Account::PlatformFees, &[Kind::Penalty]).await?;
    let owed = |amount: Money| Money { minor: amount.minor.saturating_neg(), ..amount };
    Ok(earned.into_iter().map(|it| (it.booking, owed(it.amount))).collect())
}

/// The entries of these kinds on an account.
async fn on(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
    account: &Account,
    kinds: &[Kind],
) -> Result<Vec<Movement>, DbErr> {
    let of = entry::Entity::belongs_to(transaction::Entity)
        .from(entry::Column::TransactionId)
        .to(transaction::Column::Id)
        .into();
    let rows = entry::Entity::find()
        .select_only()
        .columns([entry::Column::Amount, entry::Column::Currency])
        .columns([transaction::Column::BookingId, transaction::Column::Kind, transaction::Column::At])
        .join(JoinType::InnerJoin, of)
        .filter(transaction::Column::BookingId.is_in(bookings.iter().copied()))
        .filter(transaction::Column::Kind.is_in(kinds.iter().map(|kind| kind.word())))
        .filter(transaction::Column::Posted.eq(true))
        .filter(entry::Column::Account.eq(account.to_string()))
        .order_by_asc(transaction::Column::At)
        .order_by_asc(entry::Column::Id)
        .into_model::<Row>()
        .all(conn)
        .await?;
    let movement = |row: Row| Movement {
        booking: row.booking_id,
        amount: Money::new(row.amount, row.currency),
        is_payment: row.kind == Kind::Charge.word(),
        at: row.at,
    };
    Ok(rows.into_iter().map(movement).collect())
}
