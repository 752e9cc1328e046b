//! Working on a stored webhook: what Stripe says *now* moves our rows, writes the ledger and tells the others, in one
//! transaction. The webhook itself is only a hint where to look, so neither order nor repetition matters.

use anyhow::anyhow;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    find, payment,
    payment::Status,
    rules::{self, AfterError, News, Step, Subject, name},
    settle_refund, stripe_event,
};
use crate::{
    app::App,
    db::Db,
    drill,
    event::Event,
    kernel::{Fault, Money, Never, PaymentId, clock::Instant},
    ledger::{self, postings},
    ports::stripe::{Charge, Intent, StripeError},
};

/// How often a row is looked at again because somebody was faster.
const LOOKS: u32 = 5;

/// Works on a stored webhook, once; what can't be matched is marked as handled with a problem, for an admin.
pub async fn settle(app: &App, stripe_event_id: &str) -> Result<(), Fault<Never>> {
    let event =
        stripe_event::Entity::find_by_id(stripe_event_id).one(app.db.read()).await?.ok_or(Fault::Missing)?;
    if event.handled_at.is_some() {
        return Ok(());
    }

    // What is about hosts is not for us to work on: others hear of it.
    let mut pass_on = None;
    let problem = match (rules::subject(&event.kind), event.object_id.as_deref()) {
        (Subject::Nothing, _) => None,
        (_, None) => Some("it does not say what it is about".to_owned()),
        (Subject::Intent, Some(id)) => intent_moved(app, id).await?,
        (Subject::Charge, Some(id)) => charge_moved(app, id).await?,
        (Subject::Refund, Some(id)) => refund_moved(app, id).await?,
        (Subject::Account, Some(id)) => {
            pass_on = Some(Event::HostAccountMoved { account: id.to_owned() });
            None
        }
        (Subject::Dispute, Some(id)) => {
            let problem = dispute_moved(app, id).await?;
            pass_on = problem.is_none().then(|| Event::ChargebackMoved { dispute: id.to_owned() });
            problem
        }
        (Subject::Transfer, Some(id)) => {
            pass_on = Some(Event::TransferMoved { transfer: id.to_owned() });
            None
        }
    };

    if let Some(problem) = &problem {
        tracing::error!(
            event = event.id,
            kind = event.kind,
            problem,
            "a webhook cannot be matched: an admin must look"
        );
    }
    drill::point("payments.settle.followed");
    let change = stripe_event::ActiveModel {
        handled_at: Set(Some(app.clock.real_now())),
        problem: Set(problem),
        ..Default::default()
    };
    let (change, id, pass_on, now) = (&change, &event.id, &pass_on, app.clock.now());
    app.db
        .write(|tx| async move {
            if let Some(event) = pass_on {
                event.emit(&tx, now).await?;
            }
            stripe_event::Entity::update_many()
                .set(change.clone())
                .filter(stripe_event::Column::Id.eq(id))
                .exec(&*tx)
                .await?;
            Ok(())
        })
        .await
}

/// What is wrong with a webhook, if anything.
type Verdict = Result<Option<String>, Fault<Never>>;

async fn intent_moved(app: &App, intent_id: &str) -> Verdict {
    // Our row first: what is fetched after it can only be newer.
    let ours = by_intent(&app.db, intent_id).await?;
    let Some(seen) = found(app.stripe.fetch_intent(intent_id).await)? else {
        return Ok(Some(format!("Stripe does not know {intent_id}")));
    };
    let ours = match ours {
        Some(payment) => Some(payment),
        None => by_metadata(&app.db, &seen).await?,
    };
    let Some(payment) = ours else {
        return Ok(Some(format!("{intent_id} is no payment of ours")));
    };
    let payment = follow(app, payment, seen).await?;
    let is_doubtful = payment.status == Status::NeedsReview;
    Ok(is_doubtful.then(|| format!("{intent_id} does not match {}", payment.id)))
}

async fn charge_moved(app: &App, charge_id: &str) -> Verdict {
    let Some(charge) = found(app.stripe.fetch_charge(charge_id).await)? else {
        return Ok(Some(format!("Stripe does not know {charge_id}")));
    };
    let Some(intent_id) = &charge.intent else {
        return Ok(Some(format!("{charge_id} belongs to no payment")));
    };
    if let Some(problem) = intent_moved(app, intent_id).await? {
        return Ok(Some(problem));
    }
    if let Some(payment) = by_intent(&app.db, intent_id).await?
        && payment.charge_id.as_ref() == Some(&charge.id)
        && payment.status == Status::Succeeded
    {
        let (payment, charge, now) = (&payment, &charge, app.clock.now());
        if let Some(draft) = &fee_of(payment, charge, now) {
            let posted =
                app.db.write(|tx| async move { Ok::<_, Fault<Never>>(ledger::post(&tx, draft).await?) });
            posted.await?;
        }
    }
    if charge.amount_refunded.minor == 0 {
        return Ok(None);
    }
    let mut problem = None;
    for refund in app.stripe.refunds_of(intent_id).await.map_err(anyhow::Error::from)? {
        problem = settle_refund::follow(app, &refund).await?.or(problem);
    }
    Ok(problem)
}

async fn refund_moved(app: &App, refund_id: &str) -> Verdict {
    match found(app.stripe.fetch_refund(refund_id).await)? {
        Some(seen) => settle_refund::follow(app, &seen).await,
        None => Ok(Some(format!("Stripe does not know {refund_id}"))),
    }
}

/// Whose payment a chargeback is about is settled first: it may have come before the word of the payment itself.
async fn dispute_moved(app: &App, dispute_id: &str) -> Verdict {
    let Some(seen) = found(app.stripe.fetch_dispute(dispute_id).await)? else {
        return Ok(Some(format!("Stripe does not know {dispute_id}")));
    };
    let Some(intent_id) = &seen.intent else {
        return Ok(Some(format!("{dispute_id} belongs to no payment")));
    };
    if let Some(problem) = intent_moved(app, intent_id).await? {
        return Ok(Some(problem));
    }
    let ours = by_intent(&app.db, intent_id).await?;
    let is_ours = ours.is_some_and(|payment| payment.charge_id.as_ref() == Some(&seen.charge));
    Ok((!is_ours).then(|| format!("{dispute_id} is about a charge that is none of ours")))
}

/// What Stripe has, or none where it says that there is no such thing. Anything else is tried again.
fn found<T>(answer: Result<T, StripeError>) -> Result<Option<T>, Fault<Never>> {
    match answer {
        Ok(it) => Ok(Some(it)),
        Err(error) if rules::after(&error) == AfterError::GiveUp => Ok(None),
        Err(error) => Err(Fault::Broken(error.into())),
    }
}

async fn by_intent(db: &Db, intent_id: &str) -> Result<Option<payment::Model>, DbErr> {
    find::by_intent(db.read(), intent_id).await
}

/// The payment that an intent says it is for. If that has another intent, the two won't match.
async fn by_metadata(db: &Db, seen: &Intent) -> Result<Option<payment::Model>, DbErr> {
    match seen.metadata.get(name::PAYMENT).and_then(|id| id.parse::<PaymentId>().ok()) {
        Some(id) => payment::Entity::find_by_id(id).one(db.read()).await,
        None => Ok(None),
    }
}

/// Moves our payment to where Stripe's intent is. Where somebody was faster, both are looked at again.
pub(super) async fn follow(
    app: &App,
    payment: payment::Model,
    seen: Intent,
) -> Result<payment::Model, Fault<Never>> {
    let (mut payment, mut seen) = (payment, seen);
    for _ in 0..LOOKS {
        let Some(step) = rules::step(&payment, &seen) else { return Ok(payment) };
        let charge = match (&step.news, &seen.latest_charge) {
            (Some(News::Settled), Some(id)) => app.stripe.fetch_charge(id).await.ok(),
            _ => None,
        };
        drill::point("payments.settle.seen");
        let is_written = record(&app.db, &payment, &seen, &step, charge.as_ref(), app.clock.now()).await?;
        payment = find::payment(app.db.read(), payment.id).await?;
        if is_written {
            return Ok(payment);
        }
        seen = app.stripe.fetch_intent(&seen.id).await.map_err(anyhow::Error::from)?;
    }
    Err(Fault::Broken(anyhow!("payment {} does not stand still", payment.id)))
}

/// Writes a step with all that follows from it: ledger, fee (where Stripe knows it already; else the charge's own
/// webhook brings it), events. False, and nothing written, when the payment is not where it was read.
pub(super) async fn record(
    db: &Db,
    payment: &payment::Model,
    seen: &Intent,
    step: &Step,
    charge: Option<&Charge>,
    now: Instant,
) -> Result<bool, Fault<Never>> {
    let is_ours = step.status != Status::NeedsReview;
    if !is_ours {
        tracing::error!(payment = %payment.id, ?seen, "a payment does not match Stripe's: an admin must look");
    }
    let change = payment::ActiveModel {
        status: Set(step.status),
        captured: Set(step.captured),
        charge_id: Set(step.charge_id.clone()),
        decline_code: Set(step.decline_code.clone()),
        intent_id: Set(payment.intent_id.clone().or_else(|| is_ours.then(|| seen.id.clone()))),
        client_secret: Set(payment
            .client_secret
            .clone()
            .or_else(|| seen.client_secret.clone().filter(|_| is_ours))),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    db.write(|tx| async move {
        let done = payment::Entity::update_many()
            .set(change.clone())
            .filter(payment::Column::Id.eq(payment.id))
            .filter(payment::Column::Status.eq(payment.status))
            // A second declined card leaves the status as it is: only the last try tells it from the first.
            .filter(is_still(payment::Column::ChargeId, payment.charge_id.as_deref()))
            .filter(is_still(payment::Column::DeclineCode, payment.decline_code.as_deref()))
            .exec(&*tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        match step.news {
            Some(News::Settled) => {
                let paid = Money::new(step.captured, payment.currency);
                let worth = Money::new(payment.listing_amount, payment.listing_currency);
                let draft = postings::charge_captured(payment.booking_id, payment.id, paid, worth, now);
                let fee = charge.and_then(|charge| fee_of(payment, charge, now));
                let drafts: Vec<_> = std::iter::once(draft).chain(fee).collect();
                ledger::post_all(&tx, &drafts).await?;
                Event::PaymentSettled { payment: payment.id }.emit(&tx, now).await?;
            }
            Some(News::Failed) => Event::PaymentFailed { payment: payment.id }.emit(&tx, now).await?,
            Some(News::Underway) => {
                let underway = match payment.change_id {
                    Some(change) => Event::ChangePaymentUnderway { change },
                    None => Event::PaymentUnderway { booking: payment.booking_id },
                };
                underway.emit(&tx, now).await?;
            }
            Some(News::Authorised) => Event::PaymentAuthorised { payment: payment.id }.emit(&tx, now).await?,
            Some(News::Lost) => Event::PaymentLost { payment: payment.id }.emit(&tx, now).await?,
            None => {}
        }
        Ok(true)
    })
    .await
}

/// Whether a column holds what was read.
fn is_still(column: payment::Column, read: Option<&str>) -> Expr {
    read.map_or_else(|| column.is_null(), |text| column.eq(text))
}

/// The posting of Stripe's fee of a charge, where it is known; its source makes it one.
fn fee_of(payment: &payment::Model, charge: &Charge, now: Instant) -> Option<ledger::Draft> {
    let settlement = charge.settlement.as_ref().filter(|settlement| settlement.fee.minor != 0)?;
    Some(postings::provider_fee(payment.booking_id, &charge.id, settlement.fee, now))
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
