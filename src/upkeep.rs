//! Once a day, what nobody needs any more is forgotten, some rows at a time. What that is, each domain says itself.

use chrono::TimeDelta;

use crate::{
    accounts,
    app::App,
    event::Event,
    jobs,
    kernel::{Fault, Never},
    listings, payments, pricing, search,
};

/// Forgets what has had its time, and comes back tomorrow. Running it twice changes nothing.
pub async fn upkeep(app: &App) -> Result<(), Fault<Never>> {
    let (now, real_now) = (app.clock.now(), app.clock.real_now());
    // First of all: whatever becomes of this run, the next one comes.
    app.db
        .write(|tx| async move { Ok::<_, Fault<Never>>(Event::UpkeepDue.emit_tomorrow(&tx, now).await?) })
        .await?;

    let jobs_kept = TimeDelta::days(app.settings.jobs_kept_days.into());
    let jobs = jobs::forget(&app.db, real_now - jobs_kept).await?;
    let ended = accounts::forget::forget_ended(&app.db, real_now).await?;
    let answers = accounts::forget::forget_answers(&app.db, now).await?;
    let quotes = pricing::forget::forget(&app.db, now).await?;
    let notices = payments::forget::forget(&app.db, real_now).await?;
    let uploads = listings::forget_uploads::forget_uploads(app, now).await?;
    let changes = search::changes::forget(&app.db).await?;
    tracing::info!(
        jobs,
        ended,
        answers,
        quotes,
        notices,
        uploads,
        changes,
        "what nobody needs any more is forgotten"
    );
    Ok(())
}
