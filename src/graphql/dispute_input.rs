//! What is done with disputes, on the roof: opened, answered, taken back, decided; and, in play, ended by the bank.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, id, signed_in},
    dispute::{Dispute, DisputeClaim},
    errors::{DisputeError, DisputeErrorCode as Code},
    faults::settle,
    money::{Money, MoneyInput},
    refund::{RefundSplitInput, borne},
    transport::{Rule, ruled},
};
use crate::{
    disputes::{
        self, AnswerRefusal, CloseRefusal, OpenAsk, OpenRefusal, ResolveAsk, ResolveRefusal, WithdrawRefusal,
        rules::Part,
    },
    kernel::{Money as Amount, UploadId},
};

/// What to argue about.
#[derive(InputObject)]
pub struct OpenDisputeInput {
    /// A stay of one's own, as its guest or its host, from check-in to 14 days after check-out.
    booking_id: ID,
    /// What was wrong.
    claim: DisputeClaim,
    /// What it is worth, in the listing's currency: no more than was paid.
    amount: MoneyInput,
    /// What happened, in one's own words, 1 to 2,000 characters; the other side reads it.
    text: String,
    /// Pictures of it: one's own uploads, at most 10.
    #[graphql(default)]
    upload_ids: Vec<ID>,
}

/// The dispute, or why there is none.
#[derive(SimpleObject)]
pub struct OpenDisputePayload {
    /// The dispute.
    dispute: Option<Dispute>,
    /// Why there is none.
    errors: Vec<DisputeError>,
}

/// What to answer.
#[derive(InputObject)]
pub struct AnswerDisputeInput {
    /// A dispute that the other side has opened.
    dispute_id: ID,
    /// What one has to say, 1 to 2,000 characters; the other side reads it.
    text: String,
    /// Pictures: one's own uploads, at most 10.
    #[graphql(default)]
    upload_ids: Vec<ID>,
}

/// The dispute that was answered, or why it was not.
#[derive(SimpleObject)]
pub struct AnswerDisputePayload {
    /// The dispute.
    dispute: Option<Dispute>,
    /// Why it was not answered.
    errors: Vec<DisputeError>,
}

/// What to take back.
#[derive(InputObject)]
pub struct WithdrawDisputeInput {
    /// A dispute that one has opened.
    dispute_id: ID,
}

/// The dispute that was taken back, or why it stands.
#[derive(SimpleObject)]
pub struct WithdrawDisputePayload {
    /// The dispute.
    dispute: Option<Dispute>,
    /// Why it stands.
    errors: Vec<DisputeError>,
}

/// What to decide. What neither goes back to the guest nor to the host is dismissed.
#[derive(InputObject)]
pub struct ResolveDisputeInput {
    /// A claim that was answered, or whose 72 hours are over.
    dispute_id: ID,
    /// What goes back to the guest, in the listing's currency; nothing when nothing is said.
    refund: Option<MoneyInput>,
    /// Who bears that; the platform when nothing is said.
    borne_by: Option<RefundSplitInput>,
    /// What the platform pays to the host, in the listing's currency; nothing when nothing is said. A guest's card is not
    /// charged for it.
    to_host: Option<MoneyInput>,
    /// Why, 1 to 500 characters; both sides read it.
    reason: String,
    /// Made by the client, 1 to 255 characters: a second click decides nothing more.
    idempotency_key: String,
}

/// The dispute that was decided, or why it was not.
#[derive(SimpleObject)]
pub struct ResolveDisputePayload {
    /// The dispute.
    dispute: Option<Dispute>,
    /// Why nothing was decided.
    errors: Vec<DisputeError>,
}

/// How a bank decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ChargebackOutcome {
    /// For the marketplace: the money comes back.
    Won,
    /// For the guest.
    Lost,
}

/// What the bank is to decide.
#[derive(InputObject)]
pub struct SandboxCloseChargebackInput {
    /// A chargeback that is open.
    dispute_id: ID,
    /// For whom.
    outcome: ChargebackOutcome,
}

/// The chargeback as it was; it follows by webhook.
#[derive(SimpleObject)]
pub struct SandboxCloseChargebackPayload {
    /// The chargeback.
    dispute: Option<Dispute>,
    /// Why nothing was ended.
    errors: Vec<DisputeError>,
}

/// Disputes are opened, answered and ended here.
#[derive(Default)]
pub struct DisputeMutation;

#[Object]
impl DisputeMutation {
    /// Opens a dispute about a stay: the other side has 72 hours to answer, then an admin decides. Until then the host is
    /// not paid for it.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn open_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to argue about.")] input: OpenDisputeInput,
    ) -> Result<OpenDisputePayload> {
        let ask = OpenAsk {
            booking: id("bookingId", &input.booking_id)?,
            claim: input.claim.into(),
            amount: input.amount.read("amount")?,
            text: input.text,
            uploads: uploads(&input.upload_ids)?,
        };
        let outcome = disputes::open(app(ctx), signed_in(ctx)?, ask).await;
        let (dispute, errors) = settle(outcome, |refusal| vec![not_opened(refusal)])?;
        Ok(OpenDisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Answers a dispute that the other side has opened, once.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn answer_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to answer.")] input: AnswerDisputeInput,
    ) -> Result<AnswerDisputePayload> {
        let (dispute, uploads) = (id("disputeId", &input.dispute_id)?, uploads(&input.upload_ids)?);
        let outcome = disputes::answer(app(ctx), signed_in(ctx)?, dispute, &input.text, &uploads).await;
        let (dispute, errors) = settle(outcome, |refusal| {
            let (field, code) = match refusal {
                AnswerRefusal::Text => ("text", Code::TextInvalid),
                AnswerRefusal::TooManyPhotos => ("uploadIds", Code::TooManyPhotos),
                AnswerRefusal::UnknownUpload(_) => ("uploadIds", Code::UnknownUpload),
                AnswerRefusal::OwnDispute => ("disputeId", Code::OwnDispute),
                AnswerRefusal::NotOpen => ("disputeId", Code::NotOpen),
            };
            vec![DisputeError::new(code, field, refusal)]
        })?;
        Ok(AnswerDisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Takes a dispute back that one has opened, until it is decided.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn withdraw_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take back.")] input: WithdrawDisputeInput,
    ) -> Result<WithdrawDisputePayload> {
        let dispute = id("disputeId", &input.dispute_id)?;
        let outcome = disputes::withdraw(app(ctx), signed_in(ctx)?, dispute).await;
        let (dispute, errors) = settle(outcome, |refusal| {
            let code = match refusal {
                WithdrawRefusal::NotYours => Code::NotYours,
                WithdrawRefusal::NotOpen => Code::NotOpen,
            };
            vec![DisputeError::new(code, "disputeId", refusal)]
        })?;
        Ok(WithdrawDisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Decides a claim: what goes back to the guest, who bears that, and what the platform pays to the host. A chargeback
    /// that needs review is put aside by giving nothing to anybody: it holds no payout any more.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn resolve_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to decide, and why.")] input: ResolveDisputeInput,
    ) -> Result<ResolveDisputePayload> {
        let read = |amount: &Option<MoneyInput>, field| amount.as_ref().map(|it| it.read(field)).transpose();
        let refund: Option<Amount> = read(&input.refund, "refund")?;
        let to_host = read(&input.to_host, "toHost")?;
        let borne = match (input.borne_by, refund.or(to_host)) {
            (Some(split), Some(amount)) => Some(borne(&split, amount)?),
            // Whoever bears nothing need not be told in which currency; somebody who bears something does.
            (Some(split), None) => Some(borne(&split, Amount::zero(split.currency()))?),
            (None, _) => None,
        };
        let ask = ResolveAsk {
            dispute: id("disputeId", &input.dispute_id)?,
            refund,
            borne,
            to_host,
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        };
        let outcome = disputes::resolve(app(ctx), signed_in(ctx)?, ask).await;
        let (dispute, errors) = settle(outcome, |refusal| vec![not_resolved(refusal)])?;
        Ok(ResolveDisputePayload { dispute: dispute.map(Dispute), errors })
    }

    /// Has the guest's bank decide about a chargeback. Sandbox only.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn sandbox_close_chargeback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to decide.")] input: SandboxCloseChargebackInput,
    ) -> Result<SandboxCloseChargebackPayload> {
        let dispute = id("disputeId", &input.dispute_id)?;
        let won = input.outcome == ChargebackOutcome::Won;
        let outcome = disputes::sandbox_close(app(ctx), signed_in(ctx)?, dispute, won).await;
        let (dispute, errors) = settle(outcome, |refusal| {
            let (field, code) = match refusal {
                CloseRefusal::SandboxOnly => ("", Code::SandboxOnly),
                CloseRefusal::NotOpen => ("disputeId", Code::NotOpen),
            };
            vec![DisputeError::new(code, field, refusal)]
        })?;
        Ok(SandboxCloseChargebackPayload { dispute: dispute.map(Dispute), errors })
    }
}

fn uploads(ids: &[ID]) -> Result<Vec<UploadId>> {
    ids.iter().map(|one| id("uploadIds", one)).collect()
}

fn not_opened(refusal: OpenRefusal) -> DisputeError {
    let error = |code, field| DisputeError::new(code, field, refusal);
    match refusal {
        OpenRefusal::Text => error(Code::TextInvalid, "text"),
        OpenRefusal::TooManyPhotos => error(Code::TooManyPhotos, "uploadIds"),
        OpenRefusal::UnknownUpload(_) => error(Code::UnknownUpload, "uploadIds"),
        OpenRefusal::NotAnAmount => error(Code::AmountInvalid, "amount"),
        OpenRefusal::OtherCurrency(_) => error(Code::OtherCurrency, "amount.currencyCode"),
        OpenRefusal::NothingPaid => error(Code::NothingPaid, "bookingId"),
        OpenRefusal::MoreThanPaid(left) => {
            DisputeError { left: Some(Money(left)), ..error(Code::MoreThanPaid, "amount") }
        }
        OpenRefusal::NotStayed => error(Code::NotStayed, "bookingId"),
        OpenRefusal::TooEarly => error(Code::TooEarly, "bookingId"),
        OpenRefusal::TooLate => error(Code::TooLate, "bookingId"),
        OpenRefusal::AlreadyOpen => error(Code::AlreadyOpen, "bookingId"),
    }
}

fn not_resolved(refusal: ResolveRefusal) -> DisputeError {
    let error = |code, field| DisputeError::new(code, field, refusal);
    let with = |left, code, field| DisputeError { left: Some(Money(left)), ..error(code, field) };
    match refusal {
        ResolveRefusal::NotAClaim => error(Code::NotAClaim, "disputeId"),
        ResolveRefusal::TooEarly => error(Code::TooEarly, "disputeId"),
        ResolveRefusal::NotOpen => error(Code::NotOpen, "disputeId"),
        ResolveRefusal::OtherCurrency(_) => error(Code::OtherCurrency, "refund.currencyCode"),
        ResolveRefusal::NotAnAmount(part) => error(Code::AmountInvalid, field_of(part)),
        ResolveRefusal::Split => error(Code::SplitInvalid, "borneBy"),
        ResolveRefusal::MoreThanClaimed(left, part) => with(left, Code::MoreThanClaimed, field_of(part)),
        ResolveRefusal::MoreThanLeft(left) => with(left, Code::MoreThanLeft, "refund"),
        ResolveRefusal::MoreThanTaxes(left) => with(left, Code::MoreThanTaxes, "borneBy.taxes"),
        ResolveRefusal::Reason => error(Code::ReasonInvalid, "reason"),
        ResolveRefusal::IdempotencyConflict => error(Code::IdempotencyConflict, "idempotencyKey"),
        ResolveRefusal::IdempotencyKey => error(Code::IdempotencyKeyInvalid, "idempotencyKey"),
    }
}

const fn field_of(part: Part) -> &'static str {
    match part {
        Part::Refund => "refund",
        Part::ToHost => "toHost",
    }
}
