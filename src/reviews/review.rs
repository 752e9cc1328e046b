//! What one side of a stay says of the other. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, ListingId, ReviewId, UserId, clock::Instant};

/// Which side speaks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    /// The guest, of the listing.
    Guest,
    /// The host, of the guest.
    Host,
}

/// What one side of a stay says of the other.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    /// Which review.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewId,
    /// Of which stay.
    pub booking_id: BookingId,
    /// Where.
    pub listing_id: ListingId,
    /// Who says it.
    pub author_id: UserId,
    /// Of whom.
    pub subject_id: UserId,
    /// Which side speaks.
    pub side: Side,
    /// 1 to 5.
    pub overall: i32,
    /// 1 to 5; guests only.
    pub cleanliness: Option<i32>,
    /// 1 to 5; guests only.
    pub accuracy: Option<i32>,
    /// 1 to 5; guests only.
    pub check_in: Option<i32>,
    /// 1 to 5; guests only.
    pub communication: Option<i32>,
    /// 1 to 5; guests only.
    pub location: Option<i32>,
    /// 1 to 5; guests only.
    pub value: Option<i32>,
    /// Public.
    pub text: String,
    /// For the host only.
    pub private_note: String,
    /// When written.
    pub submitted_at: Instant,
    /// From when it can be noticed.
    pub released_at: Option<Instant>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
