//! What comes back, on the roof: shown before a booking is called off, and given by an admin beyond that.

use std::collections::HashMap;

use anyhow::anyhow;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, id, loaders, signed_in},
    errors::{RefundError, RefundErrorCode as Code},
    faults::{broken, settle, shared},
    loaders::{PaymentById, PaymentsOfBooking, RefundsOfPayment},
    money::{Money, MoneyInput},
    pricing::PriceLineKind,
    scalars::DateTime,
    transport::{Rule, ruled},
};
use crate::{
    bookings::{
        self, booking, cancellation,
        outcome::{Outcome, outcome},
        refund::{Ask, Refusal},
        schedule,
    },
    kernel::{Currency, Money as Amount, clock::Instant},
    ledger::Borne,
    payments::{self, payment, refund},
    pricing::price::LineKind,
};

/// Which row of the cancellation policy applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "cancellation::Rule")]
pub enum RefundRule {
    /// Within 24 h of a confirmation at least 7 days before check-in.
    Grace,
    /// Early enough for everything to come back.
    AllNights,
    /// Half of the nights are kept.
    HalfKept,
    /// All nights are kept.
    AllKept,
    /// Nights stayed and the next one are kept, and by MODERATE half of the rest.
    StayedAndNext,
    /// Nights stayed and the next thirty are kept.
    LongStay,
    /// The rate gives nothing back: all nights are kept.
    NonRefundable,
    /// The host cancelled: everything comes back.
    HostCancelled,
}

/// What must be known to say what everybody would get.
pub struct Question<'a> {
    booking: &'a booking::Model,
    payments: Vec<payment::Model>,
    borne: Borne,
    by_guest: bool,
}

impl<'a> Question<'a> {
    /// Of a confirmed booking, for the side that asks; none of any other.
    pub async fn of(ctx: &Context<'_>, booking: &'a booking::Model) -> Result<Option<Self>> {
        if booking.status != booking::Status::Confirmed {
            return Ok(None);
        }
        let by_guest = signed_in(ctx)?.user == booking.guest_id;
        let payments = loaders(ctx).load_one(PaymentsOfBooking(booking.id)).await.map_err(shared)?;
        // Money for a change that is not made is not what is spoken of.
        let payments: Vec<_> =
            payments.into_iter().flatten().filter(|payment: &payment::Model| payment.counts).collect();
        if payments.is_empty() {
            return Ok(None);
        }
        // Hardly any: most bookings are asked no question more.
        let asked = payments.iter().filter(|payment| payment.refunded > 0);
        let asked: Vec<_> = asked.map(|payment| RefundsOfPayment(payment.id)).collect();
        let refunds = if asked.is_empty() {
            HashMap::new()
        } else {
            loaders(ctx).load_many(asked).await.map_err(shared)?
        };
        let borne = payments::rules::borne(refunds.values().flatten(), booking.price.currency);
        Ok(Some(Self { booking, payments, borne: borne.map_err(broken)?, by_guest }))
    }

    /// What everybody would get at an instant.
    pub fn preview(&self, at: Instant) -> Result<RefundPreview> {
        let outcome = outcome(self.booking, &self.payments, self.borne, self.by_guest, at);
        Ok(RefundPreview(outcome.map_err(broken)?))
    }

    /// The same from an instant on.
    pub fn schedule(&self, now: Instant) -> Result<Vec<RefundPeriod>> {
        let rows = schedule::schedule(self.booking, &self.payments, self.borne, self.by_guest, now);
        let row = |row: schedule::Period| RefundPeriod {
            from: DateTime(row.from),
            until: DateTime(row.until),
            preview: RefundPreview(row.outcome),
        };
        Ok(rows.map_err(broken)?.into_iter().map(row).collect())
    }
}

/// From when until when a cancellation would give everybody the same.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct RefundPeriod {
    /// After this instant; the first row at it already.
    from: DateTime,
    /// Up to this instant, and at it. The last row ends with check-out.
    until: DateTime,
    /// What everybody would get.
    preview: RefundPreview,
}

/// What everybody gets of a booking that is called off.
pub struct RefundPreview(Outcome);

fn lines(of: &[(LineKind, Amount)]) -> Vec<RefundLine> {
    of.iter().map(|(kind, amount)| RefundLine { kind: (*kind).into(), amount: Money(*amount) }).collect()
}

/// What everybody gets of a booking that is called off. What comes back is in the currency that was paid in, what is kept
/// in the listing's.
#[Object(directive = ruled::apply(Rule::Owner))]
impl RefundPreview {
    /// Which row of the policy applies.
    async fn rule(&self) -> RefundRule {
        self.0.rule.into()
    }

    /// What comes back of which lines, in the currency that was paid in; those of zero are left out.
    async fn lines(&self) -> Vec<RefundLine> {
        lines(&self.0.back.lines)
    }

    /// What the guest gets, in the currency that was paid in.
    async fn total(&self) -> Money {
        Money(self.0.back.paid)
    }

    /// Whether that is less than the policy says, since some of what was paid has gone back before.
    async fn is_limited(&self) -> bool {
        self.0.back.is_limited
    }

    /// What is kept of which lines, in the listing's currency; those of zero are left out.
    async fn kept(&self) -> Vec<RefundLine> {
        lines(&self.0.kept)
    }

    /// What the host keeps, before its fee, in the listing's currency.
    async fn host_keeps(&self) -> Money {
        Money(self.0.back.kept.parts.base)
    }

    /// What the host pays to the platform of that.
    async fn host_fee(&self) -> Money {
        Money(self.0.settlement.host_fee)
    }

    /// What the host gets, after its fee and what it bears of earlier refunds: negative where it owes more than it gets.
    async fn host_gets(&self) -> Money {
        Money(self.0.settlement.host)
    }

    /// What the platform gets: service fee and host fee.
    async fn platform_gets(&self) -> Money {
        Money(self.0.settlement.platform)
    }

    /// The taxes of what is kept, after what of them has gone back.
    async fn taxes(&self) -> Money {
        Money(self.0.settlement.taxes)
    }

    /// What a host owes who calls the booking off, in the listing's currency; null for the guest.
    async fn penalty(&self) -> Option<Money> {
        self.0.penalty.map(Money)
    }
}

/// What comes back of a line, or is kept.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct RefundLine {
    /// Of which line.
    kind: PriceLineKind,
    /// How much.
    amount: Money,
}

/// Where a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "refund::Status")]
pub enum RefundStatus {
    /// To be asked for at the provider, or on its way.
    Pending,
    /// The provider was asked and did not answer; it is asked again.
    Unknown,
    /// Done.
    Succeeded,
    /// The provider refused, or the guest's bank did: an admin must look.
    Failed,
    /// It had failed, and an admin has given the money back by another refund.
    Replaced,
    /// Done by an admin, who paid the guest in another way than through the provider.
    OutOfBand,
    /// It was never sent: the guest's bank had taken the money back itself by then.
    Covered,
}

/// Money that goes back to a guest.
pub struct Refund(pub refund::Model);

impl Refund {
    async fn payment(&self, ctx: &Context<'_>) -> Result<payment::Model> {
        let found = loaders(ctx).load_one(PaymentById(self.0.payment_id)).await.map_err(shared)?;
        found.ok_or_else(|| broken(anyhow!("refund {} is of no payment", self.0.id)))
    }
}

/// Money that goes back to a guest.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Refund {
    /// Names the refund.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Names the booking, whoever may see it.
    async fn booking_id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(self.payment(ctx).await?.booking_id.to_string().into())
    }

    /// Where it is.
    async fn status(&self) -> RefundStatus {
        self.0.status.into()
    }

    /// What the guest gets, in the currency that was paid in.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// What that is worth in the listing's currency.
    async fn worth(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.0.listing_amount, self.payment(ctx).await?.listing_currency))
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// Who bears a refund; what is left out is nothing. Together it is the amount, in its currency.
#[derive(InputObject)]
pub struct RefundSplitInput {
    /// The host: paid so much less, or owing it.
    host: Option<MoneyInput>,
    /// The platform.
    platform: Option<MoneyInput>,
    /// The tax office: handed so much less. No more than the booking has of taxes.
    taxes: Option<MoneyInput>,
}

/// What to give back.
#[derive(InputObject)]
pub struct RefundBookingInput {
    /// Of which booking.
    booking_id: ID,
    /// How much, in the listing's currency; the guest gets as much of what was paid.
    amount: MoneyInput,
    /// Who bears it; the platform when nothing is said.
    borne_by: Option<RefundSplitInput>,
    /// Why, 1 to 500 characters, in the booking's timeline.
    reason: String,
    /// Made by the client, 1 to 255 characters: a second click gives nothing more.
    idempotency_key: String,
    /// Whether you have paid the guest in another way, such as by a bank transfer: then nothing is sent, and only written
    /// down. For what the provider can't give back: a refund that is `FAILED`, or what a bank has left of a payment that it
    /// has taken back in part. The transfer's number belongs into `reason`.
    #[graphql(default)]
    out_of_band: bool,
    /// A refund of the booking that is `FAILED`, and done with by this one: it is `REPLACED` then.
    instead_of: Option<ID>,
}

/// The refund, or why there is none.
#[derive(SimpleObject)]
pub struct RefundBookingPayload {
    /// The refund; where it comes out of several payments, of the newest of them.
    refund: Option<Refund>,
    /// The refunds: one of each payment that it comes out of, the newest first. Together they are the amount.
    refunds: Vec<Refund>,
    /// Why there is none.
    errors: Vec<RefundError>,
}

/// Money is given back here.
#[derive(Default)]
pub struct RefundMutation;

#[Object]
impl RefundMutation {
    /// Gives a guest money back beyond what the policy gives: any amount up to what was paid and has not gone back.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn refund_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give back, why, and who bears it.")] input: RefundBookingInput,
    ) -> Result<RefundBookingPayload> {
        let amount = input.amount.read("amount")?;
        let ask = Ask {
            booking: id("bookingId", &input.booking_id)?,
            amount,
            borne: input.borne_by.map(|split| borne(&split, amount)).transpose()?,
            reason: input.reason,
            out_of_band: input.out_of_band,
            instead_of: input.instead_of.map(|failed| id("insteadOf", &failed)).transpose()?,
            idempotency_key: input.idempotency_key,
        };
        let outcome = bookings::refund(app(ctx), signed_in(ctx)?, ask).await;
        let (refunds, errors) = settle(outcome, |refusal| vec![not_given(refusal)])?;
        let refunds = refunds.unwrap_or_default();
        let refund = refunds.first().cloned().map(Refund);
        Ok(RefundBookingPayload { refund, refunds: refunds.into_iter().map(Refund).collect(), errors })
    }
}

impl RefundSplitInput {
    /// The currency of the first part that is said; euros where none is.
    pub fn currency(&self) -> Currency {
        let parts = [&self.host, &self.platform, &self.taxes];
        parts.into_iter().flatten().next().map_or(Currency::EUR, |part| part.currency_code.0)
    }
}

/// Who bears what of an amount; what is left out is nothing.
pub fn borne(split: &RefundSplitInput, amount: Amount) -> Result<Borne> {
    let part = |part: &Option<MoneyInput>, field: &str| match part {
        Some(part) => part.read(field),
        None => Ok(Amount::zero(amount.currency)),
    };
    Ok(Borne {
        host: part(&split.host, "borneBy.host")?,
        platform: part(&split.platform, "borneBy.platform")?,
        taxes: part(&split.taxes, "borneBy.taxes")?,
    })
}

fn not_given(refusal: Refusal) -> RefundError {
    let error = |code, field| RefundError::new(code, field, refusal);
    match refusal {
        Refusal::NothingPaid => error(Code::NothingPaid, "bookingId"),
        Refusal::NotAnAmount => error(Code::AmountInvalid, "amount"),
        Refusal::OtherCurrency(_) => error(Code::OtherCurrency, "amount.currencyCode"),
        Refusal::NotFailed => error(Code::NotFailed, "insteadOf"),
        Refusal::MoreThanLeft(left) => {
            RefundError { left: Some(Money(left)), ..error(Code::MoreThanLeft, "amount") }
        }
        Refusal::Split => error(Code::SplitInvalid, "borneBy"),
        Refusal::MoreThanTaxes(left) => {
            RefundError { left: Some(Money(left)), ..error(Code::MoreThanTaxes, "borneBy.taxes") }
        }
        Refusal::Reason => error(Code::ReasonInvalid, "reason"),
        Refusal::IdempotencyConflict => error(Code::IdempotencyConflict, "idempotencyKey"),
        Refusal::IdempotencyKey => error(Code::IdempotencyKeyInvalid, "idempotencyKey"),
    }
}
