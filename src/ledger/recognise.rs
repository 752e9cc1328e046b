//! The end of a booking's escrow: what is kept of the price becomes whose it is, in the transaction that ends the
//! booking. What comes back was judged before.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{
    Account, entry, post,
    postings::{self, Parts},
};
use crate::{
    bookings::{booking, cancellation::Refund},
    db::Tx,
    kernel::{Money, clock::Instant},
};

/// Recognises a completed booking: all of its price.
pub async fn recognise_completed(tx: &Tx, booking: &booking::Model, now: Instant) -> anyhow::Result<()> {
    recognise(tx, booking, Parts::none(booking.price.currency), now).await
}

/// Recognises what is kept of a cancelled booking. `refund` is on its way by now, in full.
pub async fn recognise_cancelled(
    tx: &Tx,
    booking: &booking::Model,
    refund: &Refund,
    now: Instant,
) -> anyhow::Result<()> {
    let back = Parts::of_lines(booking.price.currency, &refund.lines)?;
    recognise(tx, booking, back, now).await
}

async fn recognise(tx: &Tx, booking: &booking::Model, back: Parts, now: Instant) -> anyhow::Result<()> {
    let price = &booking.price;
    let kept = Parts::of(price)?.less(back)?;
    let held = in_escrow(tx, booking).await?.minus(back.total()?)?;
    let draft = postings::recognition(booking.id, booking.host_id, kept, price.host_fee, held, now)?;
    if let Some(draft) = draft {
        let _ = post(tx, &draft).await?;
    }
    Ok(())
}

/// What the ledger holds of a booking's money now.
async fn in_escrow(tx: &Tx, booking: &booking::Model) -> anyhow::Result<Money> {
    let sum = Func::cast_as(entry::Column::Amount.sum(), "BIGINT");
    let balance: Option<Option<i64>> = entry::Entity::find()
        .select_only()
        .expr(Expr::expr(sum))
        .filter(entry::Column::Account.eq(Account::GuestFunds(booking.id).to_string()))
        .filter(entry::Column::Currency.eq(booking.price.currency))
        .into_tuple()
        .one(&**tx)
        .await?;
    // Escrow is a debt of ours: a credit.
    Ok(Money::new(-balance.flatten().unwrap_or(0), booking.price.currency))
}
