//! Stripe says that something changed about a host's account: what it says *now* is written down, and payouts that
//! waited for it go on.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    find,
    payout::Status,
    payout_account::{self, Missing},
    rules::name,
};
use crate::{
    accounts,
    app::App,
    drill,
    event::Event,
    kernel::{Fault, Never, PayoutAccountId},
    payments::rules::{AfterError, after},
    ports::stripe::Account,
};

/// Follows an account (`acct_…`) to where it is at Stripe. One that is not ours is left alone.
pub async fn follow_account(app: &App, provider_id: &str) -> Result<(), Fault<Never>> {
    let seen = match app.stripe.fetch_account(provider_id).await {
        Ok(seen) => seen,
        Err(error) if after(&error) == AfterError::GiveUp => {
            tracing::error!(account = provider_id, %error, "an account is gone: an admin must look");
            return Ok(());
        }
        Err(error) => return Err(Fault::Broken(error.into())),
    };
    match ours(app, &seen).await? {
        Some(account) => {
            drill::point("payouts.follow_account.seen");
            record(app, account, &seen).await
        }
        None => {
            tracing::warn!(account = provider_id, "an account at Stripe is none of ours");
            Ok(())
        }
    }
}

async fn ours(app: &App, seen: &Account) -> Result<Option<payout_account::Model>, Fault<Never>> {
    if let Some(account) = find::account_at_stripe(app.db.read(), &seen.id).await? {
        return Ok(Some(account));
    }
    // The answer to our own call has not been written down yet: the metadata says whose it is.
    let id = seen.metadata.get(name::ACCOUNT).and_then(|id| id.parse::<PayoutAccountId>().ok());
    let Some(id) = id else { return Ok(None) };
    match find::account::<Never>(app.db.read(), id).await {
        Ok(account) if account.provider_id.is_none() => Ok(Some(account)),
        Ok(_) | Err(Fault::Missing) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Writes down what Stripe says of an account, and lets go on what waited for it.
pub(super) async fn record(
    app: &App,
    account: payout_account::Model,
    seen: &Account,
) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let change = payout_account::ActiveModel {
        provider_id: Set(Some(seen.id.clone())),
        can_receive: Set(seen.can_receive),
        submitted: Set(seen.details_submitted),
        missing: Set(Missing(seen.missing.clone())),
        disabled_reason: Set(seen.disabled_reason.clone()),
        updated_at: Set(now),
        ..Default::default()
    };
    let (change, host, id) = (&change, account.host_id, account.id);
    app.db
        .write(|tx| async move {
            // Whoever judges a payout by this account does so before or after.
            accounts::lock(&tx, host).await?;
            let before = find::account::<Never>(&*tx, id).await?;
            payout_account::Entity::update_many()
                .set(change.clone())
                .filter(payout_account::Column::Id.eq(id))
                .exec(&*tx)
                .await?;
            let current = find::account_of(&*tx, host).await?;
            if !current.is_some_and(|current| current.id == id && current.can_receive) {
                return Ok(());
            }
            // What Stripe refused is tried again only when something has changed: nobody asks in circles.
            let stuck: &[Status] = if before.can_receive {
                &[Status::WaitingForAccount]
            } else {
                &[Status::WaitingForAccount, Status::Failed]
            };
            for payout in find::stuck_of(&*tx, host, stuck).await? {
                Event::PayoutDue { payout: payout.id }.emit(&tx, now).await?;
            }
            Ok::<_, Fault<Never>>(())
        })
        .await
}
