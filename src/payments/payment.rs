//! A thing to pay. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, Currency, PaymentId, clock::Instant};

/// Where a payment is; the order of the variants is the order of its life.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Not known to Stripe yet.
    Created,
    /// Stripe was asked and did not answer.
    Unknown,
    /// Waits for a card.
    RequiresPaymentMethod,
    /// Waits for the guest to prove it is them.
    RequiresAction,
    /// Stripe is at it.
    Processing,
    /// Will never be paid.
    Cancelled,
    /// Captured.
    Succeeded,
    /// What Stripe says does not match our row: an admin must look.
    NeedsReview,
}

/// A thing to pay.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Which payment; its text is the idempotency key at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// For which booking.
    pub booking_id: BookingId,
    /// Moves forward only.
    pub status: Status,
    /// Of the amounts.
    pub currency: Currency,
    /// Minor units to pay.
    pub amount: i64,
    /// Minor units that arrived.
    pub captured: i64,
    /// Minor units that went back, or are about to.
    pub refunded: i64,
    /// Stripe's PaymentIntent.
    pub intent_id: Option<String>,
    /// For the browser of the guest only.
    pub client_secret: Option<String>,
    /// Why the bank said no, last.
    pub decline_code: Option<String>,
    /// When.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
