//! The prices of a listing, in minor units of its currency. Hardly any behaviour.

use sea_orm::entity::prelude::*;

use super::RatePlan;
use crate::kernel::ListingId;

/// The prices of a listing, in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price_settings")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// A night.
    pub nightly: i64,
    /// A Friday or Saturday night, where it differs.
    pub weekend: Option<i64>,
    /// Per stay.
    pub cleaning_fee: i64,
    /// Per night and guest beyond those included.
    pub extra_guest_fee: i64,
    /// Guests in the nightly price.
    pub guests_included: i32,
    /// Per stay with pets.
    pub pet_fee: i64,
    /// Basis points off from 7 nights.
    pub weekly_discount: i32,
    /// Basis points off from 28 nights.
    pub monthly_discount: i32,
    /// Whether guests may choose the cheaper rate that gives nothing back.
    pub non_refundable: bool,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The rates that guests can choose from.
    pub fn rate_plans(&self) -> &'static [RatePlan] {
        if self.non_refundable {
            &[RatePlan::Standard, RatePlan::NonRefundable]
        } else {
            &[RatePlan::Standard]
        }
    }
}
