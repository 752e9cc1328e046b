//! Cancelling the payment of a booking, or of a change of one, that has ended. Whether money that arrived all the same is
//! kept or goes back is the booking's to decide: here it is only settled.

use anyhow::anyhow;
use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    find, payment,
    payment::Status,
    rules::{self, AfterError},
    settle, start,
};
use crate::{
    app::App,
    drill,
    event::Event,
    kernel::{Fault, Never, PaymentId},
};

/// How soon it is tried again to end what somebody else is just beginning: longer than a call takes.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

/// Sees to it that an ended booking is not paid any more. If it was paid already, the payment is settled as any other:
/// a late payment. An error means: not certain yet, try again; while somebody else is asking Stripe, it comes again itself.
pub async fn abandon(app: &App, id: PaymentId) -> Result<payment::Model, Fault<Never>> {
    let payment = find::payment(app.db.read(), id).await?;
    let purpose = find::purpose_of(app.db.read(), &payment).await?;
    let now = app.clock.now();

    if rules::is_settled(payment.status) || !rules::has_ended(&purpose, now) {
        return Ok(payment);
    }
    if payment.intent_id.is_some() {
        return cancel(app, payment).await;
    }
    if payment.asked_at.is_none() {
        return call_off(app, &payment).await;
    }

    // Stripe was asked and its answer is missing: first the payment itself must be had.
    let Some((payment, answer)) = start::ask_stripe(app, &payment, &purpose.booking, now).await? else {
        return come_again(app, payment).await;
    };
    match answer {
        Ok(Some(intent)) => {
            let payment = settle::follow(app, payment, intent).await?;
            if rules::is_settled(payment.status) { Ok(payment) } else { cancel(app, payment).await }
        }
        Ok(None) => call_off(app, &payment).await,
        Err(error) => match rules::after(&error) {
            AfterError::AskAgain | AfterError::LookUp => {
                start::ask_again(app, &payment, &error, Event::PaymentUnwanted { payment: id }).await
            }
            AfterError::TryLater => Err(Fault::Broken(error.into())),
            AfterError::GiveUp => call_off(app, &payment).await,
        },
    }
}

/// Cancels at Stripe, and follows whatever Stripe says then.
async fn cancel(app: &App, payment: payment::Model) -> Result<payment::Model, Fault<Never>> {
    let id = payment.id;
    let Some(intent_id) = payment.intent_id.clone() else {
        return Err(Fault::Broken(anyhow!("payment {id} has no intent to cancel")));
    };
    // Stripe remembers a refusal too, so the key changes when the payment has moved on.
    let key = format!("{id}:cancel:{:?}", payment.status);
    let seen = match app.stripe.cancel_intent(&intent_id, &key).await {
        Ok(intent) => intent,
        Err(error) if rules::after(&error) == AfterError::GiveUp => {
            app.stripe.fetch_intent(&intent_id).await.map_err(anyhow::Error::from)?
        }
        Err(error) => return Err(Fault::Broken(error.into())),
    };
    drill::point("payments.cancel.answered");
    let payment = settle::follow(app, payment, seen).await?;
    if rules::is_settled(payment.status) {
        Ok(payment)
    } else {
        Err(Fault::Broken(anyhow!("payment {id} cannot be cancelled yet: {:?}", payment.status)))
    }
}

/// Stripe never heard of it: it is cancelled with us alone, unless somebody is just asking Stripe.
async fn call_off(app: &App, payment: &payment::Model) -> Result<payment::Model, Fault<Never>> {
    let now = app.clock.now();
    let is_off = app
        .db
        .write(|tx| async move {
            let change = payment::ActiveModel {
                status: Set(Status::Cancelled),
                updated_at: Set(now),
                ..Default::default()
            };
            let done = payment::Entity::update_many()
                .set(change)
                .filter(payment::Column::Id.eq(payment.id))
                .filter(payment::Column::Status.eq(payment.status))
                .filter(payment::Column::Attempts.eq(payment.attempts))
                .filter(payment::Column::IntentId.is_null())
                .exec(&*tx)
                .await?;
            Ok::<_, Fault<Never>>(done.rows_affected == 1)
        })
        .await?;
    if is_off {
        find::payment(app.db.read(), payment.id).await
    } else {
        come_again(app, payment.clone()).await
    }
}

/// Somebody asks Stripe at this very moment: once that is over, this is tried again.
async fn come_again(app: &App, payment: payment::Model) -> Result<payment::Model, Fault<Never>> {
    let again = &Event::PaymentUnwanted { payment: payment.id };
    let (at, key) = (app.clock.now() + AGAIN, &format!("{}:{}", payment.id, payment.attempts));
    app.db.write(|tx| async move { Ok(again.emit_once(&tx, at, key.clone()).await?) }).await?;
    Ok(payment)
}
