//! A host has earned something: it is written down with what earned it, and its time is set. Nothing is sent here.

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use super::{find, payout};
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
    insert(tx, earned, 0, due_at, now).await
}

/// Schedules a payout of its own for what a dispute has awarded a host, due at once: what the stay has earned may have been
/// sent long ago. The caller has locked the booking, and awards once.
pub async fn compensate(tx: &Tx, earned: Earned, now: Instant) -> Result<(), DbErr> {
    let known = find::all_of_booking(&**tx, earned.booking).await?;
    let number = known.iter().map(|payout| payout.number).max().unwrap_or(0) + 1;
    insert(tx, earned, number, now, now).await
}

async fn insert(tx: &Tx, earned: Earned, number: i32, due_at: Instant, now: Instant) -> Result<(), DbErr> {
    if earned.amount.minor <= 0 {
        return Ok(());
    }
    let id = PayoutId::new();
    let row = payout::ActiveModel {
        id: Set(id),
        booking_id: Set(earned.booking),
        number: Set(number),
        host_id: Set(earned.host),
        status: Set(payout::Status::Scheduled),
        currency: Set(earned.amount.currency),
        gross: Set(earned.gross.minor),
        host_fee: Set(earned.gross.minor - earned.amount.minor),
        amount: Set(earned.amount.minor),
        netted: Set(0),
        taken_back: Set(0),
        held_for: Set(None),
        due_at: Set(due_at),
        paid_at: Set(None),
        problem: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut once = OnConflict::columns([payout::Column::BookingId, payout::Column::Number]);
    let once = once.do_nothing().to_owned();
    let new = payout::Entity::insert(row).on_conflict(once).exec_without_returning(&**tx).await?;
    if new == 1 {
        Event::PayoutDue { payout: id }.emit(tx, due_at).await?;
    }
    Ok(())
}
