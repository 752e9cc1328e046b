//! What only a sandbox does: paying with test cards and moving the clock. In the schema everywhere, refused elsewhere.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, id, signed_in},
    errors::{SandboxError, SandboxErrorCode as Code},
    faults::{error, settle},
    payment::PaymentStatus,
    scalars::DateTime,
    transport::{Rule, ruled},
};
use crate::{
    kernel::Never,
    payments::sandbox_pay::{self, ThreeDSecure},
    sandbox::advance_clock,
};

/// What the guest does when their bank asks whether it is them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ThreeDSecure")]
pub enum AuthenticationOutcome {
    /// Nothing yet: the payment waits.
    Leave,
    /// They prove it.
    Succeed,
    /// They fail.
    Fail,
}

/// A try to pay.
#[derive(InputObject)]
pub struct SandboxPayInput {
    /// One's own payment.
    payment_id: ID,
    /// A documented test card's number, such as `4242 4242 4242 4242`, or its payment method, `pm_card_visa`.
    card: String,
    /// What happens when the bank asks.
    #[graphql(default_with = "AuthenticationOutcome::Succeed")]
    authentication: AuthenticationOutcome,
    /// Made by the client: the same key is the same try.
    idempotency_key: String,
}

/// What the provider says; the booking follows by webhook.
#[derive(SimpleObject)]
pub struct SandboxPayPayload {
    /// Where the payment is at the provider.
    status: Option<PaymentStatus>,
    /// Why the bank said no.
    decline_code: Option<String>,
    /// Why nothing was tried, or why it was in vain.
    errors: Vec<SandboxError>,
}

/// Where to move the clock.
#[derive(InputObject)]
pub struct AdvanceClockInput {
    /// Not before now, and at most two years ahead.
    to: DateTime,
}

/// The time that it is now.
#[derive(SimpleObject)]
pub struct AdvanceClockPayload {
    /// The server's time.
    now: Option<DateTime>,
    /// How many things came due and were done, each at its own time.
    done: Option<u64>,
    /// Why the clock stands where it was.
    errors: Vec<SandboxError>,
}

/// What only a sandbox does.
#[derive(Default)]
pub struct SandboxMutation;

#[Object]
impl SandboxMutation {
    /// Pays with a test card, in place of Stripe.js in the guest's browser. Sandbox only.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn sandbox_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How.")] input: SandboxPayInput,
    ) -> Result<SandboxPayPayload> {
        let payment = id("paymentId", &input.payment_id)?;
        let ask = sandbox_pay::Ask {
            card: input.card,
            three_d_secure: input.authentication.into(),
            key: input.idempotency_key,
        };
        let outcome = sandbox_pay::sandbox_pay(app(ctx), signed_in(ctx)?, payment, &ask).await;
        let (outcome, mut errors) = settle(outcome, |refusal| {
            use sandbox_pay::Refusal::{
                BookingEnded, IdempotencyConflict, IdempotencyKey, NotPayable, NotStarted, SandboxOnly,
                UnknownCard,
            };
            let (field, code, message) = match refusal {
                SandboxOnly => ("", Code::SandboxOnly, "this server is not a sandbox"),
                UnknownCard => ("card", Code::UnknownCard, "this is none of the documented test cards"),
                IdempotencyKey => (
                    "idempotencyKey",
                    Code::IdempotencyKeyInvalid,
                    "an idempotency key has 1 to 255 characters, and no control characters",
                ),
                IdempotencyConflict => (
                    "idempotencyKey",
                    Code::IdempotencyConflict,
                    "this idempotency key was used for something else",
                ),
                NotStarted => ("paymentId", Code::NotPayable, "the provider has not answered yet"),
                NotPayable => ("paymentId", Code::NotPayable, "this payment can't be paid now"),
                BookingEnded => ("paymentId", Code::NotPayable, "the booking has ended"),
            };
            vec![SandboxError::new(code, field, message)]
        })?;
        let declined = outcome.as_ref().and_then(|outcome| outcome.decline_code.clone());
        if let Some(code) = &declined {
            errors.push(SandboxError::new(Code::Declined, "card", format!("the bank said no: {code}")));
        }
        let status = outcome.map(|outcome| outcome.status.into());
        Ok(SandboxPayPayload { status, decline_code: declined, errors })
    }

    /// Moves the server's clock forward; everything that comes due happens, each at its own time. A long way may take
    /// longer than a request: the same time again waits on. Sandbox only.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn advance_clock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: AdvanceClockInput,
    ) -> Result<AdvanceClockPayload> {
        signed_in(ctx)?.may_act::<Never>().map_err(error)?;
        let (moved, errors) = settle(advance_clock(app(ctx), input.to.0).await, |refusal| {
            let (field, code) = match refusal {
                crate::sandbox::Refusal::SandboxOnly => ("", Code::SandboxOnly),
                crate::sandbox::Refusal::InvalidTime => ("to", Code::InvalidTime),
                crate::sandbox::Refusal::StillMoving => ("to", Code::StillMoving),
            };
            vec![SandboxError::new(code, field, refusal)]
        })?;
        let (now, done) = moved.map(|moved| (DateTime(moved.now), moved.done)).unzip();
        Ok(AdvanceClockPayload { now, done, errors })
    }
}
