//! A price that is kept for fifteen minutes. No behaviour.

use sea_orm::entity::prelude::*;

use super::{RatePlan, price::Price};
use crate::{
    kernel::{Currency, ListingId, QuoteId, UserId, clock::Instant},
    listings::listing::CancellationPolicy,
};

/// A price that is kept for fifteen minutes.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quote")]
pub struct Model {
    /// Which quote.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: QuoteId,
    /// Of which listing.
    pub listing_id: ListingId,
    /// For whom.
    pub user_id: UserId,
    /// First night.
    pub check_in: Date,
    /// Day of leaving.
    pub check_out: Date,
    /// Party.
    pub adults: i32,
    /// Party.
    pub children: i32,
    /// Party; not counted as guests.
    pub infants: i32,
    /// Party.
    pub pets: i32,
    /// Every line.
    #[sea_orm(column_type = "JsonBinary")]
    pub price: Price,
    /// Of the price.
    pub currency: Currency,
    /// Minor units.
    pub total: i64,
    /// As it was when quoted.
    pub cancellation_policy: CancellationPolicy,
    /// The rate that was chosen.
    pub rate_plan: RatePlan,
    /// When.
    pub created_at: Instant,
    /// Until when a booking charges exactly this.
    pub expires_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Who comes.
    pub fn party(&self) -> crate::kernel::Party {
        let count = |n: i32| u32::try_from(n).unwrap_or(0);
        crate::kernel::Party {
            adults: count(self.adults),
            children: count(self.children),
            infants: count(self.infants),
            pets: count(self.pets),
        }
    }
}
