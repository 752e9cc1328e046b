//! A picture that shows what a dispute is about. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{DisputeId, PhotoId, clock::Instant};

/// A picture that shows what a dispute is about.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute_photo")]
pub struct Model {
    /// Which picture.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhotoId,
    /// Of which dispute.
    pub dispute_id: DisputeId,
    /// Whether it came with the answer.
    pub of_answer: bool,
    /// Order, ascending.
    pub position: i32,
    /// The key of its files in the store; variants add `/{width}.jpg`.
    pub file_key: String,
    /// Pixels of the original, upright.
    pub width: i32,
    /// Pixels of the original, upright.
    pub height: i32,
    /// A placeholder, blurhash 4×3.
    pub blurhash: String,
    /// The dominant colour, `#rrggbb`.
    pub color: String,
    /// Widths of the stored variants, ascending, comma-separated.
    pub widths: String,
    /// When it was added.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
