//! What becomes of a refund, whoever says so first: the answer to our call or a webhook. Our row, the ledger and the
//! event go together. Stripe is not called here.

use anyhow::anyhow;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{
    bear, find, payment, refund,
    refund::Status,
    rules::{self, name},
};
use crate::{
    app::App,
    db::{Db, Tx},
    event::Event,
    kernel::{Fault, Money, Never, RefundId, clock::Instant},
    ledger::{self, Account, postings},
    ports::stripe::Refund,
};

/// How often a row is looked at again because somebody was faster.
const LOOKS: u32 = 5;

/// Moves our refund to where Stripe's is. Says what is wrong, where the two can't be matched.
pub(super) async fn follow(app: &App, seen: &Refund) -> Result<Option<String>, Fault<Never>> {
    record(&app.db, seen, app.clock.now()).await
}

/// The same with the database alone.
pub(super) async fn record(db: &Db, seen: &Refund, now: Instant) -> Result<Option<String>, Fault<Never>> {
    for _ in 0..LOOKS {
        let Some((refund, payment)) = ours(db, seen).await? else {
            return Ok(Some(format!("{} is no refund of ours", seen.id)));
        };
        if !rules::refund_matches(&refund, &payment, seen) {
            return Ok(Some(format!("{} does not match {}", seen.id, refund.id)));
        }
        let next = rules::refund_advance(refund.status, seen.status);
        if next.is_none() && refund.provider_id.is_some() {
            return Ok(None);
        }
        let (refund, provider_id) = (&refund, seen.id.as_str());
        let is_written = db
            .write(|tx| async move {
                match next {
                    Some(Status::Succeeded) => refund_succeeded(&tx, refund, provider_id, now).await,
                    Some(Status::Failed) => refund_failed(&tx, refund, Some(provider_id), now).await,
                    // On its way: only now do we know its name.
                    _ => moved(&tx, refund, next.unwrap_or(refund.status), Some(provider_id), now).await,
                }
            })
            .await?;
        if is_written {
            return Ok(None);
        }
    }
    Err(Fault::Broken(anyhow!("refund {} does not stand still", seen.id)))
}

/// The row that Stripe's refund is about.
async fn ours(db: &Db, seen: &Refund) -> Result<Option<(refund::Model, payment::Model)>, Fault<Never>> {
    let by_name =
        refund::Entity::find().filter(refund::Column::ProviderId.eq(&seen.id)).one(db.read()).await?;
    let id = match by_name {
        Some(refund) => Some(refund.id),
        None => seen.metadata.get(name::REFUND).and_then(|id| id.parse::<RefundId>().ok()),
    };
    match id {
        None => Ok(None),
        Some(id) => match find::refund(db.read(), id).await {
            Ok(both) => Ok(Some(both)),
            Err(Fault::Missing) => Ok(None),
            Err(fault) => Err(fault),
        },
    }
}

/// The money went back: the ledger and the others hear of it, once. False when the refund is not where it was read.
pub async fn refund_succeeded(
    tx: &Tx,
    refund: &refund::Model,
    provider_id: &str,
    now: Instant,
) -> Result<bool, Fault<Never>> {
    if !moved(tx, refund, Status::Succeeded, Some(provider_id), now).await? {
        return Ok(false);
    }
    went_back(tx, refund, Account::ProviderCash, now).await?;
    Ok(true)
}

/// An admin has paid the guest in another way than through Stripe: the refund, which nobody else knows of yet, is done.
pub(super) async fn paid_out_of_band(
    tx: &Tx,
    refund: &refund::Model,
    now: Instant,
) -> Result<refund::Model, Fault<Never>> {
    if !moved(tx, refund, Status::OutOfBand, None, now).await? {
        return Err(Fault::Broken(anyhow!("refund {} is on its way", refund.id)));
    }
    went_back(tx, refund, Account::PlatformBank, now).await?;
    Ok(refund::Model { status: Status::OutOfBand, ..refund.clone() })
}

/// Posts a refund that has left the platform's `cash`, and tells the others.
async fn went_back(tx: &Tx, refund: &refund::Model, cash: Account, now: Instant) -> Result<(), Fault<Never>> {
    let payment = find::payment::<Never>(&**tx, refund.payment_id).await?;
    let amounts = amounts(refund, &payment);
    let draft = if refund.from_escrow < refund.listing_amount {
        bear::draft(tx, refund, &payment, cash, amounts, now).await?
    } else {
        postings::refunded(payment.booking_id, refund.id, cash, amounts, now)
    };
    ledger::post(tx, &draft).await?;
    if refund.from_escrow < refund.listing_amount && refund.host_bears > 0 {
        // The host was given its share before: it is taken back, if that was sent already.
        Event::HostOwes { booking: payment.booking_id }.emit(tx, now).await?;
    }
    Ok(Event::RefundSettled { refund: refund.id }.emit(tx, now).await?)
}

/// The money did not go back, or came back: it is free to be refunded again, and an admin must look. False when the
/// refund is not where it was read.
pub(super) async fn refund_failed(
    tx: &Tx,
    refund: &refund::Model,
    provider_id: Option<&str>,
    now: Instant,
) -> Result<bool, Fault<Never>> {
    if !moved(tx, refund, Status::Failed, provider_id, now).await? {
        return Ok(false);
    }
    tracing::error!(refund = %refund.id, was = ?refund.status, "a refund failed: an admin must look");
    payment::Entity::update_many()
        .col_expr(payment::Column::Refunded, Expr::col(payment::Column::Refunded).sub(refund.amount))
        .col_expr(
            payment::Column::ListingRefunded,
            Expr::col(payment::Column::ListingRefunded).sub(refund.listing_amount),
        )
        .col_expr(payment::Column::UpdatedAt, Expr::value(now))
        .filter(payment::Column::Id.eq(refund.payment_id))
        .exec(&**tx)
        .await?;
    if refund.status == Status::Succeeded {
        let payment = find::payment::<Never>(&**tx, refund.payment_id).await?;
        let (paid, worth) = amounts(refund, &payment);
        let draft = if refund.from_escrow < refund.listing_amount {
            bear::back(tx, refund, &payment, now).await?
        } else {
            postings::refund_returned(payment.booking_id, refund.id, paid, worth, now)
        };
        ledger::post(tx, &draft).await?;
    }
    Ok(true)
}

/// A refund as it is paid, and as it is worth to the listing.
fn amounts(refund: &refund::Model, payment: &payment::Model) -> (Money, Money) {
    (Money::new(refund.amount, refund.currency), Money::new(refund.listing_amount, payment.listing_currency))
}

/// The guarded update of a refund's row.
async fn moved(
    tx: &Tx,
    refund: &refund::Model,
    status: Status,
    provider_id: Option<&str>,
    now: Instant,
) -> Result<bool, Fault<Never>> {
    let change = refund::ActiveModel {
        status: Set(status),
        provider_id: Set(refund.provider_id.clone().or_else(|| provider_id.map(str::to_owned))),
        updated_at: Set(now),
        ..Default::default()
    };
    let done = refund::Entity::update_many()
        .set(change)
        .filter(refund::Column::Id.eq(refund.id))
        .filter(refund::Column::Status.eq(refund.status))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}
