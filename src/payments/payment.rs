//! A thing to pay. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingChangeId, BookingId, Currency, PaymentId, clock::Instant};

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
    /// The money is set aside on the card, and not taken.
    Authorised,
    /// Will never be paid.
    Cancelled,
    /// Captured.
    Succeeded,
    /// What Stripe says does not match our row: an admin must look.
    NeedsReview,
}

/// A thing to pay.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Which payment; its text is the idempotency key at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// For which booking.
    pub booking_id: BookingId,
    /// For which change of it, where it is the difference that a change costs.
    pub change_id: Option<BookingChangeId>,
    /// Whether it is a part of the booking's price: not while a change is not made that it pays for.
    pub counts: bool,
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
    /// The listing's currency.
    pub listing_currency: Currency,
    /// What the amount is worth in it, in minor units: the same amount where the two are the same.
    pub listing_amount: i64,
    /// What of that went back, or is about to.
    pub listing_refunded: i64,
    /// Minor units that the guest's bank took back: while that is argued about, and for good where it was lost.
    pub charged_back: i64,
    /// What they are worth in the listing's currency.
    pub listing_charged_back: i64,
    /// How many chargebacks are argued about, or lost and not borne by anybody yet: until then nothing is sent back.
    pub open_chargebacks: i32,
    /// Stripe's PaymentIntent.
    pub intent_id: Option<String>,
    /// For the browser of the guest only.
    pub client_secret: Option<String>,
    /// Stripe's charge: the last try to pay.
    pub charge_id: Option<String>,
    /// Why the bank said no to the last try.
    pub decline_code: Option<String>,
    /// How often Stripe was asked to begin it.
    pub attempts: i32,
    /// When Stripe was asked first: it forgets our key a day later.
    pub asked_at: Option<Instant>,
    /// Whether the card is only authorised at first, and charged by a call of its own.
    pub manual_capture: bool,
    /// How often Stripe was asked to charge what was authorised.
    pub capture_attempts: i32,
    /// When it was asked that first.
    pub capture_asked_at: Option<Instant>,
    /// When.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Without the client secret, which must reach no log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("payment")
            .field("id", &self.id)
            .field("booking_id", &self.booking_id)
            .field("change_id", &self.change_id)
            .field("counts", &self.counts)
            .field("status", &self.status)
            .field("currency", &self.currency)
            .field("amount", &self.amount)
            .field("captured", &self.captured)
            .field("refunded", &self.refunded)
            .field("listing_currency", &self.listing_currency)
            .field("listing_amount", &self.listing_amount)
            .field("listing_refunded", &self.listing_refunded)
            .field("charged_back", &self.charged_back)
            .field("listing_charged_back", &self.listing_charged_back)
            .field("open_chargebacks", &self.open_chargebacks)
            .field("intent_id", &self.intent_id)
            .field("charge_id", &self.charge_id)
            .field("decline_code", &self.decline_code)
            .field("attempts", &self.attempts)
            .field("asked_at", &self.asked_at)
            .field("manual_capture", &self.manual_capture)
            .field("capture_attempts", &self.capture_attempts)
            .field("capture_asked_at", &self.capture_asked_at)
            .finish_non_exhaustive()
    }
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
