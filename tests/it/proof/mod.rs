//! The proof of the money: random lives of a small market, in four currencies and with webhooks doubled, shuffled, late or
//! lost, held against an oracle in memory (`oracle.rs`) after every step.
//!
//! A run is a function of its seed. `PROOF_SEQUENCES` and `PROOF_STEPS` make it longer, `PROOF_SEED` begins elsewhere; a
//! proof that fails says its seed, and its steps up to the one that failed: since everything is looked at after every
//! step, no shorter beginning of them fails. With `PROOF_SHRINK` it also tries to do without each of them.

mod change;
mod check;
mod haggle;
mod money;
mod oracle;
mod play;
mod price;
mod stage;
mod step;

use std::{cell::Cell, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use stage::Stage;
use step::Step;

use crate::support::{World, schema::variable};

/// Which lives, how many, and how long they are, unless something else is asked for. Few and long: what comes late in a
/// life is where they go wrong. With payouts that no dispute holds, twelve lives of forty steps ended well, and the second
/// of these fails at its 142nd step.
const FIRST: u64 = 50;
const SEQUENCES: u64 = 4;
const STEPS: usize = 150;

/// Where the market is kept.
#[derive(Debug, Clone, Copy)]
enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    async fn world(self) -> Option<World> {
        match self {
            Self::Sqlite => Some(World::on_sqlite().await),
            Self::Postgres => World::on_postgres_and_redis().await,
        }
    }
}

/// What a life came to.
enum Life {
    /// To a good end.
    Good,
    /// There is no such store here.
    Skipped,
    /// To a bad one, at this step (the end is one more), for this reason.
    Bad(usize, String),
}

/// Plays these steps in a world of their own.
async fn live(store: Store, steps: &[Step]) -> Life {
    let at = Cell::new(0);
    let played = async {
        let Some(world) = store.world().await else { return false };
        let mut stage = Stage::set(world).await;
        for (n, step) in steps.iter().enumerate() {
            at.set(n);
            stage.play(*step).await;
            stage.check().await;
        }
        at.set(steps.len());
        stage.end().await;
        stage.check_end().await;
        stage.world.finish().await;
        true
    };
    match AssertUnwindSafe(played).catch_unwind().await {
        Ok(true) => Life::Good,
        Ok(false) => Life::Skipped,
        Err(why) => {
            let text = why.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| why.downcast_ref::<&str>().copied()).unwrap_or("it says nothing");
            Life::Bad(at.get(), text.to_owned())
        }
    }
}

/// Leaves out what a failure does not need.
async fn shrink(store: Store, mut steps: Vec<Step>) -> Vec<Step> {
    let mut n = steps.len();
    while n > 0 {
        n -= 1;
        let mut fewer = steps.clone();
        fewer.remove(n);
        if let Life::Bad(at, _) = live(store, &fewer).await {
            fewer.truncate(at + 1);
            n = n.min(fewer.len());
            steps = fewer;
        }
    }
    steps
}

async fn prove(store: Store) {
    let number = |name: &str| variable(name).map(|text| text.parse::<u64>().unwrap());
    let first = number("PROOF_SEED").unwrap_or(FIRST);
    let steps = number("PROOF_STEPS").map_or(STEPS, |n| usize::try_from(n).unwrap());
    for seed in first..first + number("PROOF_SEQUENCES").unwrap_or(SEQUENCES) {
        let all = step::deal(seed, steps);
        match live(store, &all).await {
            Life::Good => {}
            Life::Skipped => return,
            Life::Bad(at, why) => {
                let mut shortest = all[..steps.min(at + 1)].to_vec();
                if variable("PROOF_SHRINK").is_some() {
                    shortest = shrink(store, shortest).await;
                }
                panic!("seed {seed} on {store:?}, step {at}: {why}\n{shortest:#?}");
            }
        }
    }
}

/// Both stores one after the other where there are both: each keeps the machine busy enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_people_do_everybody_gets_what_the_design_says_on_sqlite() {
    prove(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_people_do_everybody_gets_what_the_design_says_on_postgres_and_redis() {
    prove(Store::Postgres).await;
}
