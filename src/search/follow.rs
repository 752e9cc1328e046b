//! Keeps the index in process equal to the rows: each search first asks what has changed, so that it sees whatever was
//! committed before it came. What is looked for is not known here.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::Mutex;

use super::{
    changes::{self, Position},
    index::{Index, Listed},
    range_row, row, span,
};
use crate::{db::Db, kernel::ListingId};

/// Rows per statement when all are loaded.
const BATCH: u64 = 5_000;

/// Changed rows per statement.
const CHANGED: usize = 500;

/// The index in process, and up to where it knows the log of changes.
#[derive(Debug, Default)]
pub(super) struct Follower {
    index: RwLock<Index>,
    last: Arc<Mutex<Last>>,
    /// How many looks into the log were begun.
    begun: AtomicU64,
    is_loaded: AtomicBool,
}

/// The last look into the log.
#[derive(Debug, Default)]
struct Last {
    /// Which one it was.
    number: u64,
    /// Up to where the index knows the log; none as long as nothing is loaded.
    position: Option<Position>,
}

impl Follower {
    /// What `read` finds in an index that has all that was committed before. One statement, shared by all who ask at the
    /// same time; up to three more where something changed.
    pub async fn look<T>(self: &Arc<Self>, db: &Db, read: impl FnOnce(&Index) -> T) -> Result<T, DbErr> {
        self.follow(db).await?;
        Ok(read(&self.index.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Whether the index has been loaded.
    pub fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Relaxed)
    }

    async fn follow(self: &Arc<Self>, db: &Db) -> Result<(), DbErr> {
        let begun = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.clone().lock_owned().await;
        if last.number > begun {
            // Somebody began to look after we came, and has looked.
            return Ok(());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let news = match &last.position {
            Some(position) => changes::since(db.read(), position).await?,
            None => None,
        };
        let Some(news) = news else {
            // A large market takes longer than one who asks may wait: it is loaded whoever goes away meanwhile.
            let (all, db) = (self.clone(), db.clone());
            let loading = tokio::spawn(async move {
                let position = all.load(&db).await?;
                *last = Last { number, position: Some(position) };
                Ok(())
            });
            return loading.await.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())));
        };
        if !news.listings.is_empty() {
            self.take_in(db, &news.listings).await?;
        }
        *last = Last { number, position: Some(news.position) };
        Ok(())
    }

    /// Takes in the rows of these listings as they are now.
    async fn take_in(&self, db: &Db, listings: &[ListingId]) -> Result<(), DbErr> {
        for some in listings.chunks(CHANGED) {
            let rows = row::Entity::find().filter(row::Column::ListingId.is_in(some.iter().copied()));
            let listed = listed(db.read(), rows.all(db.read()).await?).await?;
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            let mut gone: HashSet<ListingId> = some.iter().copied().collect();
            for listed in listed {
                gone.remove(&listed.row.listing_id);
                index.put(listed);
            }
            gone.into_iter().for_each(|id| index.remove(id));
        }
        Ok(())
    }

    /// Loads all rows. Where the log ends is read before: a row that changes meanwhile is read again.
    async fn load(&self, db: &Db) -> Result<Position, DbErr> {
        let position = changes::end(db.read()).await?;
        let mut all: Vec<Listed> = Vec::new();
        loop {
            let mut rows = row::Entity::find().order_by_asc(row::Column::ListingId).limit(BATCH);
            if let Some(last) = all.last() {
                rows = rows.filter(row::Column::ListingId.gt(last.row.listing_id));
            }
            let rows = rows.all(db.read()).await?;
            if rows.is_empty() {
                break;
            }
            all.extend(listed(db.read(), rows).await?);
        }
        tracing::debug!(listings = all.len(), "search has its index in process");
        let index = Index::of(all);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        self.is_loaded.store(true, Ordering::Relaxed);
        Ok(position)
    }
}

/// The rows with what stands beside them. At most two statements: most rows have nothing there.
async fn listed(conn: &impl ConnectionTrait, rows: Vec<row::Model>) -> Result<Vec<Listed>, DbErr> {
    let ids = |has: fn(&row::Model) -> bool| -> Vec<ListingId> {
        rows.iter().filter(|row| has(row)).map(|row| row.listing_id).collect()
    };
    let mut spans: HashMap<ListingId, Vec<span::Model>> = HashMap::new();
    let with_spans = ids(|row| row.has_spans);
    if !with_spans.is_empty() {
        let found = span::Entity::find().filter(span::Column::ListingId.is_in(with_spans));
        for span in found.order_by_asc(span::Column::FirstDay).all(conn).await? {
            spans.entry(span.listing_id).or_default().push(span);
        }
    }
    let mut ranges: HashMap<ListingId, Vec<range_row::Model>> = HashMap::new();
    let with_ranges = ids(|row| row.has_ranges);
    if !with_ranges.is_empty() {
        let found = range_row::Entity::find().filter(range_row::Column::ListingId.is_in(with_ranges));
        for range in found.order_by_asc(range_row::Column::FirstDay).all(conn).await? {
            ranges.entry(range.listing_id).or_default().push(range);
        }
    }
    let listed = rows.into_iter().map(|row| Listed {
        spans: spans.remove(&row.listing_id).unwrap_or_default().into(),
        ranges: ranges.remove(&row.listing_id).unwrap_or_default().into(),
        row,
    });
    Ok(listed.collect())
}
