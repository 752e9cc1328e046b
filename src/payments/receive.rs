//! Taking in a webhook: signature, one row, one job, in one transaction. What it means is `settle.rs`' work, later.

use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use super::stripe_event;
use crate::{
    app::App,
    event::Event,
    kernel::{Fault, Never},
    ports::stripe::{BadNotice, UNPARSEABLE},
};

/// What became of a delivery; Stripe gets 200 for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Stored, to be worked on.
    Stored,
    /// It was here before.
    Again,
}

/// Takes in a webhook: `raw` is the body exactly as it came, `signature` the `Stripe-Signature` header. Refused when
/// that doesn't prove Stripe. What can't be read is stored as well, for an admin.
pub async fn receive(app: &App, raw: &[u8], signature: &str) -> Result<Received, Fault<BadNotice>> {
    let real_now = app.clock.real_now();
    let notice = app.stripe.verify(raw, signature, real_now).map_err(Fault::Refused)?;
    let now = app.clock.now();

    let is_readable = notice.kind != UNPARSEABLE;
    let row = stripe_event::ActiveModel {
        id: Set(notice.id.clone()),
        kind: Set(notice.kind.clone()),
        object_id: Set(notice.object_id().map(str::to_owned)),
        // PostgreSQL has no place for a zero in a text; JSON doesn't either.
        payload: Set(notice.raw.replace('\0', "\u{fffd}")),
        received_at: Set(real_now),
        handled_at: Set((!is_readable).then_some(real_now)),
        problem: Set((!is_readable).then(|| "the text cannot be read".to_owned())),
    };

    let (row, id) = (&row, &notice.id);
    let stored = app
        .db
        .write(|tx| async move {
            let once = OnConflict::column(stripe_event::Column::Id).do_nothing().to_owned();
            let rows = stripe_event::Entity::insert(row.clone())
                .on_conflict(once)
                .exec_without_returning(&*tx)
                .await?;
            if rows == 1 && is_readable {
                Event::StripeEventStored { id: id.clone() }.emit(&tx, now).await?;
            }
            Ok::<_, Fault<Never>>(rows == 1)
        })
        .await
        .map_err(Fault::widen)?;
    Ok(if stored { Received::Stored } else { Received::Again })
}
