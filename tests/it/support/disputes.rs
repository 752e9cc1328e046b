//! What people argue about, behind the scenes: there is no other way without letting weeks pass.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use sojourn::{
    disputes::dispute::{self, Claim, Kind, Status},
    kernel::{Currency, DisputeId, Fault, Never},
};

use super::World;

/// A claim about a booking of 50.00 EUR that waits for an admin; returns its id.
pub async fn answered(world: &World, opener: &str, booking: &str) -> String {
    stored(world, opener, booking, Status::Answered).await
}

/// The same that waits for an answer.
pub async fn open(world: &World, opener: &str, booking: &str) -> String {
    stored(world, opener, booking, Status::Open).await
}

async fn stored(world: &World, opener: &str, booking: &str, status: Status) -> String {
    let (now, id) = (world.now(), DisputeId::new());
    let row = dispute::Model {
        id,
        kind: Kind::Claim,
        booking_id: booking.parse().unwrap(),
        status,
        opened_by: Some(opener.parse().unwrap()),
        open_key: Some(format!("{booking}:{opener}:{id}")),
        claim: Some(Claim::NotClean),
        currency: Currency::EUR,
        amount: 5_000,
        text: "Dust on every shelf".to_owned(),
        respond_by: Some(now + TimeDelta::days(90)),
        answer: (status == Status::Answered).then(|| "It was swept".to_owned()),
        answered_at: None,
        refund: 0,
        host_bears: 0,
        platform_bears: 0,
        taxes_bear: 0,
        to_host: 0,
        decided_by: None,
        decision: None,
        payment_id: None,
        provider_id: None,
        bank_reason: None,
        paid_currency: Currency::EUR,
        paid_amount: 0,
        withdrawn: false,
        borne: false,
        fee_currency: Currency::EUR,
        fee: 0,
        problem: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    let stored = world.app.db.write(|tx| {
        let row = row.clone().into_active_model().reset_all();
        async move { Ok::<_, Fault<Never>>(row.insert(&*tx).await.map(|_| ())?) }
    });
    stored.await.unwrap();
    id.to_string()
}
