//! Money that goes back to a guest. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{Currency, PaymentId, RefundId, UserId, clock::Instant};

/// Where a refund is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// To be asked for.
    Pending,
    /// Stripe was asked and did not answer.
    Unknown,
    /// Done.
    Succeeded,
    /// Stripe refused: an admin must look.
    Failed,
    /// It had failed, and an admin has given the money back by another refund.
    Replaced,
    /// Done by an admin, who paid the guest in another way than through Stripe.
    OutOfBand,
    /// It was never sent: the guest's bank had taken the money back itself by then.
    Covered,
}

/// Money that goes back to a guest.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    /// Which refund; its text is the idempotency key at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// Where it is.
    pub status: Status,
    /// Why.
    pub reason: String,
    /// Of the amount.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    /// What it is worth in the listing's currency, in minor units.
    pub listing_amount: i64,
    /// How much of that comes out of the booking's escrow: all of it, until everybody was given their share.
    pub from_escrow: i64,
    /// What the host bears, in the listing's currency. Of a refund that a policy gives, nobody bears anything.
    pub host_bears: i64,
    /// What the platform bears.
    pub platform_bears: i64,
    /// What the tax office bears.
    pub taxes_bear: i64,
    /// The admin who asked for it; none where it follows from the rules.
    pub asked_by: Option<UserId>,
    /// How often Stripe has refused it for certain and for a time: each time it is another intent, with another key.
    pub round: i32,
    /// Stripe's refund.
    pub provider_id: Option<String>,
    /// How often Stripe was asked.
    pub attempts: i32,
    /// When Stripe was asked first: it forgets our key a day later.
    pub asked_at: Option<Instant>,
    /// When.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
