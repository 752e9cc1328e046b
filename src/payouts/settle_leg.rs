//! What becomes of a part of a payout, whoever says so first: the answer to our call or a webhook. Our rows, the ledger
//! and the event go together. Stripe is asked only what it is about.

use anyhow::anyhow;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    find, payout,
    payout_leg::{self, Status},
    rules::{self, name},
    send_reversal,
};
use crate::{
    app::App,
    db::{Db, Tx},
    drill,
    event::Event,
    kernel::{Fault, Money, Never, PayoutId, PayoutLegId, clock::Instant},
    ledger::{self, postings_of_payouts},
    payments::rules::{AfterError, after},
    ports::stripe::Transfer,
};

/// Stripe says that something changed about a transfer (`tr_…`): what it says *now* counts.
pub async fn follow_transfer(app: &App, provider_id: &str) -> Result<(), Fault<Never>> {
    let problem = match app.stripe.fetch_transfer(provider_id).await {
        Ok(seen) => {
            drill::point("payouts.follow_transfer.seen");
            follow(app, &seen).await?
        }
        Err(error) if after(&error) == AfterError::GiveUp => {
            Some(format!("Stripe does not know {provider_id}"))
        }
        Err(error) => return Err(Fault::Broken(error.into())),
    };
    send_reversal::settle_reversals(app, provider_id).await?;
    if let Some(problem) = problem {
        tracing::error!(problem, "a transfer cannot be matched: an admin must look");
    }
    Ok(())
}

/// Moves our row to where Stripe's transfer is. Says what is wrong, where the two can't be matched.
pub(super) async fn follow(app: &App, seen: &Transfer) -> Result<Option<String>, Fault<Never>> {
    record(&app.db, seen, app.clock.now()).await
}

/// The same with the database alone.
pub(super) async fn record(db: &Db, seen: &Transfer, now: Instant) -> Result<Option<String>, Fault<Never>> {
    let Some((leg, payout)) = ours(db, seen).await? else {
        return Ok(Some(format!("{} is no transfer of ours", seen.id)));
    };
    if !rules::matches(&leg, seen) {
        return Ok(Some(format!("{} does not match {}", seen.id, leg.id)));
    }
    if leg.status == Status::Paid {
        return Ok(None);
    }
    let (leg, payout) = (&leg, &payout);
    let change = payout_leg::ActiveModel {
        status: Set(Status::Paid),
        provider_id: Set(Some(seen.id.clone())),
        problem: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    db.write(|tx| async move {
        lock(&tx, payout.id, now).await?;
        let done = payout_leg::Entity::update_many()
            .set(change.clone())
            .filter(payout_leg::Column::Id.eq(leg.id))
            .filter(payout_leg::Column::Status.ne(Status::Paid))
            .exec(&*tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(());
        }
        let (sent, worth) = (Money::new(leg.amount, leg.currency), Money::new(leg.worth, payout.currency));
        let draft =
            postings_of_payouts::payout_sent(payout.booking_id, payout.host_id, leg.id, sent, worth, now);
        ledger::post(&tx, &draft).await?;
        let (booking, host) = (payout.booking_id, payout.host_id);
        if ledger::owed_for_booking(&*tx, booking, host, payout.currency).await?.minor > 0 {
            // Money went back to the guest while this was on its way.
            Event::HostOwes { booking }.emit(&tx, now).await?;
        }
        sum_up(&tx, payout.id, None, now).await
    })
    .await?;
    Ok(None)
}

/// The row that Stripe's transfer is about.
async fn ours(db: &Db, seen: &Transfer) -> Result<Option<(payout_leg::Model, payout::Model)>, Fault<Never>> {
    let by_name =
        payout_leg::Entity::find().filter(payout_leg::Column::ProviderId.eq(&seen.id)).one(db.read()).await?;
    let id = match by_name {
        Some(leg) => Some(leg.id),
        None => seen.metadata.get(name::LEG).and_then(|id| id.parse::<PayoutLegId>().ok()),
    };
    let Some(id) = id else { return Ok(None) };
    match find::leg(db.read(), id).await {
        Ok(both) => Ok(Some(both)),
        Err(Fault::Missing) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Holds the payout's row until the transaction's end: its parts are summed up by one after the other.
pub(super) async fn lock(tx: &Tx, id: PayoutId, now: Instant) -> Result<(), Fault<Never>> {
    let held = payout::Entity::update_many()
        .col_expr(payout::Column::UpdatedAt, Expr::value(now))
        .filter(payout::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    if held.rows_affected == 1 { Ok(()) } else { Err(Fault::Broken(anyhow!("payout {id} is gone"))) }
}

/// Moves a payout, whose row is held, to where its parts are, and tells who must hear of it.
pub(super) async fn sum_up(
    tx: &Tx,
    id: PayoutId,
    problem: Option<&str>,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let payout = find::payout::<Never>(&**tx, id).await?;
    let legs: Vec<Status> = find::legs_of(&**tx, &[id]).await?.into_iter().map(|leg| leg.status).collect();
    let status = rules::status_of(&legs);
    let is_new = payout.status != status;
    let change = payout::ActiveModel {
        status: Set(status),
        paid_at: Set((status == payout::Status::Paid).then_some(now)),
        problem: Set(problem
            .map(str::to_owned)
            .or(payout.problem.filter(|_| status == payout::Status::Failed))),
        updated_at: Set(now),
        ..Default::default()
    };
    payout::Entity::update_many().set(change).filter(payout::Column::Id.eq(id)).exec(&**tx).await?;
    match status {
        payout::Status::Paid if is_new => Event::PayoutSent { payout: id }.emit(tx, now).await?,
        payout::Status::Failed if is_new => Event::PayoutFailed { payout: id }.emit(tx, now).await?,
        _ => {}
    }
    Ok(())
}
