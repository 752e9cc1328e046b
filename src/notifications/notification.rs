//! A notice to a person. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, NotificationId, UserId, clock::Instant};

/// What a notice is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A booking was paid.
    BookingConfirmed,
    /// A booking was called off.
    BookingCancelled,
    /// A guest asks to book.
    BookingRequested,
    /// The host said no, or the card could not be charged.
    BookingDeclined,
    /// A hold ended unpaid, or a request unanswered.
    BookingExpired,
    /// The other side would like other dates or guests.
    BookingChangeProposed,
    /// The host has accepted a change: the guest pays the difference.
    BookingChangeAccepted,
    /// Dates or guests are other ones.
    BookingChanged,
    /// The other side said no to other dates or guests.
    BookingChangeDeclined,
    /// A change was taken back, or not answered or paid in time.
    BookingChangeEnded,
    /// A card was declined.
    PaymentFailed,
    /// Money went back.
    PaymentRefunded,
    /// A host was paid.
    PayoutSent,
    /// A host could not be paid.
    PayoutFailed,
    /// A host is paid elsewhere from now on.
    PayoutAccountChanged,
    /// Somebody argues about a stay, or the guest's bank does.
    DisputeOpened,
    /// The other side has answered.
    DisputeAnswered,
    /// It is over.
    DisputeResolved,
}

/// A notice to a person.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    /// Which notice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationId,
    /// To whom.
    pub user_id: UserId,
    /// Number per person, rising in order of commit.
    pub seq: i64,
    /// What it is about.
    pub kind: Kind,
    /// One line.
    pub title: String,
    /// A few lines.
    pub body: String,
    /// What it follows from: one notice per person and key.
    pub dedup_key: String,
    /// About which booking.
    pub booking_id: Option<BookingId>,
    /// When.
    pub created_at: Instant,
    /// When read.
    pub read_at: Option<Instant>,
    /// When mailed.
    pub mailed_at: Option<Instant>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
