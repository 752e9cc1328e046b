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
    let cash = [Account::ProviderCash, Account::PlatformBank];
    on(conn, bookings, &cash, &[Kind::Charge, Kind::Refund, Kind::RefundReturned]).await
}

/// What hosts owe for having called these bookings off.
pub async fn penalties(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<(BookingId, Money)>, DbErr> {
    let earned = on(conn, bookings, &[Account::PlatformFees], &[Kind::Penalty]).await?;
    let owed = |amount: Money| Money { minor: amount.minor.saturating_neg(), ..amount };
    Ok(earned.into_iter().map(|it| (it.booking, owed(it.amount))).collect())
}

/// A posting, as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// For which booking.
    pub booking: BookingId,
    /// What moved, as in the journal.
    pub kind: String,
    /// On which account.
    pub account: String,
    /// Debit positive, credit negative.
    pub amount: Money,
    /// When.
    pub at: Instant,
}

#[derive(FromQueryResult)]
struct PostedRow {
    booking_id: BookingId,
    kind: String,
    account: String,
    at: Instant,
    amount: i64,
    currency: Currency,
}

/// All postings for these bookings, oldest first.
pub async fn postings_of(conn: &impl ConnectionTrait, bookings: &[BookingId]) -> Result<Vec<Posted>, DbErr> {
    let of = entry::Entity::belongs_to(transaction::Entity)
        .from(entry::Column::TransactionId)
        .to(transaction::Column::Id)
        .into();
    let rows = entry::Entity::find()
        .select_only()
        .columns([entry::Column::Account, entry::Column::Amount, entry::Column::Currency])
        .columns([transaction::Column::BookingId, transaction::Column::Kind, transaction::Column::At])
        .join(JoinType::InnerJoin, of)
        .filter(transaction::Column::BookingId.is_in(bookings.iter().copied()))
        .filter(transaction::Column::Posted.eq(true))
        .order_by_asc(transaction::Column::At)
        .order_by_asc(entry::Column::Id)
        .into_model::<PostedRow>()
        .all(conn)
        .await?;
    let posted = |row: PostedRow| Posted {
        booking: row.booking_id,
        kind: row.kind,
        account: row.account,
        amount: Money::new(row.amount, row.currency),
        at: row.at,
    };
    Ok(rows.into_iter().map(posted).collect())
}

/// The entries of these kinds on these accounts.
async fn on(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
    accounts: &[Account],
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
        .filter(entry::Column::Account.is_in(accounts.iter().map(Account::to_string)))
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
