//! Disputes on the roof: what the two sides of a stay argue about, what banks argue about with us, and all that is known
//! for whoever decides.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::{
    booking::{Booking, BookingEvent},
    context::{app, loaders, signed_in, viewer},
    faults::shared,
    ledger::LedgerPosting,
    listing::CancellationPolicy,
    loaders::{AnyDispute, BookingById, DisputeById, EvidenceOfDispute, PhotosOfDispute, UserById},
    money::Money,
    photo::Photo,
    pricing::{RatePlan, StayPrice},
    scalars::{Date, DateTime},
    transport::{Rule, ruled},
    user::User,
};
use crate::{
    disputes::{dispute, evidence, rules},
    kernel::{DisputeId, Money as Amount, Never},
    payments::{payment, refund},
};

/// Who argues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "dispute::Kind")]
pub enum DisputeKind {
    /// One side of a stay with the other; an admin decides.
    Claim,
    /// The guest's bank with the marketplace; the bank decides.
    Chargeback,
}

/// Where a dispute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "dispute::Status")]
pub enum DisputeStatus {
    /// A claim waits for the other side's answer, or for an admin once its time is over; a chargeback for the bank.
    Open,
    /// The other side has answered: an admin is to decide.
    Answered,
    /// An admin has decided.
    Resolved,
    /// Whoever opened it has taken it back.
    Withdrawn,
    /// A chargeback whose money came back.
    Won,
    /// A chargeback whose money is the guest's.
    Lost,
    /// A chargeback that does not match a payment: an admin must look.
    NeedsReview,
}

/// What somebody says was wrong with a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "dispute::Claim")]
pub enum DisputeClaim {
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

/// What can be done with a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DisputeAction {
    /// Answer it.
    Answer,
    /// Take it back.
    Withdraw,
    /// Decide it.
    Resolve,
}

/// What an admin decided about a claim.
pub struct DisputeDecision(dispute::Model);

/// What an admin decided about a claim, or who bears a chargeback that was lost. In the listing's currency.
#[Object(directive = ruled::apply(Rule::Owner))]
impl DisputeDecision {
    /// What goes back to the guest.
    async fn refund(&self) -> Money {
        Money::new(self.0.refund, self.0.currency)
    }

    /// What of that, or of a chargeback that was lost, the host bears.
    async fn host_bears(&self) -> Money {
        Money::new(self.0.host_bears, self.0.currency)
    }

    /// What the platform bears.
    async fn platform_bears(&self) -> Money {
        Money::new(self.0.platform_bears, self.0.currency)
    }

    /// What the tax office bears.
    async fn taxes_bear(&self) -> Money {
        Money::new(self.0.taxes_bear, self.0.currency)
    }

    /// What the platform pays to the host.
    async fn to_host(&self) -> Money {
        Money::new(self.0.to_host, self.0.currency)
    }

    /// What of the claim was dismissed.
    async fn dismissed(&self) -> Money {
        let left = match self.0.kind {
            dispute::Kind::Claim => self.0.amount - self.0.refund - self.0.to_host,
            dispute::Kind::Chargeback => 0,
        };
        Money::new(left, self.0.currency)
    }

    /// Why so; null of a chargeback, which the bank has decided.
    async fn reason(&self) -> Option<&str> {
        self.0.decision.as_deref()
    }
}

/// What people or banks argue about.
pub struct Dispute(pub dispute::Model);

/// What the two sides of a stay argue about, seen by both of them; or what a guest's bank argues about with the
/// marketplace, seen by admins. While it is open, the host is not paid for the booking.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Dispute {
    /// Names the dispute everywhere.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who argues.
    async fn kind(&self) -> DisputeKind {
        self.0.kind.into()
    }

    /// Where it is.
    async fn status(&self) -> DisputeStatus {
        self.0.status.into()
    }

    /// About which stay; null for who is no side of it.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn booking(&self, ctx: &Context<'_>) -> Result<Option<Booking>> {
        Ok(loaders(ctx).load_one(BookingById(self.0.booking_id)).await.map_err(shared)?.map(Booking))
    }

    /// Names the booking, whoever may see it.
    async fn booking_id(&self) -> ID {
        self.0.booking_id.to_string().into()
    }

    /// Who opened it; null of a chargeback.
    async fn opened_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(opener) = self.0.opened_by else { return Ok(None) };
        Ok(loaders(ctx).load_one(UserById(opener)).await.map_err(shared)?.map(User))
    }

    /// What was wrong; null of a chargeback.
    async fn claim(&self) -> Option<DisputeClaim> {
        self.0.claim.map(DisputeClaim::from)
    }

    /// Why the bank argues, in the provider's own word, such as `fraudulent`; null of a claim.
    async fn bank_reason(&self) -> Option<&str> {
        self.0.bank_reason.as_deref()
    }

    /// What it is about, in the listing's currency.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// What the bank argues about, in the currency that was paid in; null of a claim.
    async fn paid_amount(&self) -> Option<Money> {
        let is_banks = self.0.kind == dispute::Kind::Chargeback;
        is_banks.then(|| Money::new(self.0.paid_amount, self.0.paid_currency))
    }

    /// What whoever opened it says; empty of a chargeback.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// What whoever opened it shows.
    async fn photos(&self, ctx: &Context<'_>) -> Result<Vec<Photo>> {
        self.photos_of(ctx, false).await
    }

    /// Until when the other side may answer; afterwards an admin decides without it. Null of a chargeback.
    async fn respond_by(&self) -> Option<DateTime> {
        self.0.respond_by.map(DateTime)
    }

    /// What the other side says.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }

    /// What the other side shows.
    async fn answer_photos(&self, ctx: &Context<'_>) -> Result<Vec<Photo>> {
        self.photos_of(ctx, true).await
    }

    /// When the other side answered.
    async fn answered_at(&self) -> Option<DateTime> {
        self.0.answered_at.map(DateTime)
    }

    /// What was decided; null until then, and where nothing was.
    async fn decision(&self) -> Option<DisputeDecision> {
        let decided = self.0.status == dispute::Status::Resolved || self.0.borne;
        decided.then(|| DisputeDecision(self.0.clone()))
    }

    /// What whoever asks can do with it now.
    async fn viewer_actions(&self, ctx: &Context<'_>) -> Result<Vec<DisputeAction>> {
        let (me, now) = (signed_in(ctx)?, app(ctx).clock.now());
        let mut actions = Vec::new();
        if me.may_administer::<Never>().is_ok() && rules::may_decide(&self.0, now) {
            actions.push(DisputeAction::Resolve);
        }
        let is_open = rules::is_open(self.0.status) && self.0.kind == dispute::Kind::Claim;
        if is_open && self.0.opened_by == Some(me.user) {
            actions.push(DisputeAction::Withdraw);
        }
        let is_side = loaders(ctx).load_one(BookingById(self.0.booking_id)).await.map_err(shared)?.is_some();
        if is_side && self.0.opened_by != Some(me.user) && rules::may_answer(&self.0, now) {
            actions.push(DisputeAction::Answer);
        }
        Ok(actions)
    }

    /// Why an admin must look; for admins.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// All that is known about it; for admins.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Option<DisputeEvidence>> {
        Ok(loaders(ctx).load_one(EvidenceOfDispute(self.0.id)).await.map_err(shared)?.map(DisputeEvidence))
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}

impl Dispute {
    async fn photos_of(&self, ctx: &Context<'_>, of_answer: bool) -> Result<Vec<Photo>> {
        let rows = loaders(ctx).load_one(PhotosOfDispute(self.0.id)).await.map_err(shared)?;
        let rows = rows.into_iter().flatten().filter(|row| row.of_answer == of_answer);
        Ok(rows.map(Photo::from).collect())
    }
}

/// A dispute that the viewer may see: a claim as a side of its booking, everything as an admin.
pub async fn by_id(ctx: &Context<'_>, id: DisputeId) -> Result<Option<Dispute>> {
    let is_admin = viewer(ctx).is_some_and(|viewer| viewer.may_administer::<Never>().is_ok());
    let row = if is_admin {
        loaders(ctx).load_one(AnyDispute(id)).await.map_err(shared)?
    } else {
        loaders(ctx).load_one(DisputeById(id)).await.map_err(shared)?
    };
    Ok(row.map(Dispute))
}

/// All that is known about a dispute.
pub struct DisputeEvidence(evidence::Evidence);

/// All that is known about a dispute, for whoever decides it or answers the guest's bank. What people wrote to each other
/// is part of the conversation.
#[Object(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
impl DisputeEvidence {
    /// What people call the booking.
    async fn booking_code(&self) -> &str {
        &self.0.booking.code
    }

    /// The guest's name.
    async fn guest_name(&self) -> &str {
        &self.0.guest
    }

    /// The host's name.
    async fn host_name(&self) -> &str {
        &self.0.host
    }

    /// First night.
    async fn check_in(&self) -> Date {
        Date(self.0.booking.check_in)
    }

    /// Day of leaving.
    async fn check_out(&self) -> Date {
        Date(self.0.booking.check_out)
    }

    /// The policy as it was agreed.
    async fn cancellation_policy(&self) -> CancellationPolicy {
        self.0.booking.cancellation_policy.into()
    }

    /// The rate as it was agreed.
    async fn rate_plan(&self) -> RatePlan {
        self.0.booking.rate_plan.into()
    }

    /// The price as it was agreed, in the listing's currency.
    async fn price(&self) -> StayPrice {
        StayPrice::of_listing(self.0.booking.price.clone())
    }

    /// Every change of the booking, oldest first.
    async fn timeline(&self) -> Vec<BookingEvent> {
        self.0.timeline.iter().cloned().map(BookingEvent).collect()
    }

    /// What was paid.
    async fn payments(&self) -> Vec<DisputePayment> {
        self.0.payments.iter().map(DisputePayment::of).collect()
    }

    /// What went back, or is on its way.
    async fn refunds(&self) -> Vec<DisputeRefund> {
        self.0.refunds.iter().map(DisputeRefund::of).collect()
    }

    /// What the ledger has of it, oldest first.
    async fn ledger(&self) -> Vec<LedgerPosting> {
        self.0.postings.iter().map(LedgerPosting::of).collect()
    }

    /// All of it as one JSON document, to be stored or sent on.
    async fn export(&self, ctx: &Context<'_>) -> String {
        let url = app(ctx).settings.public_url();
        self.0.export(|key| format!("{url}/files/{key}")).to_string()
    }
}

/// What was paid, as evidence has it.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Admin))]
pub struct DisputePayment {
    /// What was taken from the card.
    captured: Money,
    /// What went back of it, or is on its way.
    refunded: Money,
    /// What the guest's bank took back.
    charged_back: Money,
    /// What the provider calls it.
    charge_id: Option<String>,
    /// When it was begun.
    at: DateTime,
}

impl DisputePayment {
    fn of(row: &payment::Model) -> Self {
        let money = |minor| Money::new(minor, row.currency);
        Self {
            captured: money(row.captured),
            refunded: money(row.refunded),
            charged_back: money(row.charged_back),
            charge_id: row.charge_id.clone(),
            at: DateTime(row.created_at),
        }
    }
}

/// What went back, as evidence has it.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Admin))]
pub struct DisputeRefund {
    /// How much, in the currency that was paid in.
    amount: Money,
    /// Why.
    reason: String,
    /// When it was asked for.
    at: DateTime,
}

impl DisputeRefund {
    fn of(row: &refund::Model) -> Self {
        Self {
            amount: Money(Amount::new(row.amount, row.currency)),
            reason: row.reason.clone(),
            at: DateTime(row.created_at),
        }
    }
}
