//! The sandbox's clock: moved by hand, kept in the database, the same for all servers. Refused in production.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::anyhow;
use chrono::TimeDelta;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use sea_orm::{
    DbErr, EntityTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

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

/// How long a call waits for the clock to arrive; load balancers wait a minute for an answer.
const PATIENCE: Duration = Duration::from_secs(50);

/// Why the clock stands where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Time runs by itself here.
    #[error("this server is not a sandbox")]
    SandboxOnly,
    /// Backward, or too far.
    #[error("time does not run backward, and at most two years at once")]
    InvalidTime,
    /// So much comes due on the way that the clock has not arrived yet. It goes on.
    #[error("the clock is on its way: ask again with the same time to wait on")]
    StillMoving,
}

/// Where the clock is, and what happened on the way.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// The domain's now.
    pub now: Instant,
    /// How many jobs were done on the way.
    pub done: u64,
}

/// What moves this server's clock: one move at a time, which outlives the request that asked for it. Clones share it.
#[derive(Clone, Default)]
pub struct Hand {
    last: Arc<Mutex<Option<(Instant, Way)>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A move that anybody may wait for.
type Way = Shared<BoxFuture<'static, Result<Moved, Arc<anyhow::Error>>>>;

/// Moves the clock to `to`, stopping at each instant at which something is due until it is done. Who asks for the same
/// time again waits for the same move; who asks for another one comes next.
pub async fn advance_clock(app: &App, to: Instant) -> Result<Moved, Fault<Refusal>> {
    advance_within(app, to, PATIENCE).await
}

/// The same with another patience.
pub async fn advance_within(app: &App, to: Instant, patience: Duration) -> Result<Moved, Fault<Refusal>> {
    if !app.settings.sandbox() {
        return Err(Fault::Refused(Refusal::SandboxOnly));
    }
    let way = way(app, to).map_err(Fault::Refused)?;
    match tokio::time::timeout(patience, way).await {
        Ok(Ok(moved)) => Ok(Moved { now: app.clock.now(), ..moved }),
        Ok(Err(cause)) => Err(Fault::Broken(anyhow!("the clock could not be moved: {cause:#}"))),
        Err(_) => Err(Fault::Refused(Refusal::StillMoving)),
    }
}

/// The move to `to`: the one that was asked for last, or a new one.
fn way(app: &App, to: Instant) -> Result<Way, Refusal> {
    let mut last = app.hand.last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((there, way)) = &*last
        && *there == to
        && !matches!(way.peek(), Some(Err(_)))
    {
        return Ok(way.clone());
    }
    let now = app.clock.now();
    if to < now || to > now + FURTHEST {
        return Err(Refusal::InvalidTime);
    }
    let (app, turn) = (app.clone(), app.hand.turn.clone());
    let moving = tokio::spawn(async move {
        let _turn = turn.lock().await;
        travel(&app, to).await.map_err(|error| Arc::new(anyhow::Error::from(error)))
    });
    let way = async move { moving.await.unwrap_or_else(|ended| Err(Arc::new(anyhow::Error::from(ended)))) };
    let way = way.boxed().shared();
    *last = Some((to, way.clone()));
    Ok(way)
}

async fn travel(app: &App, to: Instant) -> Result<Moved, DbErr> {
    let before = jobs::done(&app.db).await?;
    loop {
        // Read before: what comes due by the ticking of the clock while all else settles is next, and not passed over.
        let now = app.clock.now();
        settle(app).await?;
        let Some(due) = jobs::next_due(&app.db, now, to).await? else { break };
        move_to(app, due).await?;
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
    // Another server may be ahead: what is stored goes forward only.
    let number = |text: Expr| text.cast_as("bigint");
    let replace = OnConflict::column(setting::Column::Key)
        .update_column(setting::Column::Value)
        .action_and_where(
            number(Expr::col((setting::Entity, setting::Column::Value)))
                .lt(number(Expr::col(("excluded", setting::Column::Value)))),
        )
        .to_owned();
    setting::Entity::insert(row).on_conflict(replace).exec_without_returning(app.db.writer()).await?;
    app.db.wake_worker();
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
