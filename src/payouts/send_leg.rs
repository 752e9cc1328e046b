//! Sending a part of a payout to Stripe: written down, called without a transaction, written down again. Whether it is
//! to be sent was judged when the payout was taken apart.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, UpdateMany};

use super::{
    find, payout,
    payout_leg::{self, Status},
    rules::{self, name},
    settle_leg,
};
use crate::{
    app::App,
    event::Event,
    kernel::{Fault, Money, Never, PayoutLegId, clock::Instant},
    payments::{
        self, asking, payment,
        rules::{AfterError, after, ask_again, is_forgotten, name as payment_name},
    },
    ports::stripe::{StripeError, Transfer, TransferAsk},
};

/// Sends a part of a payout, unless it is done. May run any number of times, also at once. Afterwards it is done,
/// `UNKNOWN` and asked for again by a job, or failed.
pub async fn send_leg(app: &App, id: PayoutLegId) -> Result<(), Fault<Never>> {
    let (leg, payout) = find::leg::<Never>(app.db.read(), id).await?;
    let now = app.clock.now();

    if !matches!(leg.status, Status::Pending | Status::Unknown) {
        return Ok(());
    }
    let is_unsent = leg.status == Status::Pending && leg.asked_at.is_none();
    if is_unsent && !find::holds_of(app.db.read(), payout.booking_id).await?.is_empty() {
        // Somebody argues about the booking since it was taken apart: whoever ends that sends it.
        return Ok(());
    }
    let payment = payments::find::payment::<Never>(app.db.read(), leg.payment_id).await?;
    // Decided once per round: the same key must come with the same parameters.
    let source = match leg.asked_at {
        // What a dispute awards comes out of our balance: the charge's own money was shared out before.
        None if payout.number > 0 => None,
        None => source_of(app, &leg, &payment).await?,
        Some(_) => leg.source_charge.clone(),
    };

    let (leg, about_to) = about_to(leg, source, now);
    let Some(answer) =
        asking::ask(app, "payouts.send_leg", about_to, obtain(app, &leg, &payout, now)).await?
    else {
        // Somebody else is at it.
        return Ok(());
    };
    match answer {
        Ok(Some(seen)) => {
            if let Some(problem) = settle_leg::follow(app, &seen).await? {
                tracing::error!(leg = %id, problem, "a transfer does not match Stripe's: an admin must look");
            }
            Ok(())
        }
        Ok(None) => give_up(app, &leg, "it is not at Stripe, and may not be sent again").await,
        Err(error) => match after(&error) {
            AfterError::AskAgain | AfterError::LookUp => ask_later(app, &leg, Status::Unknown, &error).await,
            AfterError::TryLater => Err(Fault::Broken(error.into())),
            // Our balance there is filled by other charges: it was not sent for certain, and may be later.
            AfterError::GiveUp if error.code() == Some("balance_insufficient") => {
                ask_later(app, &leg, Status::Pending, &error).await
            }
            AfterError::GiveUp => give_up(app, &leg, &error.to_string()).await,
        },
    }
}

/// The charge that the money can be taken out of: one that is settled in the currency of the leg, and large enough.
/// Where there is none, it comes out of our balance.
async fn source_of(
    app: &App,
    leg: &payout_leg::Model,
    payment: &payment::Model,
) -> Result<Option<String>, Fault<Never>> {
    let Some(charge_id) = &payment.charge_id else { return Ok(None) };
    let charge = match app.stripe.fetch_charge(charge_id).await {
        Ok(charge) => charge,
        Err(error) if after(&error) == AfterError::GiveUp => return Ok(None),
        Err(error) => return Err(Fault::Broken(error.into())),
    };
    let fits = charge
        .settlement
        .as_ref()
        .is_some_and(|settled| settled.amount.currency == leg.currency && settled.amount.minor >= leg.amount);
    Ok(fits.then(|| charge.id.clone()))
}

/// The part as it is about to be sent, and how that is written down.
fn about_to(
    leg: payout_leg::Model,
    source_charge: Option<String>,
    now: Instant,
) -> (payout_leg::Model, UpdateMany<payout_leg::Entity>) {
    let before = leg.attempts;
    let asked_at = leg.asked_at.or(Some(now));
    let asked = payout_leg::Model { attempts: before + 1, asked_at, source_charge, ..leg };
    let change = payout_leg::ActiveModel {
        attempts: Set(asked.attempts),
        asked_at: Set(asked.asked_at),
        source_charge: Set(asked.source_charge.clone()),
        updated_at: Set(now),
        ..Default::default()
    };
    let about_to = payout_leg::Entity::update_many()
        .set(change)
        .filter(payout_leg::Column::Id.eq(asked.id))
        .filter(payout_leg::Column::Status.is_in([Status::Pending, Status::Unknown]))
        .filter(payout_leg::Column::Round.eq(asked.round))
        .filter(payout_leg::Column::Attempts.eq(before));
    (asked, about_to)
}

/// The transfer at Stripe: made, or made before under the same key, or looked up once the key may be forgotten. `None`
/// only after a look-up: then it was never made.
async fn obtain(
    app: &App,
    leg: &payout_leg::Model,
    payout: &payout::Model,
    now: Instant,
) -> Result<Option<Transfer>, StripeError> {
    let (group, id) = (payout.booking_id.to_string(), leg.id.to_string());
    let look_up = || app.stripe.find_transfer(&group, name::LEG, &id);
    if is_forgotten(leg.asked_at, now) {
        return look_up().await;
    }
    let ask = TransferAsk {
        amount: Money::new(leg.amount, leg.currency),
        destination: &leg.destination,
        source_transaction: leg.source_charge.as_deref(),
        transfer_group: group.clone(),
        metadata: vec![
            (payment_name::BOOKING, group.clone()),
            (name::PAYOUT, payout.id.to_string()),
            (name::LEG, id.clone()),
        ],
    };
    match app.stripe.create_transfer(&ask, &rules::key(leg)).await {
        Err(error) if after(&error) == AfterError::LookUp => look_up().await,
        answer => answer.map(Some),
    }
}

/// Asked for again when its time has come: with the same key where the outcome is unknown, as another intent where
/// nothing was done.
async fn ask_later(
    app: &App,
    leg: &payout_leg::Model,
    status: Status,
    error: &StripeError,
) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let is_known = status == Status::Pending;
    let Some(wait) = ask_again(leg.attempts) else {
        if is_known {
            return give_up(app, leg, &error.to_string()).await;
        }
        tracing::error!(leg = %leg.id, %error, "whether a payout was made stays unknown: an admin must look");
        return unknown(app, leg, status, None, now).await;
    };
    tracing::warn!(leg = %leg.id, %error, "a payout is asked for again later");
    unknown(app, leg, status, Some(now + wait), now).await
}

async fn unknown(
    app: &App,
    leg: &payout_leg::Model,
    status: Status,
    next: Option<Instant>,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let anew = status == Status::Pending;
    let change = payout_leg::ActiveModel {
        status: Set(status),
        round: Set(if anew { leg.round + 1 } else { leg.round }),
        asked_at: Set(if anew { None } else { leg.asked_at }),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    app.db
        .write(|tx| async move {
            settle_leg::lock(&tx, leg.payout_id, now).await?;
            let done = payout_leg::Entity::update_many()
                .set(change.clone())
                .filter(payout_leg::Column::Id.eq(leg.id))
                .filter(payout_leg::Column::Status.is_in([Status::Pending, Status::Unknown]))
                .filter(payout_leg::Column::Round.eq(leg.round))
                .exec(&*tx)
                .await?;
            if done.rows_affected == 1 {
                settle_leg::sum_up(&tx, leg.payout_id, None, now).await?;
                if let Some(at) = next {
                    let key = format!("{}:{}:{}", leg.id, leg.round, leg.attempts);
                    Event::PayoutLegDue { leg: leg.id }.emit_once(&tx, at, key).await?;
                }
            }
            Ok::<_, Fault<Never>>(())
        })
        .await
}

/// Nothing was sent, for certain: the host and an admin are told. Perhaps the account has changed: it is looked at.
async fn give_up(app: &App, leg: &payout_leg::Model, why: &str) -> Result<(), Fault<Never>> {
    tracing::error!(leg = %leg.id, why, "a payout failed: an admin must look");
    let now = app.clock.now();
    let change = payout_leg::ActiveModel {
        status: Set(Status::Failed),
        problem: Set(Some(why.to_owned())),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    app.db
        .write(|tx| async move {
            settle_leg::lock(&tx, leg.payout_id, now).await?;
            let done = payout_leg::Entity::update_many()
                .set(change.clone())
                .filter(payout_leg::Column::Id.eq(leg.id))
                .filter(payout_leg::Column::Status.is_in([Status::Pending, Status::Unknown]))
                .filter(payout_leg::Column::Round.eq(leg.round))
                .exec(&*tx)
                .await?;
            if done.rows_affected == 1 {
                settle_leg::sum_up(&tx, leg.payout_id, Some(why), now).await?;
                Event::HostAccountMoved { account: leg.destination.clone() }.emit(&tx, now).await?;
            }
            Ok::<_, Fault<Never>>(())
        })
        .await
}
