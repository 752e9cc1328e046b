//! `updateListing`: the host edits a listing. Bookings that exist keep what they were made with.

use sea_orm::{ActiveModelTrait, IntoActiveModel};

use super::{
    draft::Draft,
    find,
    listing::{self, Status},
    rules::{self, Flaw, Missing},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Fault, ListingId},
};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fields that are wrong; all of them.
    #[error("some fields are not right")]
    Flaws(Vec<Flaw>),
    /// A listing on sale can't lose what it needs for it.
    #[error("a published listing needs these")]
    Needed(Vec<Missing>),
    /// Archived for good.
    #[error("an archived listing cannot be changed")]
    Archived,
}

/// Edits one of the host's listings.
pub async fn update(
    app: &App,
    host: &Viewer,
    id: ListingId,
    draft: Draft,
) -> Result<listing::Model, Fault<Refusal>> {
    let now = app.clock.now();
    app.db
        .write(|tx| {
            let draft = draft.clone();
            async move {
                let before = find::owned_for_change(&tx, host, id).await?;
                if before.status == Status::Archived {
                    return Err(Fault::Refused(Refusal::Archived));
                }
                let flaws = draft.flaws();
                let after = listing::Model { updated_at: now, ..draft.apply(before) };
                judge(&after, flaws).map_err(Fault::Refused)?;

                let after = after.into_active_model().reset_all().update(&*tx).await?;
                tx.touch_listing(after.id);
                Ok(after)
            }
        })
        .await
}

fn judge(after: &listing::Model, mut flaws: Vec<Flaw>) -> Result<(), Refusal> {
    flaws.extend(rules::flaws(after));
    if !flaws.is_empty() {
        return Err(Refusal::Flaws(flaws));
    }
    // Photos, price and email are not edited here: they are there, or the listing is not on sale.
    let needed = rules::missing(after, 1, true, true);
    if after.status == Status::Published && !needed.is_empty() {
        return Err(Refusal::Needed(needed));
    }
    Ok(())
}
