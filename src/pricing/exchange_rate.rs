//! What one euro is worth in a currency, as it was last told. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{Currency, clock::Instant};

/// What one euro is worth in a currency, as it was last told.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_rate")]
pub struct Model {
    /// Which currency; never the euro itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: Currency,
    /// Units of it (not minor ones) per euro, a decimal.
    pub per_euro: String,
    /// When the source was asked.
    pub recorded_at: Instant,
    /// Which source said so.
    pub source: String,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
