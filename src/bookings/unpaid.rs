//! An authorised card can't be charged any more, though the host has accepted or might have: the request is declined.

use sea_orm::ActiveValue::Set;

use super::{
    booking::{self, Status},
    decline, find, rules, state,
};
use crate::{
    app::App,
    kernel::{Fault, Never, PaymentId},
    payments::{self, payment},
};

/// Declines the booking of a payment whose capture was refused, or whose authorisation was let go at the provider. Runs
/// as often as it is told to, with one effect.
pub async fn unpaid(app: &App, payment: PaymentId) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            let of = payments::find::payment::<Never>(&*tx, payment).await?.booking_id;
            let booking = find::locked(&tx, of).await?.ok_or(Fault::Missing)?;
            let payment = payments::find::payment::<Never>(&*tx, payment).await?;
            // Captured after all, or what is left of an authorisation that nobody has tried to charge.
            let has_failed = match payment.status {
                payment::Status::Cancelled => true,
                payment::Status::Authorised => booking.accepted_at.is_some(),
                _ => false,
            };
            if rules::status_at(&booking, now) != Status::PendingApproval || !has_failed {
                return Ok(());
            }

            let change = booking::ActiveModel { status: Set(Status::Declined), ..Default::default() };
            if state::move_from(&tx, booking.id, Status::PendingApproval, change).await?.is_some() {
                decline::follow(&tx, &booking, None, "the card could not be charged", now).await?;
            }
            Ok(())
        })
        .await
}
