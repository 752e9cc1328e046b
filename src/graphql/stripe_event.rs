//! Webhooks that something is wrong with, on the roof.

use async_graphql::{ID, Object};

use super::{
    scalars::DateTime,
    transport::{Rule, ruled},
};
use crate::{payments::stripe_event, ports::stripe::UNPARSEABLE};

/// A webhook that something is wrong with.
pub struct StripeEvent(pub stripe_event::Model);

/// A webhook of Stripe's, rightly signed, that something is wrong with: it could not be read, or does not match what is
/// known. Kept until an operator takes it away.
#[Object(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
impl StripeEvent {
    /// Stripe's own name of it, `evt_…`; one made of its text where that could not be read.
    async fn id(&self) -> ID {
        self.0.id.clone().into()
    }

    /// Stripe's type, such as `payment_intent.succeeded`; `unparseable` where it could not be read.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// What it is about at Stripe (`pi_…`, `ch_…`, `re_…`).
    async fn object_id(&self) -> Option<&str> {
        self.0.object_id.as_deref()
    }

    /// What is wrong with it.
    async fn problem(&self) -> &str {
        self.0.problem.as_deref().unwrap_or_default()
    }

    /// Its text as it came, where it could not be read; anything else is to be seen at Stripe.
    async fn raw(&self) -> Option<&str> {
        (self.0.kind == UNPARSEABLE).then_some(self.0.payload.as_str())
    }

    /// When it came first.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }
}
