//! A sign-up that waits for its email to be verified. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{EmailAddress, SignUpId, clock::Instant};

/// A sign-up that waits for its email to be verified.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_up")]
pub struct Model {
    /// Which sign-up.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignUpId,
    /// The address to prove.
    pub email: EmailAddress,
    /// argon2id, in PHC form: its own, asked again when verifying.
    pub password_hash: String,
    /// What others will see.
    pub display_name: String,
    /// Whether the host role was asked for.
    pub wants_host: bool,
    /// SHA-256 of the mailed token, hex.
    pub token_hash: String,
    /// When.
    pub created_at: Instant,
    /// Until when the link works.
    pub expires_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
