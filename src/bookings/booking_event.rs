//! One line of a booking's timeline. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingEventId, BookingId, UserId, clock::Instant};

/// What happened to a booking.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The nights were held.
    Created,
    /// A payment attempt prolonged the hold.
    HoldExtended,
    /// The card is authorised; the host was asked.
    Requested,
    /// The host said yes; the card is being charged.
    Accepted,
    /// The host said no, or the card could not be charged.
    Declined,
    /// It was paid.
    Confirmed,
    /// The hold ended unpaid.
    Expired,
    /// It was called off.
    Cancelled,
    /// Money came after the hold had ended.
    PaidLate,
    /// The guest has left.
    Completed,
    /// An admin gave the guest money back.
    Refunded,
    /// One side proposed other dates or guests.
    ChangeProposed,
    /// The other side accepted; the guest pays the difference.
    ChangeAccepted,
    /// The other side said no.
    ChangeDeclined,
    /// The side that proposed it took it back.
    ChangeWithdrawn,
    /// Nobody answered, or nobody paid the difference, in time.
    ChangeExpired,
    /// Dates or guests are other ones: from which to which.
    Changed,
}

/// One line of a booking's timeline.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_event")]
pub struct Model {
    /// Which line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BookingEventId,
    /// Of which booking.
    pub booking_id: BookingId,
    /// What happened.
    pub kind: Kind,
    /// Who did it; none for the system.
    pub actor_id: Option<UserId>,
    /// Why.
    pub note: String,
    /// When.
    pub at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
