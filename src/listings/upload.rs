//! A picture that was uploaded and can be attached. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{UploadId, UserId, clock::Instant};

/// A picture that was uploaded and can be attached.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload")]
pub struct Model {
    /// Which upload.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    /// Whose.
    pub user_id: UserId,
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
    /// When.
    pub created_at: Instant,
    /// When it was used.
    pub attached_at: Option<Instant>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
