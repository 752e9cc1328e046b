//! Sending a refund to Stripe: written down, called without a transaction, written down again. Whether it may go back
//! was judged when it was asked for.

use anyhow::anyhow;
use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, UpdateMany};

use super::{
    asking, find, payment, refund,
    refund::Status,
    rules::{self, AfterError, name},
    settle_refund,
};
use crate::{
    app::App,
    event::Event,
    kernel::{Fault, Money, Never, RefundId, clock::Instant},
    ports::stripe::{Refund, StripeError},
};

/// Sends a refund, unless it is done. May run any number of times, also at once. Afterwards it is done, on its way
/// (a webhook tells the end), `UNKNOWN` and asked for again by a job, or failed.
pub async fn send_refund(app: &App, id: RefundId) -> Result<refund::Model, Fault<Never>> {
    let (refund, payment) = find::refund(app.db.read(), id).await?;
    let now = app.clock.now();

    if !matches!(refund.status, Status::Pending | Status::Unknown) {
        return Ok(refund);
    }
    if payment.open_chargebacks > 0 && refund.provider_id.is_none() && refund.asked_at.is_none() {
        // Stripe gives nothing back while the bank argues: whoever ends that sends it, or finds it covered.
        return Ok(refund);
    }
    let Some(intent_id) = payment.intent_id.clone() else {
        return Err(Fault::Broken(anyhow!("refund {id} belongs to a payment without an intent")));
    };

    let (refund, about_to) = about_to(refund, now);
    let sent = obtain(app, &refund, &payment, &intent_id, now);
    let Some(answer) = asking::ask(app, "payments.refund", about_to, sent).await? else {
        // Somebody else is at it.
        return Ok(find::refund(app.db.read(), id).await?.0);
    };
    match answer {
        Ok(Some(seen)) => {
            if let Some(problem) = settle_refund::follow(app, &seen).await? {
                tracing::error!(refund = %id, problem, "a refund does not match Stripe's: an admin must look");
            }
        }
        Ok(None) => give_up(app, &refund, "it is not at Stripe, and may not be sent again").await?,
        Err(error) => match rules::after(&error) {
            AfterError::AskAgain | AfterError::LookUp => ask_again(app, &refund, &error).await?,
            AfterError::TryLater => return Err(Fault::Broken(error.into())),
            // Of what a bank has kept a part of, Stripe gives nothing back ever.
            AfterError::GiveUp if error.code() == Some("charge_disputed") && payment.charged_back == 0 => {
                wait(app, &refund).await?;
            }
            AfterError::GiveUp => give_up(app, &refund, &error.to_string()).await?,
        },
    }
    Ok(find::refund(app.db.read(), id).await?.0)
}

/// The refund as it is about to be sent, and how that is written down.
fn about_to(refund: refund::Model, now: Instant) -> (refund::Model, UpdateMany<refund::Entity>) {
    let before = refund.attempts;
    let asked = refund::Model { attempts: before + 1, asked_at: refund.asked_at.or(Some(now)), ..refund };
    let change = refund::ActiveModel {
        attempts: Set(asked.attempts),
        asked_at: Set(asked.asked_at),
        updated_at: Set(now),
        ..Default::default()
    };
    let about_to = refund::Entity::update_many()
        .set(change)
        .filter(refund::Column::Id.eq(asked.id))
        .filter(refund::Column::Status.is_in([Status::Pending, Status::Unknown]))
        .filter(refund::Column::Attempts.eq(before));
    (asked, about_to)
}

/// The refund at Stripe: as it is now, or made, or made before under the same key, or looked up once the key may be
/// forgotten. `None` only after a look-up: then it was never made.
async fn obtain(
    app: &App,
    refund: &refund::Model,
    payment: &payment::Model,
    intent_id: &str,
    now: Instant,
) -> Result<Option<Refund>, StripeError> {
    let id = refund.id.to_string();
    let look_up = async || {
        let all = app.stripe.refunds_of(intent_id).await?;
        Ok(all.into_iter().find(|it| it.metadata.get(name::REFUND) == Some(&id)))
    };
    if let Some(provider_id) = &refund.provider_id {
        return app.stripe.fetch_refund(provider_id).await.map(Some);
    }
    if rules::is_forgotten(refund.asked_at, now) {
        return look_up().await;
    }
    let amount = Money::new(refund.amount, refund.currency);
    let metadata = [
        (name::BOOKING, payment.booking_id.to_string()),
        (name::PAYMENT, payment.id.to_string()),
        (name::REFUND, id.clone()),
    ];
    match app.stripe.create_refund(intent_id, amount, &rules::refund_key(refund), &metadata).await {
        Err(error) if rules::after(&error) == AfterError::LookUp => look_up().await,
        answer => answer.map(Some),
    }
}

/// The guest's bank argues about the payment, and we have not heard of it yet: nothing went back, for certain. It is
/// another intent by then, since Stripe remembers what it has refused.
async fn wait(app: &App, refund: &refund::Model) -> Result<(), Fault<Never>> {
    tracing::warn!(refund = %refund.id, "a refund waits for the end of a chargeback");
    let now = app.clock.now();
    let change = refund::ActiveModel {
        status: Set(Status::Pending),
        round: Set(refund.round + 1),
        asked_at: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    app.db
        .write(|tx| async move {
            let done = refund::Entity::update_many()
                .set(change.clone())
                .filter(refund::Column::Id.eq(refund.id))
                .filter(refund::Column::Status.is_in([Status::Pending, Status::Unknown]))
                .filter(refund::Column::Round.eq(refund.round))
                .exec(&*tx)
                .await?;
            if done.rows_affected == 1 {
                let key = format!("{}:{}", refund.id, refund.attempts);
                Event::RefundDue { refund: refund.id }.emit_once(&tx, now + TimeDelta::days(1), key).await?;
            }
            Ok(())
        })
        .await
}

/// The outcome is unknown: written down, and asked for again when its time has come.
async fn ask_again(app: &App, refund: &refund::Model, error: &StripeError) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let next = rules::ask_again(refund.attempts).map(|wait| now + wait);
    match next {
        Some(_) => tracing::warn!(refund = %refund.id, %error, "whether the refund was made is unknown"),
        None => {
            tracing::error!(refund = %refund.id, %error, "whether the refund was made stays unknown: an admin must look");
        }
    }
    app.db
        .write(|tx| async move {
            let change = refund::ActiveModel {
                status: Set(Status::Unknown),
                updated_at: Set(now),
                ..Default::default()
            };
            let done = refund::Entity::update_many()
                .set(change)
                .filter(refund::Column::Id.eq(refund.id))
                .filter(refund::Column::Status.is_in([Status::Pending, Status::Unknown]))
                .exec(&*tx)
                .await?;
            if let (1, Some(at)) = (done.rows_affected, next) {
                let key = format!("{}:{}", refund.id, refund.attempts);
                Event::RefundDue { refund: refund.id }.emit_once(&tx, at, key).await?;
            }
            Ok(())
        })
        .await
}

/// Nothing went back, for certain; an admin must look. What was taken from the payment for it is free again.
async fn give_up(app: &App, refund: &refund::Model, why: &str) -> Result<(), Fault<Never>> {
    tracing::error!(refund = %refund.id, why, "a refund failed: an admin must look");
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            settle_refund::refund_failed(&tx, refund, None, now).await?;
            Ok(())
        })
        .await
}
