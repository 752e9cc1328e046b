//! `sojourn search rebuild`: makes all entries anew from the tables, batch by batch, while the server runs.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    sea_query::{Expr, ExprTrait},
};

use super::{entry::Entry, facts, form, store, turn_day};
use crate::{
    db::Db,
    kernel::{Fault, ListingId, Never, clock::Instant},
    listings::listing,
};

/// Listings per transaction.
const BATCH: u64 = 500;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Entries made.
    pub made: u64,
    /// Entries taken away, since their listings aren't on sale.
    pub removed: u64,
}

/// Makes all entries anew. Each batch locks its listings, so that whoever changes one of them waits and comes after.
pub async fn rebuild(db: &Db, secret: &[u8; 32], now: Instant) -> Result<Rebuilt, Fault<Never>> {
    let mut rebuilt = Rebuilt::default();
    let mut after = None;
    loop {
        let ids = next_ids(db.read(), after).await?;
        let Some(last) = ids.last().copied() else { break };
        let batch = db.write(|tx| {
            let ids = ids.clone();
            async move {
                tx.take_time().await?;
                listing::Entity::update_many()
                    .col_expr(listing::Column::Revision, Expr::col(listing::Column::Revision).add(1))
                    .filter(listing::Column::Id.is_in(ids.iter().copied()))
                    .exec(&*tx)
                    .await?;
                let facts = facts::load(&*tx, &ids, now).await?;
                let off_sale: Vec<_> = ids.iter().copied().filter(|id| !facts.contains_key(id)).collect();
                let entries: Vec<_> = facts.values().map(|facts| Entry::of(facts, secret)).collect();
                let made = entries.len() as u64;
                store::put(&*tx, entries).await?;
                let removed = store::remove(&*tx, &off_sale).await?;
                Ok::<_, Fault<Never>>(Rebuilt { made, removed })
            }
        });
        let batch = batch.await?;
        rebuilt.made += batch.made;
        rebuilt.removed += batch.removed;
        after = Some(last);
    }
    db.write(|tx| async move {
        tx.take_time().await?;
        forget_places(&*tx).await?;
        form::remember(&tx).await?;
        Ok(turn_day::remember(&tx, now.date_naive()).await?)
    })
    .await?;
    Ok(rebuilt)
}

/// The next listings, whatever their state, in the order of their ids.
pub(super) async fn next_ids(
    conn: &impl ConnectionTrait,
    after: Option<ListingId>,
) -> Result<Vec<ListingId>, DbErr> {
    let mut query = listing::Entity::find()
        .select_only()
        .column(listing::Column::Id)
        .order_by_asc(listing::Column::Id)
        .limit(BATCH);
    if let Some(after) = after {
        query = query.filter(listing::Column::Id.gt(after));
    }
    query.into_tuple().all(conn).await
}

/// Forgets names that name no entry any more.
async fn forget_places(conn: &impl ConnectionTrait) -> Result<(), DbErr> {
    for (kind, column) in [("CITY", "city"), ("REGION", "region"), ("COUNTRY", "country")] {
        let sql = format!(
            "DELETE FROM place WHERE kind = '{kind}' AND name NOT IN (SELECT DISTINCT {column} FROM search_row)"
        );
        conn.execute_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    }
    Ok(())
}
