//! Where the hosts of a seeded market are paid, and what Stripe's emulator must know of its past: charges, transfers and
//! accounts as the rows say. No rule.

use std::collections::HashMap;

use anyhow::Context;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::chance::Chance;
use crate::{
    accounts::user,
    db::Db,
    kernel::{Money, PayoutAccountId, UserId},
    payments::payment,
    payouts::{
        payout,
        payout_account::{self, Missing},
        payout_leg,
    },
    ports::stripe::emulator::{Emulator, OldAccount, OldCharge, OldTransfer},
};

/// Where they all bank: a country that a platform in Ireland, the default, can pay.
const COUNTRY: &str = "IE";

/// What Stripe calls the account of a host.
pub fn provider_id(host: UserId) -> String {
    format!("acct_seed{}", host.0.simple())
}

/// The account of a host, ready to be paid to.
pub fn account(host: &user::Model) -> payout_account::Model {
    let mut chance = Chance::new(0, &format!("account of {}", host.id), 0);
    payout_account::Model {
        id: PayoutAccountId(chance.id(host.created_at)),
        host_id: host.id,
        number: 1,
        country: COUNTRY.to_owned(),
        provider_id: Some(provider_id(host.id)),
        can_receive: true,
        submitted: true,
        missing: Missing::default(),
        disabled_reason: None,
        held_until: None,
        asked_at: Some(host.created_at),
        created_at: host.created_at,
        updated_at: host.created_at,
    }
}

/// Tells Stripe's emulator of a market that has just been made, so that its stays are paid out, cancelled and reconciled
/// like any other.
pub async fn tell(db: &Db, emulator: &Emulator) -> anyhow::Result<()> {
    let accounts = payout_account::Entity::find().all(db.read()).await?;
    let accounts = accounts.into_iter().filter_map(|account| {
        Some(OldAccount { id: account.provider_id?, country: account.country, at: account.created_at })
    });
    let payments = payment::Entity::find().filter(payment::Column::Captured.gt(0)).all(db.read()).await?;
    let charges = payments.into_iter().filter_map(|payment| {
        Some(OldCharge {
            id: payment.charge_id?,
            intent: payment.intent_id?,
            amount: Money::new(payment.captured, payment.currency),
            transfer_group: payment.booking_id.to_string(),
            at: payment.updated_at,
        })
    });
    let payouts = payout::Entity::find().all(db.read()).await?;
    let of: HashMap<_, _> = payouts.into_iter().map(|payout| (payout.id, payout.booking_id)).collect();
    let legs = payout_leg::Entity::find()
        .filter(payout_leg::Column::Status.eq(payout_leg::Status::Paid))
        .all(db.read())
        .await?;
    let transfers = legs.into_iter().map(|leg| {
        let booking = of.get(&leg.payout_id).context("a part of no payout")?;
        Ok(OldTransfer {
            id: leg.provider_id.context("a part that was paid without a transfer")?,
            destination: leg.destination,
            charge: leg.source_charge.unwrap_or_default(),
            amount: Money::new(leg.amount, leg.currency),
            transfer_group: booking.to_string(),
            at: leg.updated_at,
        })
    });
    let transfers = transfers.collect::<anyhow::Result<Vec<_>>>()?;
    emulator.remember(accounts.collect(), charges.collect(), transfers)
}
