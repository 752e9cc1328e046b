//! Calling a booking off, and giving money back beyond that: what is shown before, what everybody gets after, and what
//! the ledger has of it.

mod admin_refunds;
mod by_host;
mod examples;
mod receipt;
mod schedule;
mod shortened;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    kernel::BookingId,
    ledger::{entry, transaction},
};

use crate::support::{Person, World};

const PRICE: &str =
    "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code message } } }";
const TAXES: &str =
    "mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code message } } }";
/// A booking with all that a cancellation is about.
const BOOKING: &str = "query($id: ID!, $at: DateTime) { booking(by: { id: $id }) {
    status checkInAt checkOutAt confirmedAt cancelledAt payment { refunded { amount currencyCode } }
    timeline { kind note actor { id } }
    refundPreview(at: $at) { ...everything }
    refundSchedule { from until preview { ...everything } } } }
  fragment everything on RefundPreview {
    rule isLimited total { amount } lines { kind amount { amount } } kept { kind amount { amount } }
    hostKeeps { amount } hostFee { amount } hostGets { amount } platformGets { amount } taxes { amount } penalty { amount } }";

async fn seen(who: &Person, id: &str) -> Value {
    who.get(BOOKING, json!({ "id": id })).await
}

fn money(amount: &str, currency: &str) -> Value {
    json!({ "amount": amount, "currencyCode": currency })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn instant(value: &Value) -> DateTime<Utc> {
    text(value).parse().unwrap()
}

/// Minor units of an amount.
fn minor(amount: &Value) -> i64 {
    text(&amount["amount"]).replace('.', "").parse().unwrap()
}

/// What a booking's transactions have left on each account, Stripe's fee aside; nothing where that is nothing. All of
/// them are in one currency.
async fn balances(world: &World, booking: &str) -> BTreeMap<String, i64> {
    let (db, id) = (world.app.db.read(), booking.parse::<BookingId>().unwrap());
    let of = transaction::Entity::find()
        .filter(transaction::Column::BookingId.eq(id))
        .filter(transaction::Column::Kind.ne("provider_fee"));
    let ids: Vec<_> = of.all(db).await.unwrap().into_iter().map(|row| row.id).collect();
    let entries =
        entry::Entity::find().filter(entry::Column::TransactionId.is_in(ids)).all(db).await.unwrap();
    let mut sums = BTreeMap::new();
    for entry in entries {
        *sums.entry(entry.account.split(':').next().unwrap().to_owned()).or_default() += entry.amount;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn sums(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
    of.iter().map(|(account, sum)| ((*account).to_owned(), *sum)).collect()
}

/// Why each night of a listing is not for sale, between two dates; those for sale are left out.
async fn reasons(host: &Person, listing: &str, from: NaiveDate, to: NaiveDate) -> Vec<(NaiveDate, String)> {
    let seen = host
        .get(
            "query($id: ID!, $from: Date!, $to: Date!) { listing(by: { id: $id }) {
               calendar(from: $from, to: $to) { date reasons { kind } } } }",
            json!({ "id": listing, "from": from, "to": to }),
        )
        .await;
    let nights = seen["calendar"].as_array().unwrap();
    let reasons = nights.iter().flat_map(|night| {
        let date: NaiveDate = text(&night["date"]).parse().unwrap();
        let kinds = night["reasons"].as_array().unwrap();
        kinds.iter().map(move |reason| (date, text(&reason["kind"]).to_owned()))
    });
    reasons.collect()
}
