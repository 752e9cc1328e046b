//! A stay of a guest at a listing. No behaviour.

use sea_orm::entity::prelude::*;

use crate::{
    kernel::{BookingId, Currency, ListingId, QuoteId, UserId, clock::Instant},
    listings::listing::CancellationPolicy,
    pricing::{RatePlan, price::Price},
};

/// Where a booking is in its life.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The nights are held while the guest pays.
    PendingPayment,
    /// Authorised; the host has a day to answer.
    PendingApproval,
    /// Paid.
    Confirmed,
    /// The hold ended unpaid.
    Expired,
    /// The guest has left.
    Completed,
    /// Called off.
    Cancelled,
    /// The host said no.
    Declined,
}

/// A stay of a guest at a listing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    /// Which booking.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BookingId,
    /// What people read to each other; unique.
    pub code: String,
    /// Where.
    pub listing_id: ListingId,
    /// Who stays.
    pub guest_id: UserId,
    /// Who is paid.
    pub host_id: UserId,
    /// The quote it charges.
    pub quote_id: QuoteId,
    /// Where it is in its life.
    pub status: Status,
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
    /// Every line, as quoted.
    #[sea_orm(column_type = "JsonBinary")]
    pub price: Price,
    /// What the guest pays in; the price itself is in the listing's.
    pub currency: Currency,
    /// What the guest pays, in minor units of that.
    pub total: i64,
    /// As it was when quoted.
    pub cancellation_policy: CancellationPolicy,
    /// The rate, as quoted.
    pub rate_plan: RatePlan,
    /// IANA name, as it was.
    pub time_zone: String,
    /// When the guest may come.
    pub check_in_at: Instant,
    /// When the guest leaves.
    pub check_out_at: Instant,
    /// Until when the nights are held: for the guest to pay, then for the host to answer.
    pub hold_ends_at: Instant,
    /// Whether a payment attempt has prolonged the hold.
    pub hold_extended: bool,
    /// Whether the host is asked first, as it was when booked.
    pub by_request: bool,
    /// When the card was authorised and the host asked.
    pub requested_at: Option<Instant>,
    /// When the host accepted: the mark that stops expiry and cancellation until the card is charged or has failed.
    pub accepted_at: Option<Instant>,
    /// When paid.
    pub confirmed_at: Option<Instant>,
    /// When cancelled.
    pub cancelled_at: Option<Instant>,
    /// The guest's key for making it: the same key is the same booking. Made by the client; none for what the seed made.
    pub idempotency_key: Option<String>,
    /// When made.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
