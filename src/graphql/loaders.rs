//! Questions that many fields ask at once, answered together: a newtype per question, one statement per level. Made
//! anew for each operation, so nothing outlives it.

mod disputes;
mod feeds;
mod money;
mod of_listing;
mod together;

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::{
    async_trait::async_trait,
    dataloader::{DataLoader, Loader},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::ExprTrait};

pub use self::disputes::{AnyDispute, DisputeById, DisputesOfBooking, EvidenceOfDispute, PhotosOfDispute};
pub use self::feeds::{ConflictsOfListing, ExportOfListing, FeedById, FeedsOfListing};
pub use self::money::{MovementsOfBooking, NameOfParty, PenaltyOfBooking, RefundsOfPayment};
pub use self::of_listing::{
    AvailabilityOfStay, ListingsOfWishlist, NightReasons, PriceOfStay, ReviewCountOfListing,
    ReviewsOfListing, Row, SimilarListings, TakenNights,
};
use self::together::NoWait;
pub use self::together::{LoadTogether, Plain, Together};
use crate::{
    accounts::user,
    app::App,
    bookings::{self, booking, booking_change, booking_event},
    calendar::{self, calendar_rules},
    kernel::{
        BookingChangeId, BookingId, ListingId, NotificationId, PaymentId, PayoutId, QuoteId, UserId,
        WishlistId,
    },
    listings::{self, listing, photo},
    notifications::{self, notification},
    payments::{self, payment},
    payouts::{self, payout, payout_leg},
    pricing::{price_override, quote, settings},
    wishlists::{self, wishlist},
};

/// The loaders of one operation.
pub struct Loaders {
    app: Arc<App>,
    viewer: Option<UserId>,
}

/// Loaders for an operation of this viewer, whose work is done by `together`.
pub fn new(app: Arc<App>, viewer: Option<UserId>, together: Together) -> DataLoader<Loaders> {
    DataLoader::new(Loaders { app, viewer }, together, NoWait)
}

/// A listing that the viewer may see: on sale, or the viewer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListingById(pub ListingId);
/// A listing that the viewer has been shown, whatever became of it since: to a side of its booking, or as a result of a
/// search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShownListing(pub ListingId);
/// The photos of a listing, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhotosOfListing(pub ListingId);
/// The prices of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PricesOfListing(pub ListingId);
/// The ranges with prices of their own of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PriceOverridesOfListing(pub ListingId);
/// The calendar rules of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CalendarRulesOfListing(pub ListingId);
/// A person as others see them: whoever is suspended is there for nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserById(pub UserId);
/// A booking that the viewer is a side of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BookingById(pub BookingId);
/// Everything that was to be paid for a booking, oldest first: itself, then its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentsOfBooking(pub BookingId);
/// A payment, for whoever may see what it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentById(pub PaymentId);
/// The changes of a booking, oldest first; ask only for a side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChangesOfBooking(pub BookingId);
/// What is to be paid for a change of a booking; no answer where that is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentOfChange(pub BookingChangeId);
/// What the viewer, as its host, is paid for a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PayoutOfBooking(pub BookingId);
/// The parts of a payout; ask only for its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LegsOfPayout(pub PayoutId);
/// The timeline of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimelineOfBooking(pub BookingId);
/// One of the viewer's own quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuoteById(pub QuoteId);
/// One of the viewer's own wish lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WishlistById(pub WishlistId);
/// Whether a listing is on a wish list of the viewer; no answer where it isn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SavedListing(pub ListingId);
/// How many places on a wish list the viewer may see; ask only for who may see the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SavedCountOfWishlist(pub WishlistId);
/// One of the viewer's own notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NotificationById(pub NotificationId);

type Found<K, V> = Result<HashMap<K, V>, Arc<DbErr>>;

/// Rows by the question that each answers.
fn by<K: Eq + Hash, R>(rows: Result<Vec<R>, DbErr>, key: impl Fn(&R) -> K) -> Found<K, R> {
    Ok(rows.map_err(Arc::new)?.into_iter().map(|row| (key(&row), row)).collect())
}

/// Lists of rows by the question that they answer together.
fn lists<K: Eq + Hash, R>(rows: Result<Vec<R>, DbErr>, key: impl Fn(&R) -> K) -> Found<K, Vec<R>> {
    let mut found: HashMap<K, Vec<R>> = HashMap::new();
    for row in rows.map_err(Arc::new)? {
        found.entry(key(&row)).or_default().push(row);
    }
    Ok(found)
}

macro_rules! loader {
    ($question:ident -> $answer:ty: |$self:ident, $ids:ident| $load:expr) => {
        #[async_trait]
        impl Loader<$question> for Loaders {
            type Value = $answer;
            type Error = Arc<DbErr>;

            async fn load(&$self, questions: &[$question]) -> Found<$question, $answer> {
                let $ids: Vec<_> = questions.iter().map(|question| question.0).collect();
                $load
            }
        }
    };
}

loader!(ListingById -> listing::Model: |self, ids| {
    by(listings::find::visible_to(self.app.db.read(), self.viewer, &ids).await, |row| ListingById(row.id))
});
loader!(ShownListing -> listing::Model: |self, ids| {
    by(listings::find::any(self.app.db.read(), &ids).await, |row| ShownListing(row.id))
});
loader!(PhotosOfListing -> Vec<photo::Model>: |self, ids| {
    let found = listings::find::photos(self.app.db.read(), &ids).await.map_err(Arc::new)?;
    Ok(found.into_iter().map(|(listing, photos)| (PhotosOfListing(listing), photos)).collect())
});
loader!(PricesOfListing -> settings::Model: |self, ids| {
    let query = settings::Entity::find().filter(settings::Column::ListingId.is_in(ids));
    by(query.all(self.app.db.read()).await, |row| PricesOfListing(row.listing_id))
});
loader!(PriceOverridesOfListing -> Vec<price_override::Model>: |self, ids| {
    let query = price_override::Entity::find().filter(price_override::Column::ListingId.is_in(ids));
    lists(query.all(self.app.db.read()).await, |row| PriceOverridesOfListing(row.listing_id))
});
loader!(CalendarRulesOfListing -> calendar_rules::Model: |self, ids| {
    by(calendar::find::rules(self.app.db.read(), &ids).await, |row| CalendarRulesOfListing(row.listing_id))
});
loader!(UserById -> user::Model: |self, ids| {
    let active = user::Column::SuspendedAt.is_null();
    let shown = match self.viewer {
        Some(viewer) => active.or(user::Column::Id.eq(viewer)),
        None => active,
    };
    let query = user::Entity::find().filter(user::Column::Id.is_in(ids)).filter(shown);
    by(query.all(self.app.db.read()).await, |row| UserById(row.id))
});
loader!(BookingById -> booking::Model: |self, ids| {
    let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
    by(bookings::find::seen_by(self.app.db.read(), viewer, &ids).await, |row| BookingById(row.id))
});
loader!(PaymentsOfBooking -> Vec<payment::Model>: |self, ids| {
    let found = payments::find::of_bookings(self.app.db.read(), &ids).await.map_err(Arc::new)?;
    Ok(found.into_iter().map(|(id, rows)| (PaymentsOfBooking(id), rows)).collect())
});
loader!(PaymentById -> payment::Model: |self, ids| {
    by(payments::find::payments(self.app.db.read(), &ids).await, |row| PaymentById(row.id))
});
loader!(ChangesOfBooking -> Vec<booking_change::Model>: |self, ids| {
    let found = bookings::changes::find::of_bookings(self.app.db.read(), &ids).await;
    lists(found, |row| ChangesOfBooking(row.booking_id))
});
loader!(PaymentOfChange -> payment::Model: |self, ids| {
    let found = bookings::changes::find::payments_of(self.app.db.read(), &ids).await.map_err(Arc::new)?;
    Ok(found.into_iter().map(|(id, row)| (PaymentOfChange(id), row)).collect())
});
loader!(TimelineOfBooking -> Vec<booking_event::Model>: |self, ids| {
    lists(bookings::timeline::of(self.app.db.read(), &ids).await, |row| TimelineOfBooking(row.booking_id))
});
loader!(PayoutOfBooking -> payout::Model: |self, ids| {
    let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
    by(payouts::find::of_bookings(self.app.db.read(), viewer, &ids).await, |row| PayoutOfBooking(row.booking_id))
});
loader!(LegsOfPayout -> Vec<payout_leg::Model>: |self, ids| {
    lists(payouts::find::legs_of(self.app.db.read(), &ids).await, |row| LegsOfPayout(row.payout_id))
});
loader!(QuoteById -> quote::Model: |self, ids| {
    let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
    let query = quote::Entity::find().filter(quote::Column::Id.is_in(ids)).filter(quote::Column::UserId.eq(viewer));
    by(query.all(self.app.db.read()).await, |row| QuoteById(row.id))
});
loader!(WishlistById -> wishlist::Model: |self, ids| {
    let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
    by(wishlists::find::own_among(self.app.db.read(), viewer, &ids).await, |row| WishlistById(row.id))
});
loader!(SavedListing -> (): |self, ids| {
    let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
    let saved = wishlists::find::saved_among(self.app.db.read(), viewer, &ids).await.map_err(Arc::new)?;
    Ok(saved.into_iter().map(|id| (SavedListing(id), ())).collect())
});
loader!(SavedCountOfWishlist -> u64: |self, ids| {
    let counts = wishlists::find::counts(self.app.db.read(), self.viewer, &ids).await.map_err(Arc::new)?;
    Ok(counts.into_iter().map(|(id, count)| (SavedCountOfWishlist(id), count)).collect())
});
loader!(NotificationById -> notification::Model: |self, ids| {
    let Some(viewer) = self.viewer else { return Ok(HashMap::new()) };
    by(notifications::find::own_among(self.app.db.read(), viewer, &ids).await, |row| NotificationById(row.id))
});
