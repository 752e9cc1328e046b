//! `searchListings`: a page of what matches, from the index in process. One statement asks what has changed; one more is
//! for cards that aren't remembered. No text is read, no page is kept, and no card is made here.

use std::sync::Arc;

use chrono::Days;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::{
    ask::{Ask, Cursor, Refusal},
    card::Card,
    index::Listed,
    memory::Memory,
    resolve::Spot,
    spans,
    wanted::{Match, Wanted},
};
use crate::{
    db::Db,
    kernel::{Fault, ListingId, Money, Page, PageAsk, Stay},
};

/// A result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What to show.
    #[serde(with = "shared")]
    pub card: Arc<Card>,
    /// Where a page begins that goes on from here.
    pub cursor: Cursor,
    /// The stay that it is free for, where one was asked for.
    pub stay: Option<Stay>,
    /// What that stay costs in all, where it was asked for, or needed for a filter or the order.
    pub total: Option<Money>,
    /// Whether a tax in another currency is a part of it, converted by the recorded rates: its quote may say otherwise.
    pub is_estimate: bool,
    /// How far it is from the point that was asked about: the square of a straight line ([`super::sphere`]).
    pub distance: Option<i64>,
}

/// A card as others have it, too.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Card;

    pub fn serialize<S: Serializer>(card: &Arc<Card>, to: S) -> Result<S::Ok, S::Error> {
        Card::serialize(card, to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Card>, D::Error> {
        Card::deserialize(from).map(Arc::new)
    }
}

/// A page of what matches at this spot. Pages neither repeat nor skip what keeps matching and keeps its sort value. Dates are judged
/// by the clock of each listing, as its availability judges them.
pub async fn find(
    db: &Db,
    memory: &Memory,
    ask: &Ask,
    spot: &Spot,
    page: &PageAsk<Cursor>,
) -> Result<Page<Hit>, Fault<Refusal>> {
    check(ask, page).map_err(Fault::Refused)?;
    let Some(wanted) = Wanted::of(ask, spot) else { return Ok(Page::of(Vec::new(), page)) };
    let found = memory.look(db, |index| {
        index.page(&wanted, page).into_iter().map(|(listed, of)| Found::of(listed, of, ask)).collect()
    });
    let Page { rows: found, has_next, has_previous } = Page::of(found.await?, page);
    let stamps: Vec<_> = found.iter().map(|found| (found.id, found.stamp)).collect();
    let cards = memory.cards(db, &stamps).await?;
    let of = ask.fingerprint();
    // What went off sale a moment ago has no card any more, and no place on the page.
    let hit = |found: Found| Some(found.hit(cards.get(&found.id)?.clone(), ask, of));
    let rows = found.into_iter().filter_map(hit).collect();
    Ok(Page { rows, has_next, has_previous })
}

/// Whether there can be such a page.
pub(super) fn check(ask: &Ask, page: &PageAsk<Cursor>) -> Result<(), Refusal> {
    ask.check()?;
    let strange = page.from.is_some_and(|from| from.sort != ask.sort || from.of != ask.fingerprint());
    if strange { Err(Refusal::CursorOfAnotherSearch) } else { Ok(()) }
}

/// How many match at this spot. For who asks for the number only: it looks at every match.
pub async fn count(db: &Db, memory: &Memory, ask: &Ask, spot: &Spot) -> Result<u64, DbErr> {
    let Some(wanted) = Wanted::of(ask, spot) else { return Ok(0) };
    let count = memory.look(db, |index| index.matches(&wanted).count()).await?;
    Ok(count.try_into().unwrap_or(u64::MAX))
}

/// What the index says of a result.
struct Found {
    id: ListingId,
    value: i64,
    stamp: i64,
    of: Match,
    is_estimate: bool,
}

impl Found {
    fn of(listed: &Listed, of: Match, ask: &Ask) -> Self {
        let row = &listed.row;
        Self {
            id: row.listing_id,
            value: ask.sort.value(row, &of),
            stamp: row.card_stamp,
            of,
            is_estimate: row.tax_person != 0 && row.tax_up != row.tax_down,
        }
    }

    fn hit(&self, card: Arc<Card>, ask: &Ask, of: u64) -> Hit {
        Hit {
            cursor: Cursor { sort: ask.sort, of, value: self.value, id: self.id },
            stay: self.of.first.zip(ask.nights()).and_then(|(first, nights)| stay(first, nights)),
            total: self.of.total.map(|minor| Money::new(minor, card.currency)),
            is_estimate: self.is_estimate,
            distance: self.of.distance,
            card,
        }
    }
}

fn stay(first: i32, nights: u32) -> Option<Stay> {
    let check_in = spans::night(first.into())?;
    Stay::new(check_in, check_in.checked_add_days(Days::new(nights.into()))?).ok()
}
