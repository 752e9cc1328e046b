//! What one booking's transactions have left on an account, for use cases that must know it before they post. Whole
//! accounts are not summed here.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::Query};

use super::{Account, entry, transaction};
use crate::kernel::{BookingId, Currency, Money};

/// What a booking's transactions have left on an account: debit positive. The caller holds what keeps others from
/// posting for this booking at the same time.
pub async fn balance_of_booking(
    conn: &impl ConnectionTrait,
    booking: BookingId,
    account: Account,
    currency: Currency,
) -> Result<Money, DbErr> {
    let of_booking = Query::select()
        .column(transaction::Column::Id)
        .from(transaction::Entity)
        .and_where(transaction::Column::BookingId.eq(booking))
        .to_owned();
    // A handful of rows: summed here, since databases sum into types of their own.
    let amounts: Vec<i64> = entry::Entity::find()
        .select_only()
        .column(entry::Column::Amount)
        .filter(entry::Column::Account.eq(account.to_string()))
        .filter(entry::Column::Currency.eq(currency))
        .filter(entry::Column::TransactionId.in_subquery(of_booking))
        .into_tuple()
        .all(conn)
        .await?;
    let sum = amounts.iter().try_fold(0_i64, |sum, amount| sum.checked_add(*amount));
    let sum = sum.ok_or_else(|| DbErr::Custom(format!("the balance of {account} is too large")))?;
    Ok(Money::new(sum, currency))
}
