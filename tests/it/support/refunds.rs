//! Refunds that failed, behind the scenes: they take a bank that keeps a part of a payment, or a card that is gone.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use sojourn::{
    kernel::{BookingId, Fault, Never, RefundId},
    payments::{payment, refund},
};

use super::World;

/// A refund of 5.00 EUR of a paid booking that Stripe has refused; returns its id.
pub async fn failed(world: &World, booking: &str) -> String {
    let booking: BookingId = booking.parse().unwrap();
    let of_booking = payment::Entity::find().filter(payment::Column::BookingId.eq(booking));
    let payment = of_booking.one(world.app.db.read()).await.unwrap().unwrap();
    let row = refund::Model {
        id: RefundId::new(),
        payment_id: payment.id,
        status: refund::Status::Failed,
        reason: "It was too loud".to_owned(),
        currency: payment.currency,
        amount: 500,
        listing_amount: 500,
        from_escrow: 500,
        host_bears: 0,
        platform_bears: 500,
        taxes_bear: 0,
        asked_by: None,
        round: 0,
        provider_id: None,
        attempts: 1,
        asked_at: None,
        created_at: world.now(),
        updated_at: world.now(),
    };
    let row = &row.into_active_model().reset_all();
    let stored =
        world.app.db.write(|tx| async move { Ok::<_, Fault<Never>>(row.clone().insert(&*tx).await?) });
    stored.await.unwrap().id.to_string()
}
