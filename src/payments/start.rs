//! Beginning a payment at Stripe: written down, called without a transaction, written down again. What the guest does
//! with it comes by webhook.

use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    abandon, asking, find, patience, payment,
    payment::Status,
    rules::{self, AfterError, name},
    settle,
};
use crate::{
    app::App,
    bookings::booking,
    event::Event,
    kernel::{Fault, Money, Never, PaymentId, clock::Instant},
    ports::stripe::{Intent, IntentAsk, StripeError},
};

/// Our clock and Stripe's may differ by less than this, when an intent is looked up by its age.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// Starts a payment for whoever has just booked, and waits for the provider as long as a person would. A second click
/// doesn't call a second time: it waits for what the first is told, so that both have the same answer. Never fails: the
/// booking stands, and what is missing comes by a job.
pub async fn first(app: &App, opened: payment::Model, booking: &booking::Model) -> payment::Model {
    let id = opened.id;
    let begun = patience::within(async {
        // As it was opened: of many clicks, one gets to write down that it asks.
        if opened.attempts == 0 && is_to_be_started(&opened) {
            let begun = ask(app, opened.clone(), booking, app.clock.now()).await?;
            if begun.status != Status::Created {
                return Ok(begun);
            }
        }
        loop {
            let payment = find::payment::<Never>(app.db.read(), id).await?;
            if payment.status != Status::Created {
                return Ok::<_, Fault<Never>>(payment);
            }
            tokio::time::sleep(patience::LOOK).await;
        }
    });
    match begun.await {
        Some(Ok(payment)) => payment,
        _ => find::payment::<Never>(app.db.read(), id).await.unwrap_or(opened),
    }
}

/// Starts a payment, unless that was done: afterwards it has its client secret, or is `UNKNOWN` and asked for again by
/// a job. May run any number of times, also at once. The payment of a booking that has ended is abandoned.
pub async fn start(app: &App, id: PaymentId) -> Result<payment::Model, Fault<Never>> {
    let payment = find::payment(app.db.read(), id).await?;
    let purpose = find::purpose_of(app.db.read(), &payment).await?;
    let now = app.clock.now();

    if !is_to_be_started(&payment) {
        return Ok(payment);
    }
    if rules::has_ended(&purpose, now) {
        return abandon::abandon(app, id).await;
    }
    ask(app, payment, &purpose.booking, now).await
}

/// Asks Stripe, unless somebody else has begun to since the payment was read.
async fn ask(
    app: &App,
    payment: payment::Model,
    booking: &booking::Model,
    now: Instant,
) -> Result<payment::Model, Fault<Never>> {
    let id = payment.id;
    let Some((payment, answer)) = ask_stripe(app, &payment, booking, now).await? else {
        return find::payment(app.db.read(), id).await;
    };
    match answer {
        Ok(Some(intent)) => settle::follow(app, payment, intent).await,
        Ok(None) => give_up(app, &payment, "it is not at Stripe, and may not be sent again").await,
        Err(error) => match rules::after(&error) {
            AfterError::AskAgain | AfterError::LookUp => {
                ask_again(app, &payment, &error, Event::PaymentDue { payment: id }).await
            }
            AfterError::TryLater => Err(Fault::Broken(error.into())),
            AfterError::GiveUp => give_up(app, &payment, &error.to_string()).await,
        },
    }
}

/// Whether Stripe's answer is still missing.
fn is_to_be_started(payment: &payment::Model) -> bool {
    payment.intent_id.is_none() && matches!(payment.status, Status::Created | Status::Unknown)
}

/// What Stripe says to a payment that is to be begun, and the payment as it was asked for. `None`: somebody else asks now.
pub(super) type Asked = Option<(payment::Model, Result<Option<Intent>, StripeError>)>;

/// Asks Stripe for the payment's intent.
pub(super) async fn ask_stripe(
    app: &App,
    payment: &payment::Model,
    booking: &booking::Model,
    now: Instant,
) -> Result<Asked, Fault<Never>> {
    let asked = payment::Model {
        attempts: payment.attempts + 1,
        asked_at: payment.asked_at.or(Some(now)),
        ..payment.clone()
    };
    let change = payment::ActiveModel {
        attempts: Set(asked.attempts),
        asked_at: Set(asked.asked_at),
        updated_at: Set(now),
        ..Default::default()
    };
    let about_to = payment::Entity::update_many()
        .set(change)
        .filter(payment::Column::Id.eq(payment.id))
        .filter(payment::Column::Status.is_in([Status::Created, Status::Unknown]))
        .filter(payment::Column::IntentId.is_null())
        .filter(payment::Column::Attempts.eq(payment.attempts));
    let answer = asking::ask(app, "payments.start", about_to, obtain(app, &asked, booking, now)).await?;
    Ok(answer.map(|answer| (asked, answer)))
}

/// The payment's intent: made, or made before under the same key, or looked up once the key may be forgotten. `None`
/// only after a look-up: then it was never made.
async fn obtain(
    app: &App,
    payment: &payment::Model,
    booking: &booking::Model,
    now: Instant,
) -> Result<Option<Intent>, StripeError> {
    let key = payment.id.to_string();
    let look_up = || {
        let since = payment.asked_at.unwrap_or(payment.created_at) - CLOCKS_DIFFER;
        app.stripe.find_intent(name::PAYMENT, &key, since)
    };
    if rules::is_forgotten(payment.asked_at, now) {
        return look_up().await;
    }
    let ask = IntentAsk {
        amount: Money::new(payment.amount, payment.currency),
        manual_capture: payment.manual_capture,
        metadata: vec![(name::BOOKING, booking.id.to_string()), (name::PAYMENT, key.clone())],
        description: format!("Booking {}", booking.code),
        transfer_group: Some(booking.id.to_string()),
    };
    match app.stripe.create_intent(&ask, &key).await {
        Err(error) if rules::after(&error) == AfterError::LookUp => look_up().await,
        answer => answer.map(Some),
    }
}

/// The outcome is unknown: written down, and asked for again by `event` when its time has come.
pub(super) async fn ask_again(
    app: &App,
    payment: &payment::Model,
    error: &StripeError,
    event: Event,
) -> Result<payment::Model, Fault<Never>> {
    let now = app.clock.now();
    let next = rules::ask_again(payment.attempts).map(|wait| now + wait);
    match next {
        Some(_) => tracing::warn!(payment = %payment.id, %error, "whether the payment was begun is unknown"),
        None => {
            tracing::error!(payment = %payment.id, %error, "whether the payment was begun stays unknown: an admin must look");
        }
    }
    let event = &event;
    app.db
        .write(|tx| async move {
            let change = payment::ActiveModel {
                status: Set(Status::Unknown),
                updated_at: Set(now),
                ..Default::default()
            };
            let done = payment::Entity::update_many()
                .set(change)
                .filter(payment::Column::Id.eq(payment.id))
                .filter(payment::Column::Status.is_in([Status::Created, Status::Unknown]))
                .filter(payment::Column::IntentId.is_null())
                .exec(&*tx)
                .await?;
            if let (1, Some(at)) = (done.rows_affected, next) {
                event.emit_once(&tx, at, format!("{}:{}", payment.id, payment.attempts)).await?;
            }
            Ok::<_, Fault<Never>>(())
        })
        .await?;
    find::payment(app.db.read(), payment.id).await
}

/// The payment can't be begun, for certain; an admin must look. The booking's hold ends by itself.
async fn give_up(app: &App, payment: &payment::Model, why: &str) -> Result<payment::Model, Fault<Never>> {
    tracing::error!(payment = %payment.id, why, "a payment cannot be begun: an admin must look");
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let change = payment::ActiveModel {
                status: Set(Status::NeedsReview),
                updated_at: Set(now),
                ..Default::default()
            };
            payment::Entity::update_many()
                .set(change)
                .filter(payment::Column::Id.eq(payment.id))
                .filter(payment::Column::Status.is_in([Status::Created, Status::Unknown]))
                .filter(payment::Column::IntentId.is_null())
                .exec(&*tx)
                .await?;
            Ok::<_, Fault<Never>>(())
        })
        .await?;
    find::payment(app.db.read(), payment.id).await
}
