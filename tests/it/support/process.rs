//! The real binary as a process of its own, to be killed. It takes a stopped world's place: the same database, folder
//! and address, so that everybody who is signed in stays so.

use std::{
    fs::File,
    process::{Child, Command, Output, Stdio},
};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use sojourn::jobs::entity;

use super::{Client, Person, World, until};

/// A running `sojourn serve`.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts the binary in the place of a world that was stopped, and returns when it is ready.
    pub async fn start(world: &World) -> Self {
        let mut process = Self::spawn(world, &mut sojourn(world));
        let stranger = Client::new(&world.url, None);
        until(async || {
            assert!(process.child.try_wait().unwrap().is_none(), "{}", process.log(world));
            stranger.is_ready().await
        })
        .await;
        process
    }

    /// Starts one that is going to die at a point of `sojourn::drill`, and returns when it is ready, or dead already.
    pub async fn start_to_die_at(world: &World, point: &str) -> Self {
        let mut process = Self::spawn(world, sojourn(world).env("SOJOURN_DIE_AT", point));
        let stranger = Client::new(&world.url, None);
        until(async || process.is_dead() || stranger.is_ready().await).await;
        process
    }

    fn spawn(world: &World, command: &mut Command) -> Self {
        let log = File::options().create(true).append(true).open(world.folder().join("server.log")).unwrap();
        let child = command.arg("serve").stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child }
    }

    /// Whether it has ended.
    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// `kill -9`: nothing is tidied up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as an operator does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end and returns its exit code.
    pub async fn ended(mut self) -> Option<i32> {
        tokio::task::spawn_blocking(move || self.child.wait().unwrap().code()).await.unwrap()
    }

    /// Stops it in good order.
    pub async fn stop(self) {
        self.terminate();
        assert_eq!(self.ended().await, Some(0));
    }

    /// What it wrote to its log.
    pub fn log(&self, world: &World) -> String {
        std::fs::read_to_string(world.folder().join("server.log")).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that failed leaves no server behind; one that has ended is no error.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs a command of the binary to its end.
pub fn run(world: &World, words: &[&str]) -> Output {
    sojourn(world).args(words).output().unwrap()
}

/// Runs a command of the binary that must succeed.
pub fn run_well(world: &World, words: &[&str]) {
    let output = run(world, words);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words:?}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn sojourn(world: &World) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sojourn"));
    // Neither a .env file nor a variable of this run decides anything.
    command.current_dir(world.folder()).env_clear().args(world.flags());
    command
}

/// Lets a minute of the machine's time pass for the jobs that a killed process had in its hands: their leases end.
pub async fn leases_end(world: &World) {
    entity::Entity::update_many()
        .col_expr(entity::Column::LeaseUntil, Expr::value(world.app.clock.real_now() - TimeDelta::seconds(1)))
        .filter(entity::Column::State.eq(entity::State::Running))
        .exec(world.app.db.writer())
        .await
        .unwrap();
}

/// The same to an instant, of a server that may die on the way; a time that has passed is no way.
pub async fn try_advance_to(world: &World, person: &Person, to: DateTime<Utc>) -> reqwest::Result<()> {
    loop {
        sojourn::sandbox::read_offset(&world.app.db, &world.app.clock).await.unwrap();
        if to <= world.now() {
            return Ok(());
        }
        let moved = person.try_send(ADVANCE, json!({ "input": { "to": to } })).await?;
        let errors = &moved["data"]["advanceClock"]["errors"];
        // On a slow machine a long way takes longer than a call waits.
        if errors[0]["code"] != "STILL_MOVING" {
            assert_eq!(*errors, json!([]), "{moved}");
            return Ok(());
        }
    }
}

/// `advanceClock`.
const ADVANCE: &str =
    "mutation($input: AdvanceClockInput!) { advanceClock(input: $input) { now errors { code } } }";

/// Moves the clock of the server that runs, which returns when everything that came due is done.
pub async fn advance(world: &World, person: &Person, by: TimeDelta) {
    sojourn::sandbox::read_offset(&world.app.db, &world.app.clock).await.unwrap();
    // A little ahead of this process' own reading of the clock, which the server's may have passed already.
    let to = world.now() + by + TimeDelta::seconds(5);
    let moved = person.attempt(ADVANCE, json!({ "to": to })).await;
    assert_eq!(moved["errors"], json!([]));
    sojourn::sandbox::read_offset(&world.app.db, &world.app.clock).await.unwrap();
}
