//! Hosts are paid: from the account to the last cent, as hosts, Stripe and the ledger see it.

mod account;
mod at_once;
mod pay;
mod reconcile;
mod seeded;
mod trouble;
mod under_trouble;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    kernel::{BookingId, Currency},
    ledger::{entry, transaction},
};

use crate::support::{Person, World, people::PASSWORD, stripe};

/// `startPayoutOnboarding`.
const START: &str = "mutation($input: StartPayoutOnboardingInput!) { startPayoutOnboarding(input: $input) {
    payoutAccount { country canReceive isSubmitted missing disabledReason heldUntil } url expiresAt
    errors { code message path retryAfterSeconds } } }";

/// `sandboxCompleteOnboarding`.
const COMPLETE: &str = "mutation { sandboxCompleteOnboarding { payoutAccount { country } errors { code } } }";

/// Sends money to a host.
pub const TRANSFER: &str = "POST /v1/transfers";

/// Says where to be paid, and fills in the form.
pub async fn onboard(world: &World, host: &Person) {
    host.done(START, json!({ "country": "PT", "password": PASSWORD })).await;
    let completed = host.get(COMPLETE, json!({})).await;
    assert_eq!(completed["errors"], json!([]));
    world.settle().await;
    assert_eq!(account(host).await["canReceive"], true);
}

/// The host's account, as the host sees it.
async fn account(host: &Person) -> Value {
    let fields = "country canReceive isSubmitted missing disabledReason heldUntil";
    host.get(&format!("{{ viewer {{ payoutAccount {{ {fields} }} }} }}"), json!({})).await["payoutAccount"]
        .clone()
}

/// What a host is paid for a booking; null for everybody else.
pub async fn payout(who: &Person, booking: &str) -> Value {
    let query = "query($id: ID!) { booking(by: { id: $id }) { payout {
        id status heldFor takenBack { amount } gross { amount currencyCode } hostFee { amount } amount { amount } netted { amount } sent { amount }
        dueAt paidAt booking { id } legs { status amount { amount currencyCode } worth { amount currencyCode } } } } }";
    who.get(query, json!({ "id": booking })).await["payout"].clone()
}

/// When a stay begins and ends.
pub async fn times(who: &Person, booking: &str) -> (DateTime<Utc>, DateTime<Utc>) {
    let query = "query($id: ID!) { booking(by: { id: $id }) { checkInAt checkOutAt } }";
    let seen = who.get(query, json!({ "id": booking })).await;
    let at = |name: &str| seen[name].as_str().unwrap().parse().unwrap();
    (at("checkInAt"), at("checkOutAt"))
}

/// Lets a stay pass, and the day after it, in which its host is paid.
pub async fn live(world: &World, guest: &Person, booking: &str) {
    let (_, check_out) = times(guest, booking).await;
    world.advance_to(check_out + TimeDelta::hours(24)).await;
}

/// All transfers at Stripe, oldest first.
pub fn transfers(world: &World) -> Vec<Value> {
    let books = stripe::books(world);
    books["transfers"].as_object().cloned().unwrap_or_default().into_iter().map(|(_, it)| it).collect()
}

/// The sums of a booking's postings by account and currency, Stripe's fee aside; those of zero are left out.
pub async fn books(world: &World, booking: &str) -> BTreeMap<(String, Currency), i64> {
    let (db, id) = (world.app.db.read(), booking.parse::<BookingId>().unwrap());
    let of = transaction::Entity::find()
        .filter(transaction::Column::BookingId.eq(id))
        .filter(transaction::Column::Kind.ne("provider_fee"));
    let ids: Vec<_> = of.all(db).await.unwrap().into_iter().map(|row| row.id).collect();
    let entries =
        entry::Entity::find().filter(entry::Column::TransactionId.is_in(ids)).all(db).await.unwrap();
    let mut sums = BTreeMap::new();
    for entry in entries {
        let account = entry.account.split(':').next().unwrap().to_owned();
        *sums.entry((account, entry.currency)).or_default() += entry.amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

pub fn sums(of: &[(&str, Currency, i64)]) -> BTreeMap<(String, Currency), i64> {
    of.iter().map(|(account, currency, sum)| (((*account).to_owned(), *currency), *sum)).collect()
}

/// Does something to an account at Stripe, as only Stripe can.
pub async fn at_stripe(world: &World, account: &str, what: &str, form: &str) {
    let url = world.app.emulator.as_ref().unwrap().url();
    let url = url.join(&format!("v1/test_helpers/accounts/{account}/{what}")).unwrap();
    let sent = reqwest::Client::new().post(url).bearer_auth("sk_test_sojourn_emulator").body(form.to_owned());
    assert!(sent.send().await.unwrap().status().is_success());
}

/// What Stripe calls the accounts of a world, oldest first.
pub fn accounts(world: &World) -> Vec<String> {
    stripe::books(world)["accounts"].as_object().cloned().unwrap_or_default().keys().cloned().collect()
}
