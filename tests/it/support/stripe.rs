//! What tests know of Stripe's side: signatures, and the emulator's books. No expectations of a test of its own, but
//! the one that all share: no charge without a booking.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use sha2::Sha256;
use sojourn::{
    bookings::booking::{self, Status},
    kernel::{BookingId, clock::Instant},
    payments::{payment, refund},
    ports::stripe::emulator,
};

use super::World;

/// Begins a payment at Stripe.
pub const CREATE_INTENT: &str = "POST /v1/payment_intents";

/// The `Stripe-Signature` header over a body.
pub fn signature(body: &[u8], at: Instant) -> String {
    signature_of("whsec_sojourn_emulator", body, at)
}

/// The same with a secret that may be somebody else's.
pub fn signature_of(secret: &str, body: &[u8], at: Instant) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.", at.timestamp()).as_bytes());
    mac.update(body);
    format!("t={},v1={}", at.timestamp(), hex::encode(mac.finalize().into_bytes()))
}

/// Sends so many webhooks that are rightly signed and can't be read.
pub async fn send_nonsense(world: &World, how_many: usize) {
    for n in 0..how_many {
        let body = format!("nonsense {n}").into_bytes();
        let signature = signature(&body, world.app.clock.real_now());
        assert_eq!(world.stranger().post_webhook(&body, &signature).await, 200);
    }
}

/// The emulator's books, as they are on the disk.
pub fn books(world: &World) -> Value {
    emulator::read_file(&world.folder().join("stripe-emulator.json")).unwrap()
}

/// The intents of a booking.
pub fn intents_of(world: &World, booking: &str) -> Vec<Value> {
    let books = books(world);
    let all = books["intents"].as_object().cloned().unwrap_or_default();
    all.into_iter().map(|(_, intent)| intent).filter(|it| it["metadata"]["booking"] == booking).collect()
}

/// What Stripe took and has not given back, per booking, is the price of those that are confirmed or completed, less what
/// an admin has given back, and nothing of all others (a cancelled one may keep a part).
pub async fn no_charge_without_a_booking(world: &World) {
    let books = books(world);
    let empty = serde_json::Map::new();
    let objects = |name: &str| books[name].as_object().unwrap_or(&empty).clone();
    let mut kept: HashMap<String, i64> = HashMap::new();
    let mut booking_of = HashMap::new();
    for (id, intent) in objects("intents") {
        let booking = intent["metadata"]["booking"].as_str().unwrap().to_owned();
        *kept.entry(booking.clone()).or_default() += intent["amount_received"].as_i64().unwrap();
        booking_of.insert(id, booking);
    }
    for (_, refund) in objects("refunds") {
        let booking = &booking_of[refund["intent"].as_str().unwrap()];
        *kept.get_mut(booking).unwrap() -= refund["amount"].as_i64().unwrap();
    }
    let rows = booking::Entity::find().all(world.app.db.read()).await.unwrap();
    let rows: HashMap<BookingId, booking::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let given = given_back(world).await;
    for (booking, kept) in kept {
        let row = &rows[&booking.parse().unwrap()];
        let right = match row.status {
            Status::Confirmed | Status::Completed => {
                kept == row.total - given.get(&row.id).copied().unwrap_or_default()
            }
            Status::Cancelled => (0..=row.total).contains(&kept),
            _ => kept == 0,
        };
        assert!(right, "Stripe keeps {kept} of {booking}, which is {:?} and costs {}", row.status, row.total);
    }
    for row in rows.values().filter(|row| matches!(row.status, Status::Confirmed | Status::Completed)) {
        assert!(booking_of.values().any(|id| *id == row.id.to_string()), "{} was never charged", row.id);
    }
}

/// What admins have given back of each booking, by their own decision.
async fn given_back(world: &World) -> HashMap<BookingId, i64> {
    let db = world.app.db.read();
    let payments = payment::Entity::find().all(db).await.unwrap();
    let booking_of: HashMap<_, _> = payments.iter().map(|row| (row.id, row.booking_id)).collect();
    let given = refund::Entity::find()
        .filter(refund::Column::AskedBy.is_not_null())
        .filter(refund::Column::Status.eq(refund::Status::Succeeded));
    let mut sums = HashMap::new();
    for refund in given.all(db).await.unwrap() {
        *sums.entry(booking_of[&refund.payment_id]).or_default() += refund.amount;
    }
    sums
}
