//! All that a use case may touch. No logic.

use std::sync::Arc;

use crate::{
    accounts::{Gate, Keys},
    config::Settings,
    db::Db,
    kernel::Clock,
    ports::{
        bus::Bus,
        cache::Cache,
        files::Files,
        mail::Mail,
        stripe::{Stripe, emulator::Emulator},
        throttle::Throttle,
    },
};

/// The server's hands: a use case takes `&App` and reaches the world only through it. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The domain's time.
    pub clock: Clock,
    /// What may be forgotten.
    pub cache: Cache,
    /// Who listens, hears at once.
    pub bus: Bus,
    /// Pictures and documents.
    pub files: Files,
    /// Letters.
    pub mail: Mail,
    /// Money from outside.
    pub stripe: Stripe,
    /// Stripe's stand-in, where the server runs its own.
    pub emulator: Option<Arc<Emulator>>,
    /// Who has taken how much lately.
    pub throttle: Throttle,
    /// What accounts remember for a while: who hashes, who guesses, who was let in a moment ago.
    pub gate: Gate,
    /// What signs tokens and protects data.
    pub keys: Keys,
    /// As read at start.
    pub settings: Arc<Settings>,
}
