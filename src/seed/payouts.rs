//! That the hosts of a seeded market were paid for the stays behind them, as the use cases would have left it. Pure.

use super::{accounts, chance::Chance};
use crate::{
    bookings::booking,
    kernel::{PayoutId, PayoutLegId},
    ledger::{
        Draft,
        postings::{self, Parts},
        postings_of_payouts,
    },
    payments::payment,
    payouts::{payout, payout_leg, rules::PAID_AFTER},
};

/// What a payout leaves behind.
pub struct Paid {
    pub payout: payout::Model,
    pub leg: payout_leg::Model,
    pub draft: Draft,
}

/// The host of a stay was paid a day after the guest had left, out of the one payment.
pub fn paid(booking: &booking::Model, payment: &payment::Model) -> anyhow::Result<Paid> {
    let kept = Parts::of(&booking.price)?;
    let amount = postings::split(kept, booking.price.host_fee)?.host;
    let (earned, at) = (booking.check_out_at, booking.check_out_at + PAID_AFTER);
    // Apart from the market's own chance, which stays as it is.
    let mut chance = Chance::new(0, &format!("payout of {}", booking.id), 0);
    let payout = payout::Model {
        id: PayoutId(chance.id(earned)),
        booking_id: booking.id,
        number: 0,
        host_id: booking.host_id,
        status: payout::Status::Paid,
        currency: amount.currency,
        gross: kept.base.minor,
        host_fee: kept.base.minor - amount.minor,
        amount: amount.minor,
        netted: 0,
        taken_back: 0,
        held_for: None,
        due_at: at,
        paid_at: Some(at),
        problem: None,
        created_at: earned,
        updated_at: at,
    };
    let id = PayoutLegId(chance.id(at));
    let leg = payout_leg::Model {
        id,
        payout_id: payout.id,
        payment_id: payment.id,
        status: payout_leg::Status::Paid,
        destination: accounts::provider_id(booking.host_id),
        source_charge: payment.charge_id.clone(),
        currency: amount.currency,
        amount: amount.minor,
        worth: amount.minor,
        round: 0,
        provider_id: Some(format!("tr_seed{}", id.0.simple())),
        problem: None,
        attempts: 1,
        asked_at: Some(at),
        created_at: at,
        updated_at: at,
    };
    let draft = postings_of_payouts::payout_sent(booking.id, booking.host_id, id, amount, amount, at);
    Ok(Paid { payout, leg, draft })
}
