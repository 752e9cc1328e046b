//! What people and banks argue about: from the first word to the last cent, as guests, hosts, admins, Stripe and the
//! ledger see it.

mod chargebacks;
mod claims;
mod evidence;
mod refused;
mod taking_back;
mod webhooks;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::kernel::Currency;

use crate::{
    payouts::{onboard, times},
    support::{ListingAsk, Person, World, people::in_days},
};

/// `openDispute`.
pub const OPEN: &str = "mutation($input: OpenDisputeInput!) { openDispute(input: $input) {
    dispute { id status kind claim amount { amount currencyCode } text respondBy photos { url } openedBy { id } }
    errors { code message path left { amount } } } }";

/// `answerDispute`.
pub const ANSWER: &str = "mutation($input: AnswerDisputeInput!) { answerDispute(input: $input) {
    dispute { id status answer answeredAt answerPhotos { url } } errors { code message path } } }";

/// `withdrawDispute`.
const WITHDRAW: &str = "mutation($input: WithdrawDisputeInput!) { withdrawDispute(input: $input) {
    dispute { id status closedAt } errors { code message path } } }";

/// `resolveDispute`.
const RESOLVE: &str = "mutation($input: ResolveDisputeInput!) { resolveDispute(input: $input) {
    dispute { id status decision { refund { amount } hostBears { amount } platformBears { amount } taxesBear { amount }
      toHost { amount } dismissed { amount } reason } } errors { code message path left { amount } } } }";

/// `sandboxCloseChargeback`.
const CLOSE: &str = "mutation($input: SandboxCloseChargebackInput!) { sandboxCloseChargeback(input: $input) {
    dispute { id } errors { code message path } } }";

fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "EUR" })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Those who meet in most of these stories; the host can be paid.
struct Cast {
    host: Person,
    guest: Person,
    admin: Person,
    listing: String,
}

async fn cast(world: &World) -> Cast {
    let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
    let admin = world.admin("Ada").await;
    let listing = host.listing(&ListingAsk::default()).await;
    onboard(world, &host).await;
    Cast { host, guest, admin, listing }
}

impl Cast {
    /// Three nights at 100.00 with a fee of 36.00: 336.00 are paid, of which the host earns 291.00.
    async fn stay(&self, world: &World, day: u64) -> String {
        self.guest.confirmed(world, &self.listing, in_days(world, day), 3).await
    }

    /// The same, by a card whose bank argues at once.
    async fn disputed(&self, world: &World, day: u64) -> String {
        let booked = self.guest.hold(&self.listing, in_days(world, day), 3).await;
        self.guest.pay(text(&booked["payment"]["id"]), "4000000000000259").await;
        world.settle().await;
        let id = text(&booked["booking"]["id"]).to_owned();
        assert_eq!(self.guest.booking(&id).await["status"], "CONFIRMED");
        id
    }

    /// Moves to an hour after check-in.
    async fn arrive(&self, world: &World, booking: &str) {
        let (check_in, _) = times(&self.guest, booking).await;
        world.advance_to(check_in + TimeDelta::hours(1)).await;
    }

    /// The latest dispute of the queue, as an admin sees it.
    async fn latest(&self) -> Value {
        let query =
            "{ admin { disputes(first: 1) { nodes { id kind status bankReason amount { amount } problem
            bookingId paidAmount { amount currencyCode } closedAt viewerActions booking { id }
            decision { hostBears { amount } platformBears { amount } taxesBear { amount } } } } } }";
        self.admin.get(query, json!({})).await["disputes"]["nodes"][0].clone()
    }

    /// The bank decides about the latest of the queue.
    async fn bank_decides(&self, world: &World, outcome: &str) {
        let input = json!({ "disputeId": self.latest().await["id"], "outcome": outcome });
        self.admin.done(CLOSE, input).await;
        world.settle().await;
    }

    async fn opened(&self, who: &Person, booking: &str, amount: &str) -> String {
        let opened = who.done(OPEN, claim(booking, amount)).await;
        text(&opened["dispute"]["id"]).to_owned()
    }
}

fn claim(booking: &str, amount: &str) -> Value {
    json!({ "bookingId": booking, "claim": "NOT_CLEAN", "amount": eur(amount), "text": "Dust on every shelf." })
}

fn decision(dispute: &str, refund: Value, borne: Value, to_host: Value) -> Value {
    json!({
        "disputeId": dispute, "refund": refund, "borneBy": borne, "toHost": to_host,
        "reason": "Both have a point", "idempotencyKey": "one",
    })
}

/// The sums of a booking's postings in euros, but for Stripe's fees and what is at Stripe.
async fn euros(world: &World, booking: &str) -> BTreeMap<String, i64> {
    let all = crate::payouts::books(world, booking).await;
    let of = all.into_iter().filter(|((account, currency), _)| {
        *currency == Currency::EUR && !["provider_cash", "provider_fees"].contains(&account.as_str())
    });
    of.map(|((account, _), sum)| (account, sum)).collect()
}

fn sums(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
    of.iter().map(|(account, sum)| ((*account).to_owned(), *sum)).collect()
}

/// Ledger and Stripe agree.
async fn reconciled(world: &World) {
    world.settle().await;
    let (db, door) = (&world.app.db, &world.app.stripe);
    assert_eq!(sojourn::ledger::reconcile(db, door).await.unwrap(), []);
}
