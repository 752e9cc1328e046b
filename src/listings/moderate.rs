//! `moderateListing`: an admin takes a listing off sale, or lets its host put it back. Its bookings stand.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

use super::{
    find,
    listing::{self, Status},
    rules::{self, Move},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Fault, ListingId, can_be_shown},
};

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What an admin does with a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Takes it off sale until an admin says otherwise.
    Suspend,
    /// Hands it back to its host, off sale.
    Reinstate,
}

/// Why the listing stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such step from here.
    #[error("a listing that is {0:?} cannot be treated so")]
    WrongState(Status),
    /// Empty, too long, or with control characters.
    #[error("say why, in 1 to {LONGEST_REASON} characters without control characters")]
    Reason,
}

/// Suspends or reinstates a listing. The reason of a suspension is what its host reads.
pub async fn moderate(
    app: &App,
    admin: &Viewer,
    id: ListingId,
    action: Action,
    reason: &str,
) -> Result<listing::Model, Fault<Refusal>> {
    admin.may_administer()?;
    let now = app.clock.now();
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || !can_be_shown(reason) {
        return Err(Fault::Refused(Refusal::Reason));
    }
    app.db
        .write(|tx| async move {
            let listing = find::for_change(&tx, id).await?.ok_or(Fault::Missing)?;
            let (step, since, why) = match action {
                Action::Suspend => (Move::Suspend, Some(now), Some(reason.to_owned())),
                Action::Reinstate => (Move::Reinstate, None, None),
            };
            let after = rules::after(listing.status, step)
                .ok_or(Fault::Refused(Refusal::WrongState(listing.status)))?;

            let mut change = listing.into_active_model();
            change.status = Set(after);
            change.suspended_at = Set(since);
            change.suspended_reason = Set(why);
            change.updated_at = Set(now);
            let listing = change.update(&*tx).await?;
            tx.touch_listing(listing.id);
            Ok(listing)
        })
        .await
}
