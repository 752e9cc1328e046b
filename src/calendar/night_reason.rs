//! Why a night is not for sale. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{ListingId, NightReasonId};

/// What sort of reason.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A booking holds or has it.
    Stay,
    /// The host keeps it.
    Block,
    /// The place is made ready before or after a booking's stay.
    Preparation,
    /// Another calendar says that it is taken.
    Import,
}

/// Why a night is not for sale.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "night_reason")]
pub struct Model {
    /// Which reason.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NightReasonId,
    /// Of which listing.
    pub listing_id: ListingId,
    /// Local date.
    pub night: Date,
    /// What sort of reason.
    pub kind: Kind,
    /// The booking for a stay and its preparation, the feed for an import, the listing for a block of its host.
    pub source_id: Uuid,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
