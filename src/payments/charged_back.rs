//! What a payment and its refunds must know of chargebacks: what the guest's bank has taken, and which refunds need not be
//! sent any more. Who argues about what, and who bears it, is decided elsewhere. The caller holds the booking's payments.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};

use super::{payment, refund, refund::Status};
use crate::{
    db::Tx,
    event::Event,
    kernel::{Money, PaymentId, clock::Instant},
    ledger::Borne,
};

/// The bank took so much: nothing of that can be given back a second time, and nothing at all while it is argued about.
pub async fn taken(tx: &Tx, payment: PaymentId, paid: Money, worth: Money) -> Result<(), DbErr> {
    change(tx, payment, paid.minor, worth.minor, 1).await
}

/// It came back: refunds that waited go on.
pub async fn came_back(
    tx: &Tx,
    payment: PaymentId,
    paid: Money,
    worth: Money,
    now: Instant,
) -> Result<(), DbErr> {
    change(tx, payment, -paid.minor, -worth.minor, -1).await?;
    resume(tx, payment, now).await
}

/// It is gone, and somebody bears it: what is left of refunds that waited goes on.
pub async fn settled(tx: &Tx, payment: PaymentId, now: Instant) -> Result<(), DbErr> {
    change(tx, payment, 0, 0, -1).await?;
    resume(tx, payment, now).await
}

async fn change(tx: &Tx, id: PaymentId, paid: i64, worth: i64, open: i32) -> Result<(), DbErr> {
    let add = |column, more: i64| Expr::col(column).add(more);
    payment::Entity::update_many()
        .col_expr(payment::Column::ChargedBack, add(payment::Column::ChargedBack, paid))
        .col_expr(payment::Column::ListingChargedBack, add(payment::Column::ListingChargedBack, worth))
        .col_expr(payment::Column::OpenChargebacks, Expr::col(payment::Column::OpenChargebacks).add(open))
        .filter(payment::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The refunds of a payment that Stripe was not asked for yet, oldest first.
pub async fn unsent(tx: &Tx, payment: PaymentId) -> Result<Vec<refund::Model>, DbErr> {
    refund::Entity::find()
        .filter(refund::Column::PaymentId.eq(payment))
        .filter(refund::Column::Status.eq(Status::Pending))
        .filter(refund::Column::AskedAt.is_null())
        .filter(refund::Column::ProviderId.is_null())
        .order_by_asc(refund::Column::Id)
        .all(&**tx)
        .await
}

/// So much of a refund need not be sent any more, since the bank has taken it itself: `paid` as it was paid, `worth` in
/// the listing's currency, of which `from_escrow`. What is left is borne in proportion.
pub async fn cover(
    tx: &Tx,
    refund: &refund::Model,
    (paid, worth, from_escrow): (i64, i64, i64),
    borne: Borne,
    now: Instant,
) -> Result<(), DbErr> {
    let change = if worth == refund.listing_amount {
        refund::ActiveModel { status: Set(Status::Covered), updated_at: Set(now), ..Default::default() }
    } else {
        refund::ActiveModel {
            amount: Set(refund.amount - paid),
            listing_amount: Set(refund.listing_amount - worth),
            from_escrow: Set(refund.from_escrow - from_escrow),
            host_bears: Set(borne.host.minor),
            platform_bears: Set(borne.platform.minor),
            taxes_bear: Set(borne.taxes.minor),
            updated_at: Set(now),
            ..Default::default()
        }
    };
    let done = refund::Entity::update_many()
        .set(change)
        .filter(refund::Column::Id.eq(refund.id))
        .filter(refund::Column::Status.eq(Status::Pending))
        .filter(refund::Column::AskedAt.is_null())
        .exec(&**tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(DbErr::Custom(format!("refund {} is on its way", refund.id)));
    }
    payment::Entity::update_many()
        .col_expr(payment::Column::Refunded, Expr::col(payment::Column::Refunded).sub(paid))
        .col_expr(payment::Column::ListingRefunded, Expr::col(payment::Column::ListingRefunded).sub(worth))
        .filter(payment::Column::Id.eq(refund.payment_id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Refunds that waited for the end of a chargeback are sent.
async fn resume(tx: &Tx, payment: PaymentId, now: Instant) -> Result<(), DbErr> {
    for refund in unsent(tx, payment).await? {
        // Apart from the job that looks once a day.
        let key = format!("{}:{}:resumed", refund.id, refund.attempts);
        Event::RefundDue { refund: refund.id }.emit_once(tx, now, key).await?;
    }
    Ok(())
}
