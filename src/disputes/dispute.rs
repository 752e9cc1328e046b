//! A dispute of a guest or a host, or a chargeback of the guest's bank. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{BookingId, Currency, DisputeId, PaymentId, UserId, clock::Instant};

/// Who argues.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// One side of a stay with the other; an admin decides.
    Claim,
    /// The guest's bank with us; the bank decides.
    Chargeback,
}

/// Where a dispute is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// A claim waits for the other side's answer, or for an admin once its time is over; a chargeback for the bank.
    Open,
    /// The other side has answered: an admin is to decide.
    Answered,
    /// An admin has decided.
    Resolved,
    /// Whoever opened it has taken it back.
    Withdrawn,
    /// A chargeback whose money is ours again.
    Won,
    /// A chargeback whose money is the guest's.
    Lost,
    /// A chargeback that does not match our payment: an admin must look.
    NeedsReview,
}

/// What somebody says was wrong.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Claim {
    /// The place was not as it was described.
    NotAsDescribed,
    /// The place was dirty.
    NotClean,
    /// The guest could not get in.
    NoAccess,
    /// The place was not safe.
    NotSafe,
    /// Something was broken, or is gone.
    Damage,
    /// House rules were not kept.
    HouseRules,
    /// Anything else.
    Other,
}

/// A dispute of a guest or a host, or a chargeback of the guest's bank. Amounts are in the listing's currency where nothing
/// else is said.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute")]
pub struct Model {
    /// Which dispute.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DisputeId,
    /// Who argues.
    pub kind: Kind,
    /// About which booking.
    pub booking_id: BookingId,
    /// Where it is.
    pub status: Status,
    /// Who opened it; none of a chargeback.
    pub opened_by: Option<UserId>,
    /// While it is open, its booking and opener; unique: each side argues about one thing at a time.
    pub open_key: Option<String>,
    /// What was wrong; none of a chargeback.
    pub claim: Option<Claim>,
    /// The listing's.
    pub currency: Currency,
    /// Minor units that are argued about.
    pub amount: i64,
    /// What whoever opened it says.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Until when the other side may answer.
    pub respond_by: Option<Instant>,
    /// What the other side says.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    /// When it said so.
    pub answered_at: Option<Instant>,
    /// Minor units that go back to the guest, as decided.
    pub refund: i64,
    /// What of that the host bears; of a chargeback that was lost, what of it.
    pub host_bears: i64,
    /// What the platform bears.
    pub platform_bears: i64,
    /// What the tax office bears.
    pub taxes_bear: i64,
    /// Minor units that the platform pays to the host, as decided.
    pub to_host: i64,
    /// The admin who decided.
    pub decided_by: Option<UserId>,
    /// Why so.
    #[sea_orm(column_type = "Text", nullable)]
    pub decision: Option<String>,
    /// The payment that a chargeback takes back.
    pub payment_id: Option<PaymentId>,
    /// What Stripe calls a chargeback.
    pub provider_id: Option<String>,
    /// Why the bank argues, in Stripe's word.
    pub bank_reason: Option<String>,
    /// The currency that was paid in; of a claim, the listing's.
    pub paid_currency: Currency,
    /// Minor units of it that the bank argues about.
    pub paid_amount: i64,
    /// Whether they have left our cash and not come back.
    pub withdrawn: bool,
    /// Whether what was lost is borne by somebody.
    pub borne: bool,
    /// The currency of Stripe's fee.
    pub fee_currency: Currency,
    /// What Stripe has kept for it, in minor units.
    pub fee: i64,
    /// Why an admin must look.
    pub problem: Option<String>,
    /// When it ended.
    pub closed_at: Option<Instant>,
    /// When it was opened.
    pub created_at: Instant,
    /// When last changed.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
