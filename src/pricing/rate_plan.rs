//! The rates that a stay can be booked at. No behaviour.

use sea_orm::entity::prelude::*;

/// How a guest pays for being able to cancel. It stands beside the cancellation policy of the listing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RatePlan {
    /// The price that the host has set; the policy says what comes back.
    Standard,
    /// A tenth cheaper, if the host offers it; no night comes back.
    NonRefundable,
}
