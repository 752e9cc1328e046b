//! A host has earned something: it is written down with what earned it, and its time is set. Nothing is sent here.

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use super::payout;
use crate::{
    db::Tx,
    event::Event,
    kernel::{BookingId, Money, PayoutId, UserId, clock::Instant},
};

/// What a host has earned with a booking, in the listing's currency.
#[derive(Debug, Clone, Copy)]
pub struct Earned {
    /// With which booking.
    pub booking: BookingId,
    /// Who.
    pub host: UserId,
    /// What of the guest's money the host keeps.
    pub gross: Money,
    /// What of that is the host's in the end: less the host fee.
    pub amount: Money,
}

/// Schedules the payout of a booking, once, in the transaction in which it is earned. Nothing where nothing is earned.
pub async fn schedule(tx: &Tx, earned: Earned, due_at: Instant, now: Instant) -> Result<(), DbErr> {
    if earned.amount.minor <= 0 {
        return Ok(());
    }
    let id = PayoutId::new();
    let row = payout::ActiveModel {
        id: Set(id),
        booking_id: Set(earned.booking),
        host_id: Set(earned.host),
        status: Set(payout::Status::Scheduled),
        currency: Set(earned.amount.currency),
        gross: Set(earned.gross.minor),
        host_fee: Set(earned.gross.minor - earned.amount.minor),
        amount: Set(earned.amount.minor),
        netted: Set(0),
        due_at: Set(due_at),
        paid_at: Set(None),
        problem: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let once = OnConflict::column(payout::Column::BookingId).do_nothing().to_owned();
    let new = payout::Entity::insert(row).on_conflict(once).exec_without_returning(&**tx).await?;
    if new == 1 {
        Event::PayoutDue { payout: id }.emit(tx, due_at).await?;
    }
    Ok(())
}
