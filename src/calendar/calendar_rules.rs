//! The booking rules of a listing. No behaviour.

use sea_orm::entity::prelude::*;

use super::limits::Limits;
use crate::kernel::ListingId;

/// The booking rules of a listing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_rules")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// Shortest stay, unless `limits` says otherwise for its check-in.
    pub min_nights: i32,
    /// Longest stay, unless `limits` says otherwise for its check-in.
    pub max_nights: i32,
    /// Days between booking and check-in, 0 for the same day.
    pub notice_days: i32,
    /// With no days between: the local hour from which on nobody can come on the same day.
    pub cut_off_hour: Option<i32>,
    /// How many months ahead can be booked.
    pub window_months: i32,
    /// Nights to make the place ready before a stay.
    pub preparation_before: i32,
    /// Nights to make the place ready after a stay.
    pub preparation_after: i32,
    /// [`Weekdays`](super::limits::Weekdays) on which no stay begins.
    pub closed_to_arrival: i32,
    /// [`Weekdays`](super::limits::Weekdays) on which no stay ends.
    pub closed_to_departure: i32,
    /// Lengths by weekday and date of check-in.
    #[sea_orm(column_type = "JsonBinary")]
    pub limits: Limits,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
