//! One sign-in on one device: its row, and whether it still lives. No tokens here.

use chrono::TimeDelta;
use sea_orm::entity::prelude::*;

use super::refresh_token::IDLE_DAYS;
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

impl Model {
    /// Whether the session has neither been ended, nor grown too old, nor idled too long, by the machine's time.
    pub fn lives(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.ends_at()
    }

    /// When it ends, unless it is refreshed before (machine time).
    pub fn ends_at(&self) -> Instant {
        self.expires_at.min(self.rotated_at + TimeDelta::days(IDLE_DAYS))
    }
}
