//! A person with an account. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{EmailAddress, UserId, clock::Instant};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// Whose account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Where mail goes; unique.
    pub email: EmailAddress,
    /// argon2id, in PHC form; none for who signs in elsewhere.
    pub password_hash: Option<String>,
    /// What others see.
    pub display_name: String,
    /// A few words, for the public profile.
    pub bio: String,
    /// May list places.
    pub is_host: bool,
    /// May run the market.
    pub is_admin: bool,
    /// When the address was proven.
    pub email_verified_at: Option<Instant>,
    /// Since when an admin keeps the person out.
    pub suspended_at: Option<Instant>,
    /// Counts guarded updates: rules over several rows of a person meet here.
    pub revision: i64,
    /// The number of the latest notification.
    pub notification_seq: i64,
    /// Member since.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
