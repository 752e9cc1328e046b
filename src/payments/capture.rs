//! Charging a card that was authorised, once the host has accepted: written down, called without a transaction, written
//! down again. Whether a host may accept, and what becomes of the booking, is decided elsewhere.

use anyhow::anyhow;
use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, UpdateMany};

use super::{
    asking, find, patience, payment,
    payment::Status,
    rules::{self, AfterError},
    settle,
};
use crate::{
    app::App,
    db::Tx,
    event::Event,
    kernel::{Fault, Money, Never, PaymentId, clock::Instant},
    ports::stripe::{Intent, StripeError},
};

/// How long whoever accepts has for charging the card; then the worker does. Longer than a call may take, so that the
/// two don't meet at Stripe.
const HEAD_START: TimeDelta = TimeDelta::seconds(30);

/// What became of the charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The money is with us.
    Captured,
    /// It never will be, for certain.
    Refused,
    /// That is not known yet: a job asks again.
    Open,
}

/// Stores the capture of a payment with the mark that allows it. Do it after the commit: should nobody get to it, a job
/// will.
pub async fn due(tx: &Tx, payment: PaymentId, now: Instant) -> Result<(), DbErr> {
    Event::CaptureDue { payment }.emit_once(tx, now + HEAD_START, format!("{payment}:0")).await
}

/// Charges the card for whoever has just accepted, and waits for the provider as long as a person would. A second click
/// doesn't call a second time: it waits for what the first is told. Never fails: what is missing comes by a job.
pub async fn first(app: &App, opened: &payment::Model) -> Outcome {
    let done = patience::within(async {
        // As it was when the host accepted: of many clicks, one gets to write down that it asks.
        if opened.capture_attempts == 0
            && let Some(outcome) = ask(app, opened.clone()).await?
        {
            return Ok(outcome);
        }
        loop {
            let payment = find::payment::<Never>(app.db.read(), opened.id).await?;
            if payment.status != Status::Authorised {
                return Ok::<_, Fault<Never>>(outcome(payment.status));
            }
            tokio::time::sleep(patience::LOOK).await;
        }
    });
    match done.await {
        Some(Ok(outcome)) => outcome,
        Some(Err(fault)) => {
            tracing::warn!(payment = %opened.id, ?fault, "a card was not charged at once: a job will");
            Outcome::Open
        }
        None => Outcome::Open,
    }
}

/// Charges the card of an accepted booking, unless that was done. May run any number of times, also at once. What is
/// refused, or was let go at Stripe, is told by [`Event::PaymentLost`].
pub async fn capture(app: &App, id: PaymentId) -> Result<Outcome, Fault<Never>> {
    let payment = find::payment(app.db.read(), id).await?;
    Ok(ask(app, payment).await?.unwrap_or(Outcome::Open))
}

/// `None`: somebody else has begun to since the payment was read.
async fn ask(app: &App, payment: payment::Model) -> Result<Option<Outcome>, Fault<Never>> {
    let id = payment.id;
    let booking = find::booking_of(app.db.read(), &payment).await?;
    let now = app.clock.now();

    if payment.status != Status::Authorised || !rules::may_capture(&booking) {
        return Ok(Some(outcome(payment.status)));
    }
    let Some(intent_id) = payment.intent_id.clone() else {
        return Err(Fault::Broken(anyhow!("payment {id} is authorised and has no intent")));
    };

    let (payment, about_to) = about_to(payment, now);
    let charged = obtain(app, &payment, &intent_id, now);
    let Some(answer) = asking::ask(app, "payments.capture", about_to, charged).await? else {
        return Ok(None);
    };
    match answer {
        Ok(seen) => {
            let payment = settle::follow(app, payment, seen).await?;
            if payment.status == Status::Authorised {
                refuse(app, &payment, "Stripe does not charge it").await?;
                return Ok(Some(Outcome::Refused));
            }
            Ok(Some(outcome(payment.status)))
        }
        Err(error) => match rules::after(&error) {
            AfterError::AskAgain | AfterError::LookUp => {
                ask_again(app, &payment, &error).await?;
                Ok(Some(Outcome::Open))
            }
            AfterError::TryLater => Err(Fault::Broken(error.into())),
            AfterError::GiveUp => {
                refuse(app, &payment, &error.to_string()).await?;
                Ok(Some(Outcome::Refused))
            }
        },
    }
}

const fn outcome(status: Status) -> Outcome {
    match status {
        Status::Succeeded => Outcome::Captured,
        Status::Cancelled => Outcome::Refused,
        _ => Outcome::Open,
    }
}

/// The payment as it is about to be charged, and how that is written down.
fn about_to(payment: payment::Model, now: Instant) -> (payment::Model, UpdateMany<payment::Entity>) {
    let before = payment.capture_attempts;
    let asked = payment::Model {
        capture_attempts: before + 1,
        capture_asked_at: payment.capture_asked_at.or(Some(now)),
        ..payment
    };
    let change = payment::ActiveModel {
        capture_attempts: Set(asked.capture_attempts),
        capture_asked_at: Set(asked.capture_asked_at),
        updated_at: Set(now),
        ..Default::default()
    };
    let about_to = payment::Entity::update_many()
        .set(change)
        .filter(payment::Column::Id.eq(asked.id))
        .filter(payment::Column::Status.eq(Status::Authorised))
        .filter(payment::Column::CaptureAttempts.eq(before));
    (asked, about_to)
}

/// The intent after it was charged, now or before under the same key; looked at only, once the key may be forgotten or
/// where Stripe says no: an intent that is still not charged then is not going to be.
async fn obtain(
    app: &App,
    payment: &payment::Model,
    intent_id: &str,
    now: Instant,
) -> Result<Intent, StripeError> {
    if rules::is_forgotten(payment.capture_asked_at, now) {
        return app.stripe.fetch_intent(intent_id).await;
    }
    let amount = Money::new(payment.amount, payment.currency);
    match app.stripe.capture_intent(intent_id, amount, &format!("{}:capture", payment.id)).await {
        Err(error) if matches!(rules::after(&error), AfterError::LookUp | AfterError::GiveUp) => {
            tracing::warn!(payment = %payment.id, %error, "an authorised card was not charged");
            app.stripe.fetch_intent(intent_id).await
        }
        answer => answer,
    }
}

/// The outcome is unknown: asked for again when its time has come.
async fn ask_again(app: &App, payment: &payment::Model, error: &StripeError) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let Some(wait) = rules::ask_again(payment.capture_attempts) else {
        tracing::error!(payment = %payment.id, %error, "whether the card was charged stays unknown: an admin must look");
        return Ok(());
    };
    tracing::warn!(payment = %payment.id, %error, "whether the card was charged is unknown");
    let key = format!("{}:{}", payment.id, payment.capture_attempts);
    let (due, key) = (&Event::CaptureDue { payment: payment.id }, &key);
    app.db.write(|tx| async move { Ok(due.emit_once(&tx, now + wait, key.clone()).await?) }).await
}

/// Nothing was taken, for certain, and nothing will be: whose booking it is must hear of it.
async fn refuse(app: &App, payment: &payment::Model, why: &str) -> Result<(), Fault<Never>> {
    tracing::warn!(payment = %payment.id, why, "an authorised card cannot be charged");
    let (lost, now) = (&Event::PaymentLost { payment: payment.id }, app.clock.now());
    app.db.write(|tx| async move { Ok(lost.emit(&tx, now).await?) }).await
}
