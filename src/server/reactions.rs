//! Who reacts to which event: the one table of consequences. No rule; each reaction is a use case of its own.

use std::{sync::Arc, time::Duration};

use anyhow::Context;

use super::open::POINT_SECRET;
use crate::{
    accounts,
    app::App,
    bookings, calendar, disputes,
    event::Event,
    jobs::{Claim, Handler},
    kernel::Fault,
    notifications, payments, payouts, pricing, search, upkeep,
};

/// The handler of all jobs.
pub fn handler(app: App) -> Handler {
    Arc::new(move |claim| {
        let app = app.clone();
        Box::pin(async move { react(&app, &claim).await })
    })
}

/// How long a job may take.
pub fn limit(claim: &Claim) -> Duration {
    let event = serde_json::from_str::<Event>(&claim.payload);
    let minutes = if event.is_ok_and(|event| event.is_bulk()) { 60 } else { 2 };
    Duration::from_secs(60 * minutes)
}

async fn react(app: &App, claim: &Claim) -> anyhow::Result<()> {
    let event: Event = serde_json::from_str(&claim.payload).context("the job's event cannot be read")?;
    match event {
        Event::SignUpRequested { sign_up } => mail(app, accounts::mail_sign_up(app, sign_up).await).await,
        Event::SignUpOfKnownEmail { user } => {
            mail(app, accounts::mail_known_email(app, user, claim.id, claim.run_at).await).await
        }
        Event::HoldEnds { booking } => done(bookings::expire(app, booking).await),
        Event::PaymentDue { payment } => done(payments::start::start(app, payment).await),
        Event::PaymentUnderway { booking } => done(bookings::prolong(app, booking).await),
        Event::ChangePaymentUnderway { change } => done(bookings::changes::prolong(app, change).await),
        Event::PaymentAuthorised { payment } => done(bookings::request(app, payment).await),
        Event::CaptureDue { payment } => done(payments::capture::capture(app, payment).await),
        Event::PaymentLost { payment } => done(bookings::unpaid(app, payment).await),
        Event::PaymentSettled { payment } => done(bookings::confirm(app, payment).await),
        Event::PaymentFailed { payment } => {
            done(notifications::react::payment_failed(app, payment, claim.id).await)
        }
        Event::PaymentUnwanted { payment } => done(payments::abandon::abandon(app, payment).await),
        Event::RefundDue { refund } => done(payments::send_refund::send_refund(app, refund).await),
        Event::RefundSettled { refund } => done(notifications::react::payment_refunded(app, refund).await),
        Event::StripeEventStored { id } => done(payments::settle::settle(app, &id).await),
        Event::BookingRequested { booking } => {
            done(notifications::react::booking_requested(app, booking).await)
        }
        Event::BookingDeclined { booking } => {
            done(notifications::react::booking_declined(app, booking).await)
        }
        Event::BookingConfirmed { booking } => {
            done(notifications::react::booking_confirmed(app, booking).await)
        }
        Event::ChangeEnds { change } => done(bookings::changes::expire(app, change).await),
        Event::BookingChangeProposed { change } => {
            done(notifications::react_to_changes::proposed(app, change).await)
        }
        Event::BookingChangeAccepted { change } => {
            done(notifications::react_to_changes::accepted(app, change).await)
        }
        Event::BookingChangeEnded { change } => {
            done(notifications::react_to_changes::ended(app, change).await)
        }
        Event::BookingChanged { change } => done(notifications::react_to_changes::changed(app, change).await),
        Event::BookingCancelled { booking } => {
            done(notifications::react::booking_cancelled(app, booking).await)
        }
        Event::BookingExpired { booking } => done(notifications::react::booking_expired(app, booking).await),
        Event::CheckOut { booking } => done(bookings::complete(app, booking).await),
        Event::PayoutDue { payout } => done(payouts::pay(app, payout).await),
        Event::PayoutLegDue { leg } => done(payouts::send_leg(app, leg).await),
        Event::PayoutSent { payout } => done(notifications::react::payout_sent(app, payout).await),
        Event::PayoutFailed { payout } => done(notifications::react::payout_failed(app, payout).await),
        Event::HostAccountMoved { account } => done(payouts::follow_account(app, &account).await),
        Event::TransferMoved { transfer } => done(payouts::follow_transfer(app, &transfer).await),
        Event::HostOwes { booking } => done(payouts::take_back(app, booking).await),
        Event::TransferReversalDue { reversal } => done(payouts::send_reversal(app, reversal).await),
        Event::ChargebackMoved { dispute } => done(disputes::follow_chargeback(app, &dispute).await),
        Event::ChargebacksDue { booking } => done(disputes::bear_chargebacks(app, booking).await),
        Event::DisputeOpened { dispute } => done(notifications::react::dispute_opened(app, dispute).await),
        Event::DisputeAnswered { dispute } => {
            done(notifications::react::dispute_answered(app, dispute).await)
        }
        Event::DisputeClosed { dispute } => done(notifications::react::dispute_resolved(app, dispute).await),
        Event::PayoutAccountChanged { account } => {
            done(notifications::react::payout_account_changed(app, account).await)
        }
        Event::NotificationStored { notification } => done(notifications::mail(app, notification).await),
        Event::FeedDue { feed } => done(calendar::feeds::sync(app, feed).await),
        Event::SearchDayTurns => {
            let secret = app.keys.derive(POINT_SECRET, b"");
            done(search::turn_day(&app.db, &secret, app.clock.now()).await)
        }
        Event::UpkeepDue => done(upkeep::upkeep(app).await),
        Event::RatesDue => done(pricing::refresh_rates(app).await),
    }
}

async fn mail<R: std::fmt::Debug + Send + Sync + 'static>(
    app: &App,
    letter: Result<Option<crate::ports::Letter>, Fault<R>>,
) -> anyhow::Result<()> {
    match letter.map_err(broken)? {
        Some(letter) => app.mail.send_or_drop(&letter).await.map(|_| ()),
        None => Ok(()),
    }
}

fn done<T, R: std::fmt::Debug>(outcome: Result<T, Fault<R>>) -> anyhow::Result<()> {
    match outcome {
        Ok(_) => Ok(()),
        // What it was about has gone: there is nothing left to do.
        Err(Fault::Missing) => Ok(()),
        Err(fault) => Err(broken(fault)),
    }
}

fn broken<R: std::fmt::Debug>(fault: Fault<R>) -> anyhow::Error {
    match fault {
        Fault::Broken(cause) => cause,
        other => anyhow::anyhow!("{other:?}"),
    }
}
