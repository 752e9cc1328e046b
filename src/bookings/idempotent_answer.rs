//! What an idempotency key was answered, to be answered again. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{UserId, clock::Instant};

/// What an idempotency key was answered, to be answered again.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_answer")]
pub struct Model {
    /// Whose key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// Of which mutation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub mutation: String,
    /// Made by the client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the input, hex: another input with the same key is a conflict.
    pub input_hash: String,
    /// The id of what was made.
    pub answer: String,
    /// When.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
