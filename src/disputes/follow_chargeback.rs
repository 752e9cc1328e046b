//! A guest's bank has moved: what Stripe says of the chargeback *now* is written down, posted, and tells whether the host
//! may be paid. The webhook is only a hint where to look, so neither order nor repetition matters.

use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::{
    bear,
    dispute::{self, Kind, Status},
    find, rules,
};
use crate::{
    accounts,
    app::App,
    bookings::{self, booking},
    db::Tx,
    event::Event,
    kernel::{DisputeId, Fault, Money, Never, clock::Instant},
    ledger::{self, postings_of_disputes as postings},
    payments::{
        self, charged_back, payment,
        rules::{AfterError, after},
    },
    payouts::{self, payout::HeldFor},
    ports::stripe::{Dispute as Seen, DisputeStatus},
};

/// Follows a chargeback (`du_…`) to where it is at Stripe. One that is about no payment of ours is left to admins.
pub async fn follow_chargeback(app: &App, provider_id: &str) -> Result<(), Fault<Never>> {
    let seen = match app.stripe.fetch_dispute(provider_id).await {
        Ok(seen) => seen,
        Err(error) if after(&error) == AfterError::GiveUp => {
            tracing::error!(dispute = provider_id, %error, "a chargeback is gone: an admin must look");
            return Ok(());
        }
        Err(error) => return Err(Fault::Broken(error.into())),
    };
    let payment = match &seen.intent {
        Some(intent) => payments::find::by_intent(app.db.read(), intent).await?,
        None => None,
    };
    let Some(payment) = payment else {
        tracing::error!(
            dispute = provider_id,
            "a chargeback is about no payment of ours: an admin must look"
        );
        return Ok(());
    };
    let booking = payments::find::booking_of::<Never>(app.db.read(), &payment).await?;
    let (seen, host, now) = (&seen, booking.host_id, app.clock.now());
    app.db
        .write(|tx| async move {
            // The host's payouts are judged before or after, and nobody else reckons with the payment.
            accounts::lock(&tx, host).await?;
            let booking = bookings::find::locked(&tx, payment.booking_id).await?.ok_or(Fault::Missing)?;
            payments::lock(&tx, booking.id).await?;
            let payment = payments::find::payment(&*tx, payment.id).await?;
            let dispute = match find::by_provider(&*tx, &seen.id).await? {
                Some(dispute) => dispute,
                None => begin(&tx, &booking, &payment, seen, now).await?,
            };
            if !matches!(dispute.status, Status::Won | Status::Lost) {
                advance(&tx, &booking, &payment, dispute, seen, now).await?;
            }
            Ok(())
        })
        .await
}

/// A chargeback that we have not heard of: it holds the payout from here on.
async fn begin(
    tx: &Tx,
    booking: &booking::Model,
    payment: &payment::Model,
    seen: &Seen,
    now: Instant,
) -> Result<dispute::Model, Fault<Never>> {
    let currency = booking.price.currency;
    let is_ours = rules::problem(payment, seen).is_none();
    let worth = if is_ours {
        rules::worth(payment, seen.amount).map_err(anyhow::Error::from)?
    } else {
        Money::zero(currency)
    };
    let row = dispute::ActiveModel {
        id: Set(DisputeId::new()),
        kind: Set(Kind::Chargeback),
        booking_id: Set(booking.id),
        status: Set(Status::Open),
        opened_by: Set(None),
        open_key: Set(None),
        claim: Set(None),
        currency: Set(currency),
        amount: Set(worth.minor),
        text: Set(String::new()),
        respond_by: Set(None),
        answer: Set(None),
        answered_at: Set(None),
        refund: Set(0),
        host_bears: Set(0),
        platform_bears: Set(0),
        taxes_bear: Set(0),
        to_host: Set(0),
        decided_by: Set(None),
        decision: Set(None),
        payment_id: Set(Some(payment.id)),
        provider_id: Set(Some(seen.id.clone())),
        bank_reason: Set(Some(seen.reason.clone())),
        paid_currency: Set(seen.amount.currency),
        paid_amount: Set(seen.amount.minor),
        withdrawn: Set(false),
        borne: Set(false),
        fee_currency: Set(seen.amount.currency),
        fee: Set(0),
        problem: Set(None),
        closed_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let dispute = row.insert(&**tx).await?;
    payouts::hold(tx, booking.id, dispute.id, HeldFor::Chargeback, now).await?;
    Event::DisputeOpened { dispute: dispute.id }.emit(tx, now).await?;
    Ok(dispute)
}

/// Moves a chargeback that is not over to where it is.
async fn advance(
    tx: &Tx,
    booking: &booking::Model,
    payment: &payment::Model,
    dispute: dispute::Model,
    seen: &Seen,
    now: Instant,
) -> Result<(), Fault<Never>> {
    // What is won is ours once it has come back.
    let is_back = seen.status == DisputeStatus::Won && (!seen.was_withdrawn() || seen.was_reinstated());
    let was_put_aside = dispute.status == Status::Resolved;
    if let Some(problem) = rules::problem(payment, seen) {
        if was_put_aside {
            return Ok(());
        }
        if is_back && !dispute.withdrawn {
            // Whatever it was about: nothing of it is missing, and nothing was posted.
            let mut change = dispute::ActiveModel { problem: Set(Some(problem)), ..Default::default() };
            fees(tx, booking, seen, &mut change, now).await?;
            change.status = Set(Status::Won);
            return close(tx, booking, &dispute, change, now).await;
        }
        tracing::error!(dispute = %dispute.id, problem, "a chargeback does not match: an admin must look");
        let change = dispute::ActiveModel {
            status: Set(Status::NeedsReview),
            problem: Set(Some(problem)),
            ..Default::default()
        };
        return write(tx, &dispute, change, now).await;
    }
    if was_put_aside {
        // It fits after all.
        payouts::hold(tx, booking.id, dispute.id, HeldFor::Chargeback, now).await?;
    }
    let worth = rules::worth(payment, seen.amount).map_err(anyhow::Error::from)?;
    let mut change = dispute::ActiveModel {
        status: Set(Status::Open),
        amount: Set(worth.minor),
        problem: Set(None),
        ..Default::default()
    };
    fees(tx, booking, seen, &mut change, now).await?;

    let mut withdrawn = dispute.withdrawn;
    if seen.was_withdrawn() && !withdrawn {
        let draft = postings::chargeback_opened(booking.id, dispute.id, seen.amount, worth, now);
        ledger::post(tx, &draft).await?;
        charged_back::taken(tx, payment.id, seen.amount, worth).await?;
        withdrawn = true;
    }
    change.withdrawn = Set(withdrawn);
    if is_back {
        if withdrawn {
            let draft = postings::chargeback_won(booking.id, dispute.id, now);
            let source = postings::chargeback_source(dispute.id);
            ledger::post(tx, &ledger::reversal(tx, &source, draft).await?).await?;
            charged_back::came_back(tx, payment.id, seen.amount, worth, now).await?;
        }
        change.status = Set(Status::Won);
        change.withdrawn = Set(false);
    } else if seen.status == DisputeStatus::Lost {
        change.status = Set(Status::Lost);
        if !withdrawn {
            change.borne = Set(true);
        } else if bear::is_over(booking) {
            let lost = dispute::Model { amount: worth.minor, ..dispute.clone() };
            let borne = bear::bear(tx, booking, payment.id, &lost, now).await?;
            let bears = bear::written(borne);
            (change.borne, change.host_bears) = (bears.borne, bears.host_bears);
            (change.platform_bears, change.taxes_bear) = (bears.platform_bears, bears.taxes_bear);
        }
    } else {
        return write(tx, &dispute, change, now).await;
    }
    close(tx, booking, &dispute, change, now).await
}

/// It is over: the host may be paid, and is told.
async fn close(
    tx: &Tx,
    booking: &booking::Model,
    dispute: &dispute::Model,
    change: dispute::ActiveModel,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let change = dispute::ActiveModel { closed_at: Set(Some(now)), ..change };
    write(tx, dispute, change, now).await?;
    payouts::release(tx, booking.id, dispute.id, now).await?;
    Ok(Event::DisputeClosed { dispute: dispute.id }.emit(tx, now).await?)
}

/// Posts what Stripe keeps for it, or gives back: once per line of its list.
async fn fees(
    tx: &Tx,
    booking: &booking::Model,
    seen: &Seen,
    change: &mut dispute::ActiveModel,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let mut sum = 0;
    for line in seen.lines.iter().filter(|line| line.fee != 0) {
        let fee = Money::new(line.fee, line.currency);
        ledger::post(tx, &postings::dispute_fee(booking.id, &line.id, fee, now)).await?;
        sum += line.fee;
        change.fee_currency = Set(line.currency);
    }
    change.fee = Set(sum);
    Ok(())
}

async fn write(
    tx: &Tx,
    dispute: &dispute::Model,
    change: dispute::ActiveModel,
    now: Instant,
) -> Result<(), Fault<Never>> {
    let row = dispute::ActiveModel { id: Set(dispute.id), updated_at: Set(now), ..change };
    row.update(&**tx).await?;
    Ok(())
}
