//! The log of the changes of search rows: what has changed since a server last asked. A trigger writes it. What becomes of
//! a change is `follow`'s part.
//!
//! On PostgreSQL a change may be committed after one with a larger number. So each has the number of its transaction, and
//! whoever asks is told the oldest transaction that had not ended: what belongs to that one or to a younger one is asked
//! for again next time, and nothing is missed. SQLite has one writer: its changes come in their order.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryOrder, QueryResult,
    Statement, Value,
};

use super::change;
use crate::{
    db::{Db, Tx, delete_in_batches},
    kernel::ListingId,
};

/// The most changes that are read at once.
const BATCH: usize = 1_000;

/// How many changes are kept for servers that have not asked for long. Those that come even later load everything.
const KEPT: i64 = 20_000;

/// Up to where a server knows the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// Transaction and number after which everything has to be asked for.
    after: (i64, i64),
    /// A change that it knows: if that is gone from the log, others may be that it never saw.
    anchor: i64,
    /// What lies after that place and is known already.
    known: HashSet<i64>,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    /// The listings whose rows have changed.
    pub listings: Vec<ListingId>,
    /// Up to where the log is known now.
    pub position: Position,
}

/// The end of the log. What is read from the rows afterwards has all changes up to here, and maybe more.
pub(super) async fn end(conn: &impl ConnectionTrait) -> Result<Position, DbErr> {
    let sql = format!("SELECT {}, (SELECT MAX(seq) FROM search_change)", oldest(conn.get_database_backend()));
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the end of the log".to_owned()))?;
    let anchor = row.try_get_by_index::<Option<i64>>(1)?.unwrap_or(0);
    let oldest: i64 = row.try_get_by_index(0)?;
    Ok(Position { after: place_after(oldest, anchor), anchor, known: HashSet::new() })
}

/// What has changed since that position; none where the log doesn't go back so far. One statement for up to a thousand
/// changes, and mostly there are none.
pub(super) async fn since(conn: &impl ConnectionTrait, position: &Position) -> Result<Option<News>, DbErr> {
    let (mut after, mut begin) = (position.after, None);
    let mut found: Vec<Change> = Vec::new();
    loop {
        let rows = conn.query_all_raw(statement(conn, after, position.anchor)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        // What the first look says is asked for again next time is; later looks have seen more.
        let oldest = *begin.get_or_insert(first.try_get_by_index::<i64>(0)?);
        if first.try_get_by_index::<i64>(1)? == 0 {
            return Ok(None);
        }
        let batch: Vec<Change> =
            rows.iter().filter_map(|row| Change::read(row).transpose()).collect::<Result<_, _>>()?;
        let is_last = batch.len() < BATCH;
        if let Some(last) = batch.last() {
            after = last.place;
        }
        found.extend(batch);
        if is_last {
            return Ok(Some(news(position, oldest, &found)));
        }
    }
}

fn news(position: &Position, oldest: i64, found: &[Change]) -> News {
    let fresh = found.iter().filter(|change| !position.known.contains(&change.place.1));
    let listings: HashSet<ListingId> = fresh.map(|change| change.listing).collect();
    let anchor = found.iter().map(|change| change.place.1).fold(position.anchor, i64::max);
    let after = place_after(oldest, anchor);
    let known = found.iter().filter(|change| change.place > after).map(|change| change.place.1).collect();
    News { listings: listings.into_iter().collect(), position: Position { after, anchor, known } }
}

/// From where on the log is asked for again: from the oldest transaction that had not ended, where there are such.
fn place_after(oldest: i64, anchor: i64) -> (i64, i64) {
    if oldest == 0 { (0, anchor) } else { (oldest, 0) }
}

struct Change {
    place: (i64, i64),
    listing: ListingId,
}

impl Change {
    fn read(row: &QueryResult) -> Result<Option<Self>, DbErr> {
        let (xid, seq): (Option<i64>, Option<i64>) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let Some(place) = xid.zip(seq) else { return Ok(None) };
        Ok(Some(Self { place, listing: ListingId(row.try_get_by_index(4)?) }))
    }
}

/// The oldest transaction that has not ended, in SQL.
fn oldest(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)",
        _ => "0",
    }
}

fn statement(conn: &impl ConnectionTrait, after: (i64, i64), anchor: i64) -> Statement {
    let backend = conn.get_database_backend();
    let sql = format!(
        "SELECT {}, CAST(CASE WHEN EXISTS (SELECT 1 FROM search_change WHERE seq = $3) THEN 1 ELSE 0 END AS BIGINT), \
         c.xid, c.seq, c.listing_id FROM (SELECT 1 AS one) o LEFT JOIN \
         (SELECT xid, seq, listing_id FROM search_change WHERE (xid, seq) > ($1, $2) ORDER BY xid, seq LIMIT {BATCH}) c \
         ON o.one = 1 ORDER BY c.xid, c.seq",
        oldest(backend)
    );
    let values: [Value; 3] = [after.0.into(), after.1.into(), anchor.into()];
    Statement::from_sql_and_values(backend, sql, values)
}

/// Forgets all but the youngest changes. How many were forgotten.
pub async fn forget(db: &Db) -> Result<u64, DbErr> {
    let newest = change::Entity::find().order_by_desc(change::Column::Seq).one(db.read()).await?;
    let oldest_kept = newest.map_or(0, |newest| newest.seq) - KEPT;
    delete_in_batches::<change::Entity>(db, Condition::all().add(change::Column::Seq.lte(oldest_kept))).await
}

/// Begins the log anew where its changes have numbers of another life of the database: those of a cluster from which this
/// one was restored mean nothing here. It is never empty: servers hold on to what they know of it.
pub(super) async fn begin(tx: &Tx) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        let foreign = "DELETE FROM search_change \
            WHERE xid >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)";
        tx.execute_raw(Statement::from_string(backend, foreign)).await?;
    }
    let nobody = if backend == DbBackend::Postgres {
        "CAST('00000000-0000-0000-0000-000000000000' AS UUID)"
    } else {
        "zeroblob(16)"
    };
    let sql = format!(
        "INSERT INTO search_change (listing_id) SELECT {nobody} WHERE NOT EXISTS (SELECT 1 FROM search_change)"
    );
    tx.execute_raw(Statement::from_string(backend, sql)).await.map(|_| ())
}
