//! What admins see of the market. Each part is a file of its own.

use async_graphql::{Context, ID, Object, Result};

use super::{
    context::{app, id},
    dispute::{Dispute, DisputeKind, DisputeStatus},
    faults::read,
    ledger::LedgerPosting,
    page::{self, List, Total},
    payout::{Payout, PayoutStatus},
    refund::{Refund, RefundStatus},
    settings::Settings,
    stripe_event::StripeEvent,
    transport::{Rule, ruled},
};
use crate::{
    disputes::{self, find::Filter},
    kernel::{BookingId, page::Moment},
    ledger::movements,
    payments::{self, problems::EventId, stripe_event},
    payouts,
};

/// What admins see.
#[derive(Default)]
pub struct Admin;

/// What admins see.
#[Object(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
impl Admin {
    /// What admins set.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn settings(&self) -> Settings {
        Settings
    }

    /// What people and banks argue about, latest first.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    #[allow(clippy::too_many_arguments, reason = "a list has four, and two filters")]
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<DisputeStatus>,
        #[graphql(desc = "Only claims, or only chargebacks.")] kind: Option<DisputeKind>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Dispute>> {
        let ask = page::ask("admin.disputes", first, after, last, before)?;
        let filter = Filter { status: status.map(Into::into), kind: kind.map(Into::into) };
        let found = read(disputes::find::all(app(ctx).db.read(), filter, &ask).await)?;
        Ok(page::list("admin.disputes", found, Total::AllDisputes(filter), |row| row.id, Dispute))
    }

    /// What the ledger has of a booking, oldest first; nothing where nothing was paid.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which booking.")] booking_id: ID,
    ) -> Result<Vec<LedgerPosting>> {
        let booking = id::<BookingId>("bookingId", &booking_id)?;
        let postings = read(movements::postings_of(app(ctx).db.read(), &[booking]).await)?;
        Ok(postings.iter().map(LedgerPosting::of).collect())
    }

    /// What hosts are paid, latest first.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<PayoutStatus>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Payout>> {
        let ask = page::ask("admin.payouts", first, after, last, before)?;
        let status = status.map(Into::into);
        let found = read(payouts::find::all(app(ctx).db.read(), status, &ask).await)?;
        Ok(page::list("admin.payouts", found, Total::AllPayouts(status), |row| row.id, Payout))
    }

    /// What goes back to guests, latest first. What is `FAILED` waits for an admin: see `RefundBookingInput.insteadOf`.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn refunds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in this state.")] status: Option<RefundStatus>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Refund>> {
        let ask = page::ask("admin.refunds", first, after, last, before)?;
        let status = status.map(Into::into);
        let found = read(payments::find::all_refunds(app(ctx).db.read(), status, &ask).await)?;
        Ok(page::list("admin.refunds", found, Total::AllRefunds(status), |row| row.id, Refund))
    }

    /// Webhooks that something is wrong with, latest first: they changed nothing, and somebody must look.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn stripe_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<StripeEvent>> {
        let ask = page::ask("admin.stripeEvents", first, after, last, before)?;
        let found = read(payments::problems::page(app(ctx).db.read(), &ask).await)?;
        let key = |row: &stripe_event::Model| (Moment(row.received_at), EventId(row.id.clone()));
        Ok(page::list("admin.stripeEvents", found, Total::StripeEvents, key, StripeEvent))
    }
}

/// Queries of admins.
#[derive(Default)]
pub struct AdminQuery;

#[Object]
impl AdminQuery {
    /// The market, as those see it who run it.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn admin(&self) -> Admin {
        Admin
    }
}
