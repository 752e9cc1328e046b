//! `resolveDispute`: an admin decides what of a claim goes back to the guest, who bears that, and what the platform pays to
//! the host; the rest is dismissed. The refund is asked for as every other one; a card is never charged for a host's claim,
//! so what a host is awarded is the platform's loss. A chargeback that fits nothing of ours is put aside in the same way,
//! and holds nobody's payout any more.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    dispute::{self, Status},
    find,
    rules::{self, Decision, Part, Unfit},
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    bookings::{self, booking, booking_event, refund, timeline},
    db::Tx,
    event::Event,
    kernel::{Currency, DisputeId, Fault, Money, can_be_shown, clock::Instant},
    ledger::{self, Borne, postings_of_disputes},
    payouts,
};

/// Longest reason, in characters; it is what a refund's may be.
const LONGEST_REASON: usize = 500;

/// What an admin decides.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which dispute.
    pub dispute: DisputeId,
    /// What goes back to the guest, in the listing's currency; nothing when nothing is said.
    pub refund: Option<Money>,
    /// Who bears that, if not the platform alone.
    pub borne: Option<Borne>,
    /// What the platform pays to the host; nothing when nothing is said.
    pub to_host: Option<Money>,
    /// Why; both sides read it.
    pub reason: String,
    /// Made by the client: a second click decides nothing more.
    pub idempotency_key: String,
}

/// Why nothing is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is a chargeback that fits: the guest's bank decides.
    #[error("the guest's bank decides about a chargeback")]
    NotAClaim,
    /// The other side may still answer.
    #[error("the other side may still answer")]
    TooEarly,
    /// It is decided, or was taken back.
    #[error("this dispute is over")]
    NotOpen,
    /// An amount is in another currency.
    #[error("this dispute is about {0}")]
    OtherCurrency(Currency),
    /// An amount is negative, or too little for the currency that was paid in.
    #[error("an amount is nothing or more, and not too little for the currency that was paid in")]
    NotAnAmount(Part),
    /// The parts don't add up, or one is negative.
    #[error("what host, platform and taxes bear must be nothing or more, and add up to the refund")]
    Split,
    /// More than was claimed.
    #[error("refund and award together are no more than the {0:?} that were claimed")]
    MoreThanClaimed(Money, Part),
    /// More than was paid and has not gone back, or than the guest's bank has left.
    #[error("there are {0:?} left to go back")]
    MoreThanLeft(Money),
    /// More tax than the booking has.
    #[error("there are {0:?} of taxes left to be given back")]
    MoreThanTaxes(Money),
    /// Empty, too long, or with control characters.
    #[error("say why, in 1 to {LONGEST_REASON} characters without control characters")]
    Reason,
    /// The same key was sent with another input.
    #[error("this idempotency key was used for something else")]
    IdempotencyConflict,
    /// Empty, longer than 255 characters, or with control characters.
    #[error("an idempotency key has 1 to 255 characters, and no control characters")]
    IdempotencyKey,
}

/// Decides a claim, as an admin.
pub async fn resolve(app: &App, admin: &Viewer, ask: Ask) -> Result<dispute::Model, Fault<Refusal>> {
    admin.may_administer()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    let reason = ask.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || !can_be_shown(reason) {
        return Err(Fault::Refused(Refusal::Reason));
    }
    let known = find::by_id(app.db.read(), ask.dispute).await?.ok_or(Fault::Missing)?;
    let booking = bookings::find::by_id(app.db.read(), known.booking_id).await?.ok_or(Fault::Missing)?;
    let (ask, host) = (&ask, booking.host_id);
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, admin.user.min(host)).await?;
            accounts::lock(&tx, admin.user.max(host)).await?;
            let input =
                format!("{} {:?} {:?} {:?} {reason}", ask.dispute, ask.refund, ask.borne, ask.to_host);
            let key = &ask.idempotency_key;
            match idempotent_answer::recall::<DisputeId>(&tx, admin.user, "resolveDispute", key, &input)
                .await?
            {
                None => {}
                Some(Err(_)) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
                Some(Ok(id)) => return find::by_id(&*tx, id).await?.ok_or(Fault::Missing),
            }
            let booking = bookings::find::locked(&tx, known.booking_id).await?.ok_or(Fault::Missing)?;
            let dispute = find::by_id(&*tx, ask.dispute).await?.ok_or(Fault::Missing)?;
            let decision = judge(&dispute, ask, now).map_err(Fault::Refused)?;

            give(&tx, admin, &booking, &dispute, &decision, reason, now).await?;
            let decided = write(&tx, admin, &dispute, &decision, reason, now).await?;
            payouts::release(&tx, booking.id, dispute.id, now).await?;
            Event::DisputeClosed { dispute: dispute.id }.emit(&tx, now).await?;
            idempotent_answer::remember(&tx, admin.user, "resolveDispute", key, &input, &dispute.id, now)
                .await?;
            Ok(decided)
        })
        .await
}

fn judge(dispute: &dispute::Model, ask: &Ask, now: Instant) -> Result<Decision, Refusal> {
    if !rules::may_decide(dispute, now) {
        return Err(match dispute.kind {
            dispute::Kind::Chargeback => Refusal::NotAClaim,
            dispute::Kind::Claim if rules::is_open(dispute.status) => Refusal::TooEarly,
            dispute::Kind::Claim => Refusal::NotOpen,
        });
    }
    let nothing = Money::zero(dispute.currency);
    let refund = ask.refund.unwrap_or(nothing);
    let borne = ask.borne.unwrap_or(Borne::by_platform(refund));
    let decision = Decision { refund, borne, to_host: ask.to_host.unwrap_or(nothing) };
    let claimed = rules::claimed(dispute);
    match rules::dismissed(&decision, claimed) {
        Ok(_) => Ok(decision),
        Err(Unfit::OtherCurrency) => Err(Refusal::OtherCurrency(dispute.currency)),
        Err(Unfit::NotAnAmount(part)) => Err(Refusal::NotAnAmount(part)),
        Err(Unfit::Split) => Err(Refusal::Split),
        Err(Unfit::MoreThanClaimed(part)) => Err(Refusal::MoreThanClaimed(claimed, part)),
    }
}

/// Moves the money, or has it moved by jobs that commit with the decision.
async fn give(
    tx: &Tx,
    admin: &Viewer,
    booking: &booking::Model,
    dispute: &dispute::Model,
    decision: &Decision,
    reason: &str,
    now: Instant,
) -> Result<(), Fault<Refusal>> {
    if decision.refund.minor > 0 {
        let ask = refund::Ask {
            booking: booking.id,
            amount: decision.refund,
            borne: Some(decision.borne),
            reason: reason.to_owned(),
            idempotency_key: String::new(),
            out_of_band: false,
            instead_of: None,
        };
        let given = refund::give(tx, admin, booking, &ask, reason, now).await;
        given.map_err(|fault| fault.map(|refusal| not_given(refusal, dispute.currency)))?;
        let kind = booking_event::Kind::Refunded;
        timeline::note(tx, booking.id, kind, Some(admin.user), reason, now).await?;
    }
    if decision.to_host.minor > 0 {
        let (host, award) = (booking.host_id, decision.to_host);
        let draft = postings_of_disputes::awarded(booking.id, host, dispute.id, award, now);
        ledger::post(tx, &draft).await?;
        let earned = payouts::Earned { booking: booking.id, host, gross: award, amount: award };
        payouts::compensate(tx, earned, now).await?;
    }
    Ok(())
}

fn not_given(refusal: refund::Refusal, currency: Currency) -> Refusal {
    use refund::Refusal as R;
    match refusal {
        R::NothingPaid => Refusal::MoreThanLeft(Money::zero(currency)),
        R::OtherCurrency(currency) => Refusal::OtherCurrency(currency),
        R::MoreThanLeft(left) => Refusal::MoreThanLeft(left),
        R::Split => Refusal::Split,
        R::MoreThanTaxes(left) => Refusal::MoreThanTaxes(left),
        R::Reason => Refusal::Reason,
        R::NotAnAmount | R::NotFailed | R::IdempotencyConflict | R::IdempotencyKey => {
            Refusal::NotAnAmount(Part::Refund)
        }
    }
}

async fn write(
    tx: &Tx,
    admin: &Viewer,
    dispute: &dispute::Model,
    decision: &Decision,
    reason: &str,
    now: Instant,
) -> Result<dispute::Model, Fault<Refusal>> {
    let change = dispute::ActiveModel {
        status: Set(Status::Resolved),
        open_key: Set(None),
        refund: Set(decision.refund.minor),
        host_bears: Set(decision.borne.host.minor),
        platform_bears: Set(decision.borne.platform.minor),
        taxes_bear: Set(decision.borne.taxes.minor),
        to_host: Set(decision.to_host.minor),
        decided_by: Set(Some(admin.user)),
        decision: Set(Some(reason.to_owned())),
        closed_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    let moved = dispute::Entity::update_many()
        .set(change)
        .filter(dispute::Column::Id.eq(dispute.id))
        .filter(dispute::Column::Status.eq(dispute.status))
        .exec_with_returning(&**tx)
        .await?;
    moved.into_iter().next().ok_or(Fault::Refused(Refusal::NotOpen))
}
