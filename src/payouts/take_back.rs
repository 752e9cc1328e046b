//! A host owes something for a stay that was paid for already: what was sent for it is taken back, as far as the host
//! still has it. Stripe is not called here: each part is a job of its own. What can't be had is netted from the next
//! payouts.

use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::{find, payout, payout_leg, rules, transfer_reversal};
use crate::{
    accounts,
    app::App,
    db::Tx,
    event::Event,
    kernel::{BookingId, Fault, Money, Never, TransferReversalId, clock::Instant},
    ledger::{self, Account},
};

/// Begins to take back what a host owes for a booking. May run any number of times, also at once: what is on its way
/// already is not taken twice.
pub async fn take_back(app: &App, booking: BookingId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let Some(first) = find::all_of_booking(app.db.read(), booking).await?.into_iter().next() else {
        return Ok(());
    };
    let first = &first;
    app.db
        .write(|tx| async move {
            // The host's debts are looked at by one after the other.
            accounts::lock(&tx, first.host_id).await?;
            let owed = owed(&tx, first).await?;
            let payouts = find::all_of_booking(&*tx, booking).await?;
            let ids: Vec<_> = payouts.iter().map(|payout| payout.id).collect();
            let legs = find::legs_of(&*tx, &ids).await?;
            let known = find::reversals_of(&*tx, &ids).await?;
            for part in rules::to_take_back(owed, &legs, &known).map_err(anyhow::Error::from)? {
                begin(&tx, first, part.leg, part.amount, part.worth, now).await?;
            }
            Ok(())
        })
        .await
}

/// What the host owes for the booking and at all, less what is on its way back.
async fn owed(tx: &Tx, payout: &payout::Model) -> Result<Money, Fault<Never>> {
    let (booking, host, currency) = (payout.booking_id, payout.host_id, payout.currency);
    let at_all = ledger::balance(&**tx, Account::HostDebt(host), currency).await?;
    let for_it = ledger::owed_for_booking(&**tx, booking, host, currency).await?;
    let under_way = find::reversals_under_way(&**tx, host, currency).await?;
    let sum = |of: &[transfer_reversal::Model]| of.iter().map(|it| it.worth).sum::<i64>();
    let of_booking: Vec<_> = under_way.iter().filter(|it| it.booking_id == booking).cloned().collect();
    let owed = (at_all.minor - sum(&under_way)).min(for_it.minor - sum(&of_booking));
    Ok(Money::new(owed.max(0), currency))
}

async fn begin(
    tx: &Tx,
    payout: &payout::Model,
    leg: &payout_leg::Model,
    amount: Money,
    worth: Money,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let row = transfer_reversal::ActiveModel {
        id: Set(TransferReversalId::new()),
        payout_id: Set(leg.payout_id),
        leg_id: Set(leg.id),
        booking_id: Set(payout.booking_id),
        host_id: Set(payout.host_id),
        status: Set(transfer_reversal::Status::Pending),
        currency: Set(amount.currency),
        amount: Set(amount.minor),
        listing_currency: Set(worth.currency),
        worth: Set(worth.minor),
        provider_id: Set(None),
        problem: Set(None),
        attempts: Set(0),
        asked_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let reversal = row.insert(&**tx).await?;
    let key = format!("{}:0", reversal.id);
    Ok(Event::TransferReversalDue { reversal: reversal.id }.emit_once(tx, now, key).await?)
}
