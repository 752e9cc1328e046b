//! A chargeback was lost and its booking is over: what of it was on its way back to the guest anyway need not be sent, and
//! the rest is borne by those who had been given it. While a booking runs, what was lost waits for its end: only then is
//! it known whose it would have been.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    dispute::{self, Status},
    find, rules,
};
use crate::{
    accounts,
    app::App,
    bookings::{
        self,
        booking::{self, Status as Stay},
    },
    db::Tx,
    event::Event,
    kernel::{BookingId, Fault, Money, Never, PaymentId, clock::Instant},
    ledger::{self, Borne, postings_of_disputes},
    payments::{self, charged_back},
};

/// Whether a booking has ended, one way or another, so that its escrow is empty but for refunds that wait.
pub(super) const fn is_over(booking: &booking::Model) -> bool {
    matches!(booking.status, Stay::Completed | Stay::Cancelled | Stay::Declined | Stay::Expired)
}

/// Lets everybody bear what was lost of a booking that is over. May run any number of times.
pub async fn bear_chargebacks(app: &App, id: BookingId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let booking = bookings::find::by_id(app.db.read(), id).await?.ok_or(Fault::Missing)?;
    let host = booking.host_id;
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, host).await?;
            let booking = bookings::find::locked(&tx, id).await?.ok_or(Fault::Missing)?;
            payments::lock(&tx, id).await?;
            if !is_over(&booking) {
                return Ok(());
            }
            for lost in find::unborne(&*tx, id).await? {
                let Some(payment) = lost.payment_id else { continue };
                let borne = bear(&tx, &booking, payment, &lost, now).await?;
                let change = dispute::ActiveModel { updated_at: Set(now), ..written(borne) };
                dispute::Entity::update_many()
                    .set(change)
                    .filter(dispute::Column::Id.eq(lost.id))
                    .filter(dispute::Column::Status.eq(Status::Lost))
                    .exec(&*tx)
                    .await?;
            }
            Ok(())
        })
        .await
}

/// What a dispute's row says of who bears it.
pub(super) fn written(borne: Borne) -> dispute::ActiveModel {
    dispute::ActiveModel {
        borne: Set(true),
        host_bears: Set(borne.host.minor),
        platform_bears: Set(borne.platform.minor),
        taxes_bear: Set(borne.taxes.minor),
        ..Default::default()
    }
}

/// Posts who bears what, and says so. The caller holds the host, the listing and the payments, and the booking is over.
pub(super) async fn bear(
    tx: &Tx,
    booking: &booking::Model,
    payment: PaymentId,
    lost: &dispute::Model,
    now: Instant,
) -> anyhow::Result<Borne> {
    let worth = Money::new(lost.amount, lost.currency);
    let paid = Money::new(lost.paid_amount, lost.paid_currency);
    let covered = cover(tx, payment, paid, worth, now).await?;
    let has = ledger::shares_of_booking(&**tx, booking.id, booking.host_id, lost.currency).await?;
    let borne = rules::bearers(worth.minus(covered)?, has)?;
    let draft = postings_of_disputes::chargeback_lost(
        booking.id,
        booking.host_id,
        lost.id,
        worth,
        covered,
        borne,
        now,
    );
    ledger::post(tx, &draft).await?;
    charged_back::settled(tx, payment, now).await?;
    if borne.host.minor > 0 {
        Event::HostOwes { booking: booking.id }.emit(tx, now).await?;
    }
    Ok(borne)
}

/// What waits to go back to the guest has gone already, by the bank's hand. Returns what of that was in escrow.
async fn cover(
    tx: &Tx,
    payment: PaymentId,
    paid: Money,
    worth: Money,
    now: Instant,
) -> anyhow::Result<Money> {
    let refunds = charged_back::unsent(tx, payment).await?;
    let covers = rules::covers(paid, worth, &refunds);
    let mut in_escrow = Money::zero(worth.currency);
    for (refund, cover) in refunds.iter().zip(covers).filter(|(_, cover)| cover.worth > 0) {
        let named = payments::rules::borne_of(refund, worth.currency);
        let left = refund.listing_amount - cover.worth;
        let held = refund.from_escrow - cover.from_escrow;
        // Whoever bears all of it goes on doing so; whoever bears what does not come out of escrow, that.
        let of = if refund.from_escrow == refund.listing_amount { left } else { left - held };
        let borne = named.of_total(Money::new(of, worth.currency))?;
        let parts = (cover.paid, cover.worth, cover.from_escrow);
        charged_back::cover(tx, refund, parts, borne, now).await?;
        in_escrow = in_escrow.plus(Money::new(cover.from_escrow, worth.currency))?;
    }
    Ok(in_escrow)
}
