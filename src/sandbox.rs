//! The sandbox's clock: moved by hand, kept in the database, the same for all servers. Refused in production.

use chrono::TimeDelta;
use sea_orm::{DbErr, EntityTrait, sea_query::OnConflict};

use crate::{
    app::App,
    config::setting,
    db::Db,
    jobs,
    kernel::{Clock, Fault, clock::Instant},
};

/// The setting that holds how far the clock is ahead, in milliseconds.
const OFFSET: &str = "sandbox.clock_offset_ms";

/// Where servers tell each other that the clock was moved.
pub const TOPIC: &str = "sandbox.clock";

/// The furthest that one call may go.
const FURTHEST: TimeDelta = TimeDelta::days(731);

/// Why the clock stands where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Time runs by itself here.
    #[error("this server is not a sandbox")]
    SandboxOnly,
    /// Backward, or too far.
    #[error("time does not run backward, and at most two years at once")]
    InvalidTime,
}

/// Where the clock is, and what happened on the way.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// The domain's now.
    pub now: Instant,
    /// How many jobs were done on the way.
    pub done: u64,
}

/// Moves the clock to `to`, stopping at each instant at which something is due until it is done.
pub async fn advance_clock(app: &App, to: Instant) -> Result<Moved, Fault<Refusal>> {
    let now = app.clock.now();
    if !app.settings.sandbox() {
        return Err(Fault::Refused(Refusal::SandboxOnly));
    }
    if to < now || to > now + FURTHEST {
        return Err(Fault::Refused(Refusal::InvalidTime));
    }
    let before = jobs::done(&app.db).await?;
    settle(app).await?;
    while let Some(due) = jobs::next_due(&app.db, app.clock.now(), to).await? {
        move_to(app, due).await?;
        settle(app).await?;
    }
    move_to(app, to).await?;
    settle(app).await?;
    let done = jobs::done(&app.db).await?.saturating_sub(before);
    Ok(Moved { now: app.clock.now(), done })
}

/// Waits until nothing that is due waits: no job, no webhook of the emulator, no job that such a webhook made.
pub async fn settle(app: &App) -> Result<(), DbErr> {
    loop {
        jobs::drained(&app.db, &app.clock).await?;
        let Some(emulator) = &app.emulator else { return Ok(()) };
        emulator.catch_up();
        emulator.idle().await;
        if jobs::waiting(&app.db, &app.clock).await? == 0 {
            return Ok(());
        }
    }
}

async fn move_to(app: &App, to: Instant) -> Result<(), DbErr> {
    app.clock.advance_to(to);
    let row = setting::ActiveModel {
        key: sea_orm::ActiveValue::Set(OFFSET.to_owned()),
        value: sea_orm::ActiveValue::Set(app.clock.offset_ms().to_string()),
    };
    let replace = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
    setting::Entity::insert(row).on_conflict(replace).exec_without_returning(app.db.writer()).await?;
    app.bus.publish(TOPIC, bytes::Bytes::new()).await;
    Ok(())
}

/// Takes over where the clock was left, at start and when another server has moved it.
pub async fn read_offset(db: &Db, clock: &Clock) -> Result<(), DbErr> {
    let row = setting::Entity::find_by_id(OFFSET).one(db.read()).await?;
    if let Some(offset) = row.and_then(|row| row.value.parse().ok()) {
        clock.set_offset_ms(offset);
    }
    Ok(())
}
