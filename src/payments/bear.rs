//! A refund that was asked for when the booking's escrow had been handed out: those who bear it are charged when it is
//! done, and credited should it come back. Who they are was decided when it was asked for.

use super::{find, payment, refund, rules};
use crate::{
    db::Tx,
    kernel::{Fault, Money, Never, clock::Instant},
    ledger::{self, Account, Draft, Kind, postings},
};

/// Who is charged how much, now that the refund is done.
pub(super) async fn draft(
    tx: &Tx,
    refund: &refund::Model,
    payment: &payment::Model,
    cash: Account,
    (paid, worth): (Money, Money),
    now: Instant,
) -> Result<Draft, Fault<Never>> {
    let booking = find::booking_of::<Never>(&**tx, payment).await?;
    let escrow = Money::new(refund.from_escrow, worth.currency);
    let borne = rules::borne_of(refund, worth.currency);
    let (amounts, sources) = ((paid, worth), (escrow, borne));
    Ok(postings::refunded_from(booking.id, booking.host_id, refund.id, cash, amounts, sources, now))
}

/// The opposite of what was charged, now that the refund has come back.
pub(super) async fn back(
    tx: &Tx,
    refund: &refund::Model,
    payment: &payment::Model,
    now: Instant,
) -> Result<Draft, Fault<Never>> {
    let source = format!("refund_returned:{}", refund.id);
    let draft = Draft::new(Kind::RefundReturned, source, Some(payment.booking_id), now);
    Ok(ledger::reversal(tx, &format!("refund:{}", refund.id), draft).await?)
}
