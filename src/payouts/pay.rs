//! The time of a payout has come: it waits, is held, or is taken apart and sent; what the host owes is taken out of it
//! first. Stripe is not called here: each part is a job of its own.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    find,
    payout::{self, HeldFor, Status},
    payout_leg,
    rules::{self, Verdict},
};
use crate::{
    accounts,
    app::App,
    db::Tx,
    event::Event,
    kernel::{Fault, Money, Never, PayoutId, PayoutLegId, clock::Instant},
    ledger::{self, Account, postings_of_payouts},
    payments,
};

/// Pays a host for a booking, unless that is done or under way. May run any number of times, also at once.
pub async fn pay(app: &App, id: PayoutId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let host = find::payout::<Never>(app.db.read(), id).await?.host_id;
    app.db
        .write(|tx| async move {
            // The host's debts and accounts are looked at by one payout after the other.
            accounts::lock(&tx, host).await?;
            let payout = find::payout::<Never>(&*tx, id).await?;
            if !rules::is_to_be_paid(payout.status) || payout.due_at > now {
                return Ok(());
            }
            let account = find::account_of(&*tx, host).await?;
            let holds = find::holds_of(&*tx, payout.booking_id).await?;
            match rules::judge(&holds, account.as_ref(), now) {
                Verdict::Hold(reason) => held(&tx, &payout, reason, now).await?,
                Verdict::Wait => {
                    // One that failed goes on saying so.
                    let is_new = payout.status != Status::Failed;
                    if is_new {
                        moved(&tx, &payout, Status::WaitingForAccount, now).await?;
                        // Perhaps it is ready, and Stripe's word of it has not reached us: it is looked at.
                        if let Some(account) = account.and_then(|account| account.provider_id) {
                            Event::HostAccountMoved { account }.emit(&tx, now).await?;
                        }
                    }
                }
                Verdict::HoldUntil(at) => {
                    held(&tx, &payout, HeldFor::AccountChanged, now).await?;
                    Event::PayoutDue { payout: id }.emit_once(&tx, at, format!("{id}:{at}")).await?;
                }
                Verdict::Send(destination) => send(&tx, &payout, &destination, now).await?,
            }
            Ok(())
        })
        .await
}

async fn send(tx: &Tx, payout: &payout::Model, destination: &str, now: Instant) -> Result<(), Fault<Never>> {
    let known = find::legs_of(&**tx, &[payout.id]).await?;
    let legs = if known.is_empty() {
        let rest = net(tx, payout, now).await?;
        if rest.minor == 0 {
            return done(tx, payout, now).await;
        }
        part(tx, payout, rest, destination, now).await?
    } else {
        again(tx, known, destination, now).await?
    };
    moved(tx, payout, Status::Sending, now).await?;
    for leg in legs {
        let key = format!("{}:{}:{}", leg.id, leg.round, leg.attempts);
        Event::PayoutLegDue { leg: leg.id }.emit_once(tx, now, key).await?;
    }
    Ok(())
}

/// Takes what the host owes out of the payout; returns the rest.
async fn net(tx: &Tx, payout: &payout::Model, now: Instant) -> Result<Money, Fault<Never>> {
    let owed = ledger::balance(&**tx, Account::HostDebt(payout.host_id), payout.currency).await?;
    // What is being taken back is not taken a second time.
    let under_way = find::reversals_under_way(&**tx, payout.host_id, payout.currency).await?;
    let owed = owed.minor - under_way.iter().map(|it| it.worth).sum::<i64>();
    let netted = owed.clamp(0, payout.amount);
    if netted > 0 {
        let taken = Money::new(netted, payout.currency);
        let draft = postings_of_payouts::netting(payout.booking_id, payout.host_id, payout.id, taken, now);
        ledger::post(tx, &draft).await?;
        payout::Entity::update_many()
            .col_expr(payout::Column::Netted, Expr::value(netted))
            .filter(payout::Column::Id.eq(payout.id))
            .exec(&**tx)
            .await?;
    }
    Ok(Money::new(payout.amount - netted, payout.currency))
}

/// Takes what is to be sent apart, one part per payment.
async fn part(
    tx: &Tx,
    payout: &payout::Model,
    rest: Money,
    destination: &str,
    now: Instant,
) -> Result<Vec<payout_leg::Model>, Fault<Never>> {
    let paid = payments::find::of_bookings(&**tx, &[payout.booking_id]).await?;
    let paid: Vec<_> = paid.into_values().flatten().collect();
    let parts = rules::parts(rest, &paid).map_err(anyhow::Error::from)?;
    if parts.is_empty() {
        return Err(Fault::Broken(anyhow::anyhow!("payout {} has no payment to come out of", payout.id)));
    }
    let mut legs = Vec::new();
    for part in parts {
        let row = payout_leg::ActiveModel {
            id: Set(PayoutLegId::new()),
            payout_id: Set(payout.id),
            payment_id: Set(part.payment),
            status: Set(payout_leg::Status::Pending),
            destination: Set(destination.to_owned()),
            source_charge: Set(None),
            currency: Set(part.amount.currency),
            amount: Set(part.amount.minor),
            worth: Set(part.worth.minor),
            round: Set(0),
            provider_id: Set(None),
            problem: Set(None),
            attempts: Set(0),
            asked_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        legs.push(row.insert(&**tx).await?);
    }
    Ok(legs)
}

/// What Stripe has refused is sent once more, as another intent, to where the host is paid now.
async fn again(
    tx: &Tx,
    legs: Vec<payout_leg::Model>,
    destination: &str,
    now: Instant,
) -> Result<Vec<payout_leg::Model>, Fault<Never>> {
    let mut renewed = Vec::new();
    for leg in legs.into_iter().filter(|leg| leg.status == payout_leg::Status::Failed) {
        let change = payout_leg::ActiveModel {
            status: Set(payout_leg::Status::Pending),
            destination: Set(destination.to_owned()),
            source_charge: Set(None),
            round: Set(leg.round + 1),
            problem: Set(None),
            attempts: Set(0),
            asked_at: Set(None),
            updated_at: Set(now),
            ..Default::default()
        };
        let rows = payout_leg::Entity::update_many()
            .set(change)
            .filter(payout_leg::Column::Id.eq(leg.id))
            .filter(payout_leg::Column::Status.eq(leg.status))
            .filter(payout_leg::Column::Round.eq(leg.round))
            .exec_with_returning(&**tx)
            .await?;
        renewed.extend(rows);
    }
    Ok(renewed)
}

/// All of it went to what the host owed.
async fn done(tx: &Tx, payout: &payout::Model, now: Instant) -> Result<(), Fault<Never>> {
    let change = payout::ActiveModel {
        status: Set(Status::Paid),
        held_for: Set(None),
        paid_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    let rows = payout::Entity::update_many()
        .set(change)
        .filter(payout::Column::Id.eq(payout.id))
        .filter(payout::Column::Status.eq(payout.status))
        .exec(&**tx)
        .await?;
    if rows.rows_affected == 1 {
        Event::PayoutSent { payout: payout.id }.emit(tx, now).await?;
    }
    Ok(())
}

async fn held(tx: &Tx, payout: &payout::Model, reason: HeldFor, now: Instant) -> Result<(), Fault<Never>> {
    change(tx, payout, Status::Held, Some(reason), now).await
}

async fn moved(tx: &Tx, payout: &payout::Model, status: Status, now: Instant) -> Result<(), Fault<Never>> {
    change(tx, payout, status, None, now).await
}

async fn change(
    tx: &Tx,
    payout: &payout::Model,
    status: Status,
    held_for: Option<HeldFor>,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let change = payout::ActiveModel {
        status: Set(status),
        held_for: Set(held_for),
        problem: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    payout::Entity::update_many()
        .set(change)
        .filter(payout::Column::Id.eq(payout.id))
        .filter(payout::Column::Status.eq(payout.status))
        .exec(&**tx)
        .await?;
    Ok(())
}
