//! Taking back what was posted: not by touching it, but by its opposite, entry by entry.

use anyhow::Context;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Draft, entry, transaction};
use crate::{db::Tx, kernel::Money};

/// Fills a draft with the opposite of what was posted for `source`.
pub async fn reversal(tx: &Tx, source: &str, draft: Draft) -> anyhow::Result<Draft> {
    let posted =
        transaction::Entity::find().filter(transaction::Column::Source.eq(source)).one(&**tx).await?;
    let posted = posted.with_context(|| format!("{source} was never posted"))?;
    let entries = entry::Entity::find().filter(entry::Column::TransactionId.eq(posted.id)).all(&**tx).await?;
    entries.iter().try_fold(draft, |draft, entry| {
        Ok(draft.credit(entry.account.parse()?, Money::new(entry.amount, entry.currency)))
    })
}
