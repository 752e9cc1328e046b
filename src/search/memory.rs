//! What a server remembers of search, so that a page is one small statement: the index, where texts of the search box
//! point to, and the cards that pages showed lately. Nothing here is the only copy. The index follows the log of changes;
//! nothing else is asked whether it still holds: a card is remembered with the stamp that its row has as long as it is the
//! same, and names of places are only added.

use std::{collections::HashMap, sync::Arc, time::Duration};

use moka::sync::Cache;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::{
    ask::Ask,
    card::Card,
    card_row,
    follow::Follower,
    index::Index,
    resolve::{self, Spot},
};
use crate::{db::Db, kernel::ListingId};

/// How long a text is remembered: what is found by the beginning of a name may lack a city that is younger.
const TEXT_FOR: Duration = Duration::from_secs(30);

/// How many texts: some hundred bytes each.
const TEXTS: u64 = 10_000;

/// How many cards: about a kilobyte each.
const CARDS: u64 = 30_000;

/// Statements for cards ask for 8, 16, 24 or more, so that there are few different ones.
const STEP: usize = 8;

/// What a server remembers of search. Clones share it.
#[derive(Clone)]
pub struct Memory {
    spots: Cache<String, Arc<Spot>>,
    cards: Cache<(ListingId, i64), Arc<Card>>,
    follower: Arc<Follower>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            spots: Cache::builder().max_capacity(TEXTS).time_to_live(TEXT_FOR).build(),
            cards: Cache::new(CARDS),
            follower: Arc::default(),
        }
    }
}

impl Memory {
    /// Where the text of the ask points to. One statement at most. A text that names no place is not remembered: it is
    /// looked for in titles, and a new city may bear the name any time.
    pub async fn spot(&self, db: &Db, ask: &Ask) -> Result<Arc<Spot>, DbErr> {
        let Some(text) = &ask.place else { return Ok(Arc::default()) };
        if let Some(spot) = self.spots.get(text) {
            return Ok(spot);
        }
        let spot = Arc::new(resolve::resolve(db.read(), text).await?);
        if spot.words.is_empty() && text.len() <= resolve::MOST_CHARS {
            self.spots.insert(text.clone(), spot.clone());
        }
        Ok(spot)
    }

    /// Loads the index, so that nobody who searches waits for it.
    pub async fn load(&self, db: &Db) -> Result<(), DbErr> {
        self.look(db, |_| ()).await
    }

    /// Whether the index has been loaded.
    pub fn is_loaded(&self) -> bool {
        self.follower.is_loaded()
    }

    /// What `read` finds in an index that has all that was committed before.
    pub(super) async fn look<T>(&self, db: &Db, read: impl FnOnce(&Index) -> T) -> Result<T, DbErr> {
        self.follower.look(db, read).await
    }

    /// The cards of these listings, each with the stamp that its row has. One statement, none where all are remembered.
    /// A card that was changed a moment ago comes as it is now; one that was taken away doesn't come.
    pub(super) async fn cards(
        &self,
        db: &Db,
        rows: &[(ListingId, i64)],
    ) -> Result<HashMap<ListingId, Arc<Card>>, DbErr> {
        let mut cards = HashMap::with_capacity(rows.len());
        let mut missing = Vec::new();
        for row in rows {
            match self.cards.get(row) {
                Some(card) => drop(cards.insert(row.0, card)),
                None => missing.push(row.0),
            }
        }
        let Some(last) = missing.last().copied() else { return Ok(cards) };
        missing.resize(missing.len().next_multiple_of(STEP), last);
        let found = card_row::Entity::find().filter(card_row::Column::ListingId.is_in(missing));
        for row in found.all(db.read()).await? {
            let card = Arc::new(Card::read(&row.card)?);
            self.cards.insert((row.listing_id, stamp(&row.card)), card.clone());
            cards.insert(row.listing_id, card);
        }
        Ok(cards)
    }
}

/// A number that says whether a card is the same, by its text: FNV-1a.
pub(super) fn stamp(card: &str) -> i64 {
    let hash = card.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}
