//! One sign-in on one device. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{SessionId, UserId, clock::Instant};

/// One sign-in on one device.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Which session; the access token names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the current refresh token, hex.
    pub refresh_hash: String,
    /// The one before: its reuse after the grace ends the session.
    pub previous_hash: Option<String>,
    /// When the refresh token last changed (machine time).
    pub rotated_at: Instant,
    /// The user agent, shortened.
    pub device: String,
    /// When signed in (machine time).
    pub created_at: Instant,
    /// When last refreshed (machine time).
    pub last_seen_at: Instant,
    /// The end, however busy (machine time).
    pub expires_at: Instant,
    /// When it was ended.
    pub revoked_at: Option<Instant>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
