//! A booking is over: what was in escrow becomes the host's, the platform's and the tax office's, and the host's payout is
//! scheduled.

use super::{booking, giving_back, rules};
use crate::{
    db::Tx,
    event::Event,
    kernel::clock::Instant,
    ledger::{
        self,
        postings::{self, Parts},
    },
    payments, payouts,
};

/// Posts what is kept of a booking in the listing's currency: the price less what the policy gives `back`, of which each
/// bears what it was named to bear of what went back out of goodwill. Nothing when nothing is kept. The caller has locked
/// the payments.
pub async fn recognise(tx: &Tx, booking: &booking::Model, back: Parts, now: Instant) -> anyhow::Result<()> {
    let paid = payments::find::counting(&**tx, booking.id).await?;
    let held = giving_back::held(&booking.price, &paid)?;
    if paid.iter().any(|payment| payment.charged_back > 0) {
        // What the guest's bank took back and kept is borne now that everybody has a share.
        Event::ChargebacksDue { booking: booking.id }.emit(tx, now).await?;
    }
    let borne = payments::find::borne(&**tx, &paid, booking.price.currency).await?;
    let kept = giving_back::kept(&booking.price, back, held, borne)?;
    let draft = postings::recognition_after_goodwill(
        booking.id,
        booking.host_id,
        kept.parts,
        kept.borne,
        booking.price.host_fee,
        held,
        now,
    )?;
    if let Some(draft) = draft {
        ledger::post(tx, &draft).await?;
        let amount = postings::settlement(kept.parts, kept.borne, booking.price.host_fee)?.host;
        let gross = kept.parts.base.minus(kept.borne.host)?;
        let earned = payouts::Earned { booking: booking.id, host: booking.host_id, gross, amount };
        let due_at = rules::payout_due(booking.check_in_at, booking.check_out_at, now);
        payouts::schedule(tx, earned, due_at, now).await?;
    }
    Ok(())
}
