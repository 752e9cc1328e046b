//! Work for later: stored by the caller's transaction, claimed under a lease, tried again, buried when hopeless.
//! No domain rule, no handler: `server/reactions.rs` has those.

mod claim;
mod dead;
mod counts;
pub mod entity;
mod finish;
mod forget;
mod store;
mod worker;

pub use claim::{Claim, claim, done, drained, next_due, waiting};
pub use counts::{Counts, counts};
pub use dead::{dead, retry};
pub use finish::{backoff, fail, finish};
pub use forget::forget;
pub use store::{Ask, is_live, store, store_all};
pub use worker::{Handler, Pace, Worker};

/// How long a claim holds without a heartbeat, in seconds of the machine's time.
pub const LEASE_SECONDS: i64 = 60;

/// How often a job is tried before it is dead.
pub const MAX_ATTEMPTS: i32 = 10;
