//! Holding the payouts of a booking while somebody argues about it, and letting them go on. Who argues is not known here.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::{
    find,
    payout::{HeldFor, Status},
    payout_hold, payout_leg,
};
use crate::{
    db::Tx,
    event::Event,
    kernel::{BookingId, DisputeId, clock::Instant},
};

/// Holds a booking's payouts from now on, once. The caller has locked its host, so that a payout is judged before or
/// after.
pub async fn hold(
    tx: &Tx,
    booking: BookingId,
    source: DisputeId,
    reason: HeldFor,
    now: Instant,
) -> Result<(), DbErr> {
    let row = payout_hold::ActiveModel {
        source_id: Set(source),
        booking_id: Set(booking),
        reason: Set(reason),
        created_at: Set(now),
    };
    let once = OnConflict::column(payout_hold::Column::SourceId).do_nothing().to_owned();
    payout_hold::Entity::insert(row).on_conflict(once).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Ends a hold. What was held by nothing else goes on: a payout whose time has come, and a part of one that was not sent
/// yet.
pub async fn release(tx: &Tx, booking: BookingId, source: DisputeId, now: Instant) -> Result<(), DbErr> {
    payout_hold::Entity::delete_by_id(source).exec(&**tx).await?;
    if !find::holds_of(&**tx, booking).await?.is_empty() {
        return Ok(());
    }
    let payouts = find::all_of_booking(&**tx, booking).await?;
    for payout in payouts.iter().filter(|payout| payout.status == Status::Held) {
        Event::PayoutDue { payout: payout.id }.emit(tx, now).await?;
    }
    let ids: Vec<_> = payouts.iter().map(|payout| payout.id).collect();
    let unsent = payout_leg::Entity::find()
        .filter(payout_leg::Column::PayoutId.is_in(ids))
        .filter(payout_leg::Column::Status.eq(payout_leg::Status::Pending))
        .filter(payout_leg::Column::AskedAt.is_null())
        .all(&**tx)
        .await?;
    for leg in unsent {
        let key = format!("{}:{}:{}", leg.id, leg.round, leg.attempts);
        Event::PayoutLegDue { leg: leg.id }.emit_once(tx, now, key).await?;
    }
    Ok(())
}
