//! Questions about listings that have arguments of their own: a price for a stay, a calendar between dates, a page of
//! reviews. Those with the same arguments are answered together. No rule.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use async_graphql::{async_trait::async_trait, dataloader::Loader};
use chrono::NaiveDate;
use sea_orm::DbErr;

use super::{Found, Loaders};
use crate::{
    calendar::{self, night_reason},
    kernel::{Currency, ListingId, Page, PageAsk, Party, Stay, WishlistId},
    listings::listing,
    pricing::{self, RatePlan, create_quote::PriceAsk, offer::Offer, price::Price},
    reviews::{self, review},
    search::{self, Card},
    wishlists::{self, wishlist_item},
};

/// A listing's row as a part of a question: the same row, if it is of the same listing.
#[derive(Debug, Clone)]
pub struct Row(pub Arc<listing::Model>);

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Row {}

impl Hash for Row {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

/// What a stay costs as of now, at a rate, in the listing's currency or another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PriceOfStay(pub Row, pub Stay, pub Party, pub RatePlan, pub Option<Currency>);

impl PriceOfStay {
    fn ask(&self) -> PriceAsk<'_> {
        PriceAsk { listing: &self.0.0, stay: self.1, party: self.2, plan: self.3, currency: self.4 }
    }
}

/// Whether a stay can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AvailabilityOfStay(pub Row, pub Stay, pub Party);
/// The nights that are not for sale between two dates, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TakenNights(pub ListingId, pub NaiveDate, pub NaiveDate);
/// Why nights are not for sale; ask only for the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NightReasons(pub ListingId, pub NaiveDate, pub NaiveDate);
/// A page of the released reviews of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReviewsOfListing(pub ListingId, pub PageAsk<reviews::find::Key>);
/// How many released reviews a listing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReviewCountOfListing(pub ListingId);

/// A page of the places on a wish list that the viewer may see; ask only for who may see the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListingsOfWishlist(pub WishlistId, pub PageAsk<wishlists::find::Key>);

/// A few places like a listing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SimilarListings(pub Row, pub u32);

/// Questions with the same arguments, as the listings that they are asked of.
fn grouped<'a, Q, A: Eq + Hash, L>(
    questions: &'a [Q],
    split: impl Fn(&'a Q) -> (A, L),
) -> HashMap<A, Vec<L>> {
    let mut groups: HashMap<A, Vec<L>> = HashMap::new();
    for question in questions {
        let (arguments, listing) = split(question);
        groups.entry(arguments).or_default().push(listing);
    }
    groups
}

#[async_trait]
impl Loader<PriceOfStay> for Loaders {
    type Value = Price;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[PriceOfStay]) -> Found<PriceOfStay, Price> {
        let asks: Vec<_> = questions.iter().map(PriceOfStay::ask).collect();
        let prices = pricing::prices_of(&self.app, &asks).await.map_err(Arc::new)?;
        let found = questions.iter().cloned().zip(prices);
        Ok(found.filter_map(|(question, price)| Some((question, price?))).collect())
    }
}

#[async_trait]
impl Loader<AvailabilityOfStay> for Loaders {
    type Value = Offer;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[AvailabilityOfStay]) -> Found<AvailabilityOfStay, Offer> {
        let mut found = HashMap::new();
        for ((stay, party), rows) in grouped(questions, |q| ((q.1, q.2), &q.0)) {
            let listings: Vec<_> = rows.iter().map(|row| &*row.0).collect();
            let offers = pricing::offers(&self.app, &listings, stay, party).await;
            let mut offers = offers.map_err(Arc::new)?;
            for row in rows {
                if let Some(one) = offers.remove(&row.0.id) {
                    found.insert(AvailabilityOfStay(row.clone(), stay, party), one);
                }
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Loader<TakenNights> for Loaders {
    type Value = Vec<NaiveDate>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[TakenNights]) -> Found<TakenNights, Vec<NaiveDate>> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for ((first, last), listings) in grouped(questions, |q| ((q.1, q.2), q.0)) {
            let (db, now) = (self.app.db.read(), self.app.clock.now());
            let rows = calendar::find::taken(db, &listings, first, last, now).await;
            for (listing, night) in rows.map_err(Arc::new)? {
                found.entry(TakenNights(listing, first, last)).or_default().push(night);
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Loader<NightReasons> for Loaders {
    type Value = Vec<night_reason::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[NightReasons]) -> Found<NightReasons, Vec<night_reason::Model>> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for ((first, last), listings) in grouped(questions, |q| ((q.1, q.2), q.0)) {
            let (db, now) = (self.app.db.read(), self.app.clock.now());
            let rows = calendar::find::reasons(db, &listings, first, last, now).await;
            for row in rows.map_err(Arc::new)? {
                found.entry(NightReasons(row.listing_id, first, last)).or_default().push(row);
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Loader<ReviewsOfListing> for Loaders {
    type Value = Page<review::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[ReviewsOfListing]) -> Found<ReviewsOfListing, Page<review::Model>> {
        let mut found = HashMap::new();
        for (ask, listings) in grouped(questions, |q| (&q.1, q.0)) {
            let pages = reviews::find::of_listings(self.app.db.read(), &listings, ask).await;
            let answers = pages.map_err(Arc::new)?.into_iter();
            found.extend(answers.map(|(listing, page)| (ReviewsOfListing(listing, ask.clone()), page)));
        }
        Ok(found)
    }
}

#[async_trait]
impl Loader<ListingsOfWishlist> for Loaders {
    type Value = Page<wishlist_item::Model>;
    type Error = Arc<DbErr>;

    async fn load(
        &self,
        questions: &[ListingsOfWishlist],
    ) -> Found<ListingsOfWishlist, Page<wishlist_item::Model>> {
        let mut found = HashMap::new();
        for (ask, lists) in grouped(questions, |q| (&q.1, q.0)) {
            let pages = wishlists::find::items(self.app.db.read(), self.viewer, &lists, ask).await;
            let answers = pages.map_err(Arc::new)?.into_iter();
            found.extend(answers.map(|(list, page)| (ListingsOfWishlist(list, ask.clone()), page)));
        }
        Ok(found)
    }
}

#[async_trait]
impl Loader<SimilarListings> for Loaders {
    type Value = Vec<Arc<Card>>;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[SimilarListings]) -> Found<SimilarListings, Vec<Arc<Card>>> {
        let mut found = HashMap::new();
        for (most, rows) in grouped(questions, |q| (q.1, &q.0)) {
            let listings: Vec<_> = rows.iter().map(|row| &*row.0).collect();
            let similar = search::similar(&self.app.db, &self.app.search, &listings, most);
            let mut similar = similar.await.map_err(Arc::new)?;
            for row in rows {
                if let Some(cards) = similar.remove(&row.0.id) {
                    found.insert(SimilarListings(row.clone(), most), cards);
                }
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Loader<ReviewCountOfListing> for Loaders {
    type Value = u64;
    type Error = Arc<DbErr>;

    async fn load(&self, questions: &[ReviewCountOfListing]) -> Found<ReviewCountOfListing, u64> {
        let listings: Vec<_> = questions.iter().map(|question| question.0).collect();
        let counts = reviews::find::counts_of_listings(self.app.db.read(), &listings).await;
        Ok(counts.map_err(Arc::new)?.into_iter().map(|(id, n)| (ReviewCountOfListing(id), n)).collect())
    }
}
