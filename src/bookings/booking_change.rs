//! A change of dates or guests of a booking, from its proposal on. No behaviour.

use sea_orm::entity::prelude::*;

use crate::{
    kernel::{BookingChangeId, BookingId, Currency, ListingId, UserId, clock::Instant},
    pricing::price::Price,
};

/// Where a change is in its life.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The other side is asked.
    Proposed,
    /// The other side has accepted; what is added is held while the guest pays the difference.
    Accepted,
    /// The booking is what was proposed.
    Applied,
    /// The other side said no.
    Declined,
    /// The side that proposed it took it back.
    Withdrawn,
    /// Not answered, or not paid, in time.
    Expired,
    /// The booking was called off or completed first.
    Ended,
}

/// A change of dates or guests of a booking.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_change")]
pub struct Model {
    /// Which change; nights that it adds are held in its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BookingChangeId,
    /// Of which booking; one at most of a booking is open.
    pub booking_id: BookingId,
    /// Where.
    pub listing_id: ListingId,
    /// Who proposed it; the other side answers.
    pub proposed_by: UserId,
    /// Where it is in its life.
    pub status: Status,
    /// First night until then.
    pub from_check_in: Date,
    /// Day of leaving until then.
    pub from_check_out: Date,
    /// Party until then.
    pub from_adults: i32,
    /// Party until then.
    pub from_children: i32,
    /// Party until then.
    pub from_infants: i32,
    /// Party until then.
    pub from_pets: i32,
    /// What the guest paid until then, in minor units of the currency.
    pub from_total: i64,
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
    /// Every line of the whole new price.
    #[sea_orm(column_type = "JsonBinary")]
    pub price: Price,
    /// What the guest pays in, as before.
    pub currency: Currency,
    /// What the whole costs the guest, in minor units of that.
    pub total: i64,
    /// What the guest pays more, in minor units of that; negative where it goes back.
    pub difference: i64,
    /// The same in the listing's currency.
    pub listing_difference: i64,
    /// When the guest may come.
    pub check_in_at: Instant,
    /// When the guest leaves.
    pub check_out_at: Instant,
    /// A word to the other side; may be empty.
    pub note: String,
    /// Why it was declined; may be empty.
    pub reason: String,
    /// Until when it waits: for the other side's answer, then for the guest's money.
    pub ends_at: Instant,
    /// Whether a payment attempt has prolonged the hold.
    pub hold_extended: bool,
    /// When the other side answered.
    pub answered_at: Option<Instant>,
    /// When the booking became what was proposed.
    pub applied_at: Option<Instant>,
    /// When it was proposed.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
