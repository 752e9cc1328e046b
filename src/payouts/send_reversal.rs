//! Taking back a part of what was sent to a host: written down, called without a transaction, written down again. Whether
//! it is owed was judged when it was begun.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, UpdateMany,
    sea_query::{Expr, ExprTrait},
};

use super::{
    find, payout, payout_leg,
    rules::name,
    transfer_reversal::{self, Status},
};
use crate::{
    accounts,
    app::App,
    event::Event,
    kernel::{Fault, Money, Never, TransferReversalId, clock::Instant},
    ledger::{self, postings_of_payouts},
    payments::{
        asking,
        rules::{AfterError, after, ask_again, is_forgotten, name as payment_name},
    },
    ports::stripe::{Reversal, StripeError},
};

/// Takes a part of a payout back, unless that is done. May run any number of times, also at once. Afterwards it is done,
/// `UNKNOWN` and asked for again by a job, or failed: then it stays owed.
pub async fn send_reversal(app: &App, id: TransferReversalId) -> Result<(), Fault<Never>> {
    let reversal = find::reversal::<Never>(app.db.read(), id).await?;
    let (leg, _) = find::leg::<Never>(app.db.read(), reversal.leg_id).await?;
    let now = app.clock.now();

    if !is_open(reversal.status) {
        return Ok(());
    }
    let Some(transfer) = leg.provider_id.clone() else {
        return give_up(app, &reversal, "the transfer has no name at Stripe").await;
    };
    let (reversal, about_to) = about_to(reversal, now);
    let taken_back = obtain(app, &reversal, &transfer, now);
    let Some(answer) = asking::ask(app, "payouts.send_reversal", about_to, taken_back).await? else {
        // Somebody else is at it.
        return Ok(());
    };
    match answer {
        Ok(Some(seen)) => follow(app, &reversal, &leg, &seen).await,
        Ok(None) => give_up(app, &reversal, "it is not at Stripe, and may not be sent again").await,
        Err(error) => match after(&error) {
            AfterError::AskAgain | AfterError::LookUp => ask_later(app, &reversal, &error).await,
            AfterError::TryLater => Err(Fault::Broken(error.into())),
            AfterError::GiveUp => give_up(app, &reversal, &error.to_string()).await,
        },
    }
}

/// Stripe says that something of a transfer was taken back: what of that is ours and unknown is settled.
pub(super) async fn settle_reversals(app: &App, transfer: &str) -> Result<(), Fault<Never>> {
    let Some(leg) = find::leg_at_stripe(app.db.read(), transfer).await? else { return Ok(()) };
    let known = find::reversals_of(app.db.read(), &[leg.payout_id]).await?;
    let open = known.iter().filter(|it| it.leg_id == leg.id && is_open(it.status)).collect::<Vec<_>>();
    if open.is_empty() {
        return Ok(());
    }
    let seen = app.stripe.reversals_of(transfer).await.map_err(anyhow::Error::from)?;
    for reversal in open {
        if let Some(seen) = seen.iter().find(|seen| is_of(reversal, seen)) {
            follow(app, reversal, &leg, seen).await?;
        }
    }
    Ok(())
}

const fn is_open(status: Status) -> bool {
    matches!(status, Status::Pending | Status::Unknown)
}

fn is_of(reversal: &transfer_reversal::Model, seen: &Reversal) -> bool {
    seen.metadata.get(name::REVERSAL).is_some_and(|id| *id == reversal.id.to_string())
}

/// The reversal as it is about to be asked for, and how that is written down.
fn about_to(
    reversal: transfer_reversal::Model,
    now: Instant,
) -> (transfer_reversal::Model, UpdateMany<transfer_reversal::Entity>) {
    let before = reversal.attempts;
    let asked = transfer_reversal::Model {
        attempts: before + 1,
        asked_at: reversal.asked_at.or(Some(now)),
        ..reversal
    };
    let change = transfer_reversal::ActiveModel {
        attempts: Set(asked.attempts),
        asked_at: Set(asked.asked_at),
        updated_at: Set(now),
        ..Default::default()
    };
    let about_to = transfer_reversal::Entity::update_many()
        .set(change)
        .filter(transfer_reversal::Column::Id.eq(asked.id))
        .filter(transfer_reversal::Column::Status.is_in([Status::Pending, Status::Unknown]))
        .filter(transfer_reversal::Column::Attempts.eq(before));
    (asked, about_to)
}

/// The reversal at Stripe: made, or made before under the same key, or looked up once the key may be forgotten. `None`
/// only after a look-up: then it was never made.
async fn obtain(
    app: &App,
    reversal: &transfer_reversal::Model,
    transfer: &str,
    now: Instant,
) -> Result<Option<Reversal>, StripeError> {
    let look_up = async || {
        let all = app.stripe.reversals_of(transfer).await?;
        Ok(all.into_iter().find(|seen| is_of(reversal, seen)))
    };
    if is_forgotten(reversal.asked_at, now) {
        return look_up().await;
    }
    let key = reversal.id.to_string();
    let amount = Money::new(reversal.amount, reversal.currency);
    let metadata = [(payment_name::BOOKING, reversal.booking_id.to_string()), (name::REVERSAL, key.clone())];
    match app.stripe.reverse_transfer(transfer, amount, &key, &metadata).await {
        Err(error) if after(&error) == AfterError::LookUp => look_up().await,
        answer => answer.map(Some),
    }
}

/// The money is ours again: our rows and the ledger go together, once.
async fn follow(
    app: &App,
    reversal: &transfer_reversal::Model,
    leg: &payout_leg::Model,
    seen: &Reversal,
) -> Result<(), Fault<Never>> {
    let taken = Money::new(reversal.amount, reversal.currency);
    if seen.amount != taken || Some(&seen.transfer) != leg.provider_id.as_ref() {
        tracing::error!(reversal = %reversal.id, ?seen, "a reversal does not match Stripe's: an admin must look");
        return Ok(());
    }
    let now = app.clock.now();
    let change = transfer_reversal::ActiveModel {
        status: Set(Status::Done),
        provider_id: Set(Some(seen.id.clone())),
        problem: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    app.db
        .write(|tx| async move {
            // Whoever reckons with what the host owes does so before or after.
            accounts::lock(&tx, reversal.host_id).await?;
            if !moved(&tx, reversal, change.clone()).await? {
                return Ok(());
            }
            let worth = Money::new(reversal.worth, reversal.listing_currency);
            let (booking, host) = (reversal.booking_id, reversal.host_id);
            let draft = postings_of_payouts::transfer_reversed(booking, host, reversal.id, taken, worth, now);
            ledger::post(&tx, &draft).await?;
            payout::Entity::update_many()
                .col_expr(payout::Column::TakenBack, Expr::col(payout::Column::TakenBack).add(reversal.worth))
                .filter(payout::Column::Id.eq(reversal.payout_id))
                .exec(&*tx)
                .await?;
            Ok(())
        })
        .await
}

/// The guarded update of a reversal's row; false when somebody was faster.
async fn moved(
    tx: &crate::db::Tx,
    reversal: &transfer_reversal::Model,
    change: transfer_reversal::ActiveModel,
) -> Result<bool, Fault<Never>> {
    let done = transfer_reversal::Entity::update_many()
        .set(change)
        .filter(transfer_reversal::Column::Id.eq(reversal.id))
        .filter(transfer_reversal::Column::Status.is_in([Status::Pending, Status::Unknown]))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The outcome is unknown: written down, and asked for again when its time has come. Until then nothing of it is netted.
async fn ask_later(
    app: &App,
    reversal: &transfer_reversal::Model,
    error: &StripeError,
) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let next = ask_again(reversal.attempts).map(|wait| now + wait);
    match next {
        Some(_) => {
            tracing::warn!(reversal = %reversal.id, %error, "whether a transfer was reversed is unknown")
        }
        None => {
            tracing::error!(reversal = %reversal.id, %error, "whether a transfer was reversed stays unknown: an admin must look");
        }
    }
    let change = transfer_reversal::ActiveModel {
        status: Set(Status::Unknown),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    app.db
        .write(|tx| async move {
            if let (true, Some(at)) = (moved(&tx, reversal, change.clone()).await?, next) {
                let key = format!("{}:{}", reversal.id, reversal.attempts);
                Event::TransferReversalDue { reversal: reversal.id }.emit_once(&tx, at, key).await?;
            }
            Ok(())
        })
        .await
}

/// Nothing was taken back, for certain: the host owes it, and the next payouts are netted.
async fn give_up(app: &App, reversal: &transfer_reversal::Model, why: &str) -> Result<(), Fault<Never>> {
    tracing::warn!(reversal = %reversal.id, why, "a transfer was not reversed: it stays owed");
    let now = app.clock.now();
    let change = transfer_reversal::ActiveModel {
        status: Set(Status::Failed),
        problem: Set(Some(why.to_owned())),
        updated_at: Set(now),
        ..Default::default()
    };
    let change = &change;
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, reversal.host_id).await?;
            moved(&tx, reversal, change.clone()).await?;
            Ok(())
        })
        .await
}
