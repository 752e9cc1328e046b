//! Asking for a refund: what may still go back is taken from the payment in the caller's transaction. Stripe is called
//! by a job, later.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{
    find, payment, refund,
    rules::{self, Portion},
    settle_refund,
};
use crate::{
    db::Tx,
    event::Event,
    kernel::{Fault, Money, PaymentId, RefundId, UserId, clock::Instant, money::MoneyError},
    ledger::Borne,
};

/// What is to go back.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Of which payment.
    pub payment: PaymentId,
    /// What it is worth to the listing.
    pub worth: Money,
    /// A word for the journal.
    pub reason: &'a str,
    /// How much of it comes out of the booking's escrow; the rest is taken from those who bear it.
    pub from_escrow: Money,
    /// Who bears it, at once or when the booking ends; nobody where a policy gives it.
    pub borne: Borne,
    /// The admin who asks; none where it follows from the rules.
    pub by: Option<UserId>,
    /// Whether the admin has paid the guest in another way: then it is done, and Stripe is not asked.
    pub out_of_band: bool,
}

/// Why a refund is not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The amount is more than what was captured and has not gone back.
    MoreThanPaid {
        /// What may still go back, in the listing's currency.
        left: Money,
    },
    /// The amount is zero or less, no multiple of the currency's step, or too little for the currency that was paid in.
    NotAnAmount,
    /// The listing is in another currency.
    OtherCurrency,
}

/// Asks for what is `worth` so much to the listing to go back to the guest, for `reason` (a word for the journal): out of
/// escrow, as the rules give it.
pub async fn ask_refund(
    tx: &Tx,
    payment: PaymentId,
    worth: Money,
    reason: &str,
    now: Instant,
) -> Result<refund::Model, Fault<Refusal>> {
    let borne = Borne::none(worth.currency);
    ask(tx, &Ask { payment, worth, reason, from_escrow: worth, borne, by: None, out_of_band: false }, now)
        .await
}

/// Asks for a refund in the currency that was paid in: its share of what was paid. The job that sends it commits with
/// the caller's transaction.
pub async fn ask(tx: &Tx, ask: &Ask<'_>, now: Instant) -> Result<refund::Model, Fault<Refusal>> {
    judge_and_store(tx, ask, None, now).await
}

/// What goes back of several payments of a booking at once.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// A word for the journal.
    pub reason: &'a str,
    /// As in [`Ask`], of all of it.
    pub from_escrow: Money,
    /// As in [`Ask`], of all of it.
    pub borne: Borne,
    /// As in [`Ask`].
    pub by: Option<UserId>,
    /// As in [`Ask`].
    pub out_of_band: bool,
}

impl<'a> Whole<'a> {
    /// What the rules give: all of it out of escrow, and nobody bears anything.
    pub fn by_the_rules(worth: Money, reason: &'a str) -> Self {
        Self { reason, from_escrow: worth, borne: Borne::none(worth.currency), by: None, out_of_band: false }
    }
}

/// Asks for each of these portions of a booking's payments to go back. What comes out of escrow, and what each bears, is
/// spread over them; together it is the whole. The caller has locked the payments.
pub async fn ask_each(
    tx: &Tx,
    portions: &[Portion],
    whole: Whole<'_>,
    now: Instant,
) -> Result<Vec<refund::Model>, Fault<Refusal>> {
    let mut escrow = whole.from_escrow;
    let mut borne = whole.borne;
    // Before the booking ends, all comes out of escrow, and who bears it is only remembered.
    let all = Money::sum(escrow.currency, portions.iter().map(|portion| portion.worth));
    let all = all.map_err(anyhow::Error::from)?;
    let is_borne_at_the_end = escrow == all && whole.borne.total() == Ok(all);
    let mut refunds = Vec::new();
    for portion in portions {
        let from_escrow = Money::new(Ord::min(escrow.minor, portion.worth.minor), escrow.currency);
        let bear = |worth: Money, from_escrow| {
            let bears = if is_borne_at_the_end { worth } else { worth.minus(from_escrow)? };
            let mine = borne.of_total(bears)?;
            Ok::<_, MoneyError>((mine, borne.minus(mine)?, escrow.minus(from_escrow)?))
        };
        let (mine, rest, left) = bear(portion.worth, from_escrow).map_err(anyhow::Error::from)?;
        (borne, escrow) = (rest, left);
        let ask = Ask {
            payment: portion.payment,
            worth: portion.worth,
            reason: whole.reason,
            from_escrow,
            borne: mine,
            by: whole.by,
            out_of_band: whole.out_of_band,
        };
        refunds.push(judge_and_store(tx, &ask, Some(portion.paid), now).await?);
    }
    Ok(refunds)
}

/// `paid` is what goes back as it was paid, where that is known and not to be reckoned.
async fn judge_and_store(
    tx: &Tx,
    ask: &Ask<'_>,
    paid: Option<Money>,
    now: Instant,
) -> Result<refund::Model, Fault<Refusal>> {
    let Ask { payment: payment_id, worth, .. } = *ask;
    if worth.minor <= 0 || worth.minor % worth.currency.step() != 0 {
        return Err(Fault::Refused(Refusal::NotAnAmount));
    }
    // Whoever else asks for a refund of this payment waits here until this one is decided: no more get through than
    // were paid for, and the last one takes exactly what is left.
    lock(tx, payment_id, now).await?;
    let payment = find::payment(&**tx, payment_id).await?;

    // What the rules give is owed even while the guest's bank argues about it: it waits. What somebody gives must be there.
    let left = match ask.by {
        Some(_) => rules::returnable(&payment, ask.out_of_band),
        None => rules::left(&payment),
    };
    let amount = judge(&payment, left, worth, paid).map_err(Fault::Refused)?;

    let sum = |column, more: i64| Expr::col(column).add(more);
    payment::Entity::update_many()
        .col_expr(payment::Column::Refunded, sum(payment::Column::Refunded, amount.minor))
        .col_expr(payment::Column::ListingRefunded, sum(payment::Column::ListingRefunded, worth.minor))
        .filter(payment::Column::Id.eq(payment_id))
        .exec(&**tx)
        .await?;
    let row = refund::ActiveModel {
        id: Set(RefundId::new()),
        payment_id: Set(payment_id),
        status: Set(refund::Status::Pending),
        reason: Set(ask.reason.to_owned()),
        currency: Set(amount.currency),
        amount: Set(amount.minor),
        listing_amount: Set(worth.minor),
        from_escrow: Set(ask.from_escrow.minor),
        host_bears: Set(ask.borne.host.minor),
        platform_bears: Set(ask.borne.platform.minor),
        taxes_bear: Set(ask.borne.taxes.minor),
        asked_by: Set(ask.by),
        round: Set(0),
        provider_id: Set(None),
        attempts: Set(0),
        asked_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let refund = row.insert(&**tx).await?;
    if ask.out_of_band {
        return settle_refund::paid_out_of_band(tx, &refund, now).await.map_err(Fault::widen);
    }
    Event::RefundDue { refund: refund.id }.emit_once(tx, now, format!("{}:0", refund.id)).await?;
    Ok(refund)
}

/// What goes back as it was paid, or why nothing does.
fn judge(
    payment: &payment::Model,
    left: rules::Left,
    worth: Money,
    paid: Option<Money>,
) -> Result<Money, Refusal> {
    if left.worth.currency != worth.currency {
        return Err(Refusal::OtherCurrency);
    }
    if worth.minor > left.worth.minor {
        return Err(Refusal::MoreThanPaid { left: left.worth });
    }
    let amount = match paid {
        Some(paid) if paid.currency == left.paid.currency && paid.minor <= left.paid.minor => paid,
        Some(_) => return Err(Refusal::MoreThanPaid { left: left.worth }),
        None => rules::share_of(payment, left, worth).map_err(|_| Refusal::NotAnAmount)?,
    };
    if amount.minor > 0 { Ok(amount) } else { Err(Refusal::NotAnAmount) }
}

/// Holds the payment's row until the transaction's end.
async fn lock(tx: &Tx, id: PaymentId, now: Instant) -> Result<(), Fault<Refusal>> {
    let held = payment::Entity::update_many()
        .col_expr(payment::Column::UpdatedAt, Expr::value(now))
        .filter(payment::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    if held.rows_affected == 1 { Ok(()) } else { Err(Fault::Missing) }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::{
        kernel::Currency,
        ledger::testing::on_each_database,
        payments::testing::{jobs_of, paid},
    };

    #[tokio::test]
    async fn of_fifty_refunds_of_thirty_on_a_hundred_exactly_three_get_through() {
        on_each_database(async |db| {
            let payment = paid(&db, 10_000).await;
            let thirty = Money::new(3_000, Currency::EUR);
            let (db, id) = (&db, payment.id);
            let asked = (0..50).map(|_| {
                db.write(
                    move |tx| async move { ask_refund(&tx, id, thirty, "test", Instant::UNIX_EPOCH).await },
                )
            });
            let answers = join_all(asked).await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
            for answer in answers.into_iter().filter_map(Result::err) {
                let left = Money::new(1_000, Currency::EUR);
                assert!(
                    matches!(answer, Fault::Refused(r) if r == Refusal::MoreThanPaid { left }),
                    "{answer:?}"
                );
            }
            let payment = find::payment::<Refusal>(db.read(), id).await.unwrap();
            assert_eq!(payment.refunded, 9_000);
            assert_eq!(find::refunds_of(db.read(), &[id]).await.unwrap()[&id].len(), 3);
            assert_eq!(jobs_of(db, "payments.refund").await, 3);
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_no_amount_of_the_payment_is_refused() {
        on_each_database(async |db| {
            let payment = paid(&db, 10_000).await;
            let id = payment.id;
            for (amount, refusal) in [
                (Money::new(0, Currency::EUR), Refusal::NotAnAmount),
                (Money::new(-1, Currency::EUR), Refusal::NotAnAmount),
                (Money::new(11, Currency::KWD), Refusal::NotAnAmount),
                (Money::new(100, Currency::USD), Refusal::OtherCurrency),
                (
                    Money::new(10_001, Currency::EUR),
                    Refusal::MoreThanPaid { left: Money::new(10_000, Currency::EUR) },
                ),
                (
                    Money::new(i64::MAX, Currency::EUR),
                    Refusal::MoreThanPaid { left: Money::new(10_000, Currency::EUR) },
                ),
            ] {
                let answer = db
                    .write(|tx| async move { ask_refund(&tx, id, amount, "test", Instant::UNIX_EPOCH).await })
                    .await;
                assert!(matches!(&answer, Err(Fault::Refused(r)) if *r == refusal), "{amount:?}: {answer:?}");
            }
        })
        .await;
    }
}
