//! Deleting much without keeping anybody waiting: some rows at a time, each time in a transaction of its own.

use sea_orm::{
    Condition, DbErr, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use super::Db;
use crate::kernel::{Fault, Never};

/// Rows per transaction.
const BATCH: u64 = 1_000;

/// Transactions per call; what is left is for the next one.
const MOST: u32 = 1_000;

/// Deletes the rows that `which` names; returns how many.
pub async fn delete_in_batches<E: EntityTrait>(db: &Db, which: Condition) -> Result<u64, DbErr> {
    let mut deleted = 0;
    for _ in 0..MOST {
        let which = &which;
        let batch = db
            .write(|tx| async move {
                let key = || E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
                let some = key().fold(E::find().select_only(), |some, column| some.column(column));
                let some = some.filter(which.clone()).limit(BATCH).into_query();
                let is_one = Expr::tuple(key().map(Expr::col)).in_subquery(some);
                Ok::<_, Fault<Never>>(E::delete_many().filter(is_one).exec(&*tx).await?.rows_affected)
            })
            .await
            .map_err(|fault| DbErr::Custom(fault.to_string()))?;
        deleted += batch;
        if batch < BATCH {
            break;
        }
    }
    Ok(deleted)
}
