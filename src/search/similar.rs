//! `Listing.similar`: a few places of the same city for about as many people, the most relevant first. The index in process
//! has them; one statement asks what has changed, and one is for cards that aren't remembered, however many listings ask.

use std::{collections::HashMap, sync::Arc};

use sea_orm::DbErr;

use super::{card::Card, index::Index, memory::Memory};
use crate::{
    db::Db,
    kernel::{ListingId, fold},
    listings::listing,
};

/// How many more or fewer guests are about as many.
const ABOUT: i32 = 1;

/// Up to `most` places like each of these, without the place itself.
pub async fn similar(
    db: &Db,
    memory: &Memory,
    listings: &[&listing::Model],
    most: u32,
) -> Result<HashMap<ListingId, Vec<Arc<Card>>>, DbErr> {
    let alike = memory.look(db, |index| {
        listings.iter().map(|like| (like.id, alike(index, like, most))).collect::<Vec<_>>()
    });
    let alike = alike.await?;
    let stamps: Vec<_> = alike.iter().flat_map(|(_, found)| found.iter().copied()).collect();
    let cards = memory.cards(db, &stamps).await?;
    let cards_of =
        |found: Vec<(ListingId, i64)>| found.iter().filter_map(|(id, _)| cards.get(id).cloned()).collect();
    Ok(alike.into_iter().map(|(id, found)| (id, cards_of(found))).collect())
}

/// Places like this one, each with the stamp of its card.
fn alike(index: &Index, like: &listing::Model, most: u32) -> Vec<(ListingId, i64)> {
    let (city, country) = (fold(&like.city), fold(&like.country));
    let about = like.max_guests.saturating_sub(ABOUT)..=like.max_guests.saturating_add(ABOUT);
    let rows = index.of_city(&city).map(|listed| &listed.row);
    let alike =
        rows.filter(|row| row.country == country && about.contains(&row.guests) && row.listing_id != like.id);
    alike.map(|row| (row.listing_id, row.card_stamp)).take(most as usize).collect()
}
