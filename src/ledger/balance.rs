//! What an account holds. No judgement.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::ExprTrait,
};

use super::{Account, entry};
use crate::kernel::{Currency, Money};

/// The balance of an account in a currency: debit positive, credit negative. Drafts of other transactions are not seen,
/// since they live within one.
pub async fn balance(
    conn: &impl ConnectionTrait,
    account: Account,
    currency: Currency,
) -> Result<Money, DbErr> {
    // PostgreSQL's sum of bigints is a numeric.
    let sum = entry::Column::Amount.sum().cast_as("bigint");
    let sum: Option<Option<i64>> = entry::Entity::find()
        .select_only()
        .column_as(sum, "sum")
        .filter(entry::Column::Account.eq(account.to_string()))
        .filter(entry::Column::Currency.eq(currency))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(Money::new(sum.flatten().unwrap_or(0), currency))
}
