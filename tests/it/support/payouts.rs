//! What a host has who is paid, behind the scenes: there is no other way without letting weeks pass.

use sea_orm::{ActiveModelTrait, IntoActiveModel};
use sojourn::{
    kernel::{Currency, Fault, Never, PayoutAccountId, PayoutId},
    payouts::{payout, payout_account},
};

use super::World;

/// A payout of a host for a booking, all of which went to what the host owed; returns its id.
pub async fn payout(world: &World, host: &str, booking: &str) -> String {
    let row = payout::Model {
        id: PayoutId::new(),
        booking_id: booking.parse().unwrap(),
        number: 0,
        host_id: host.parse().unwrap(),
        status: payout::Status::Paid,
        currency: Currency::EUR,
        gross: 20_000,
        host_fee: 600,
        amount: 19_400,
        netted: 19_400,
        taken_back: 0,
        held_for: None,
        due_at: world.now(),
        paid_at: Some(world.now()),
        problem: None,
        created_at: world.now(),
        updated_at: world.now(),
    };
    let id = row.id.to_string();
    let stored = world.app.db.write(|tx| {
        let row = row.clone().into_active_model().reset_all();
        async move { Ok::<_, Fault<Never>>(row.insert(&*tx).await.map(|_| ())?) }
    });
    stored.await.unwrap();
    id
}

/// A host's account in Portugal, which can't receive anything yet.
pub async fn account(world: &World, host: &str) {
    let row = payout_account::Model {
        id: PayoutAccountId::new(),
        host_id: host.parse().unwrap(),
        number: 1,
        country: "PT".to_owned(),
        provider_id: None,
        can_receive: false,
        submitted: false,
        missing: payout_account::Missing::default(),
        disabled_reason: None,
        held_until: None,
        asked_at: None,
        created_at: world.now(),
        updated_at: world.now(),
    };
    let stored = world.app.db.write(|tx| {
        let row = row.clone().into_active_model().reset_all();
        async move { Ok::<_, Fault<Never>>(row.insert(&*tx).await.map(|_| ())?) }
    });
    stored.await.unwrap();
}
