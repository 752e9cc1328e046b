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
        feeds::Feeds,
        files::Files,
        mail::Mail,
        rates::RateSource,
        stripe::{Stripe, emulator::Emulator},
        throttle::Throttle,
    },
    pricing::RateTable,
    sandbox::Hand,
    search,
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
    /// Calendars of other sites.
    pub feeds: Feeds,
    /// Pictures and documents.
    pub files: Files,
    /// Letters.
    pub mail: Mail,
    /// Money from outside.
    pub stripe: Stripe,
    /// Stripe's stand-in, where the server runs its own.
    pub emulator: Option<Arc<Emulator>>,
    /// Where rates of exchange come from.
    pub rate_source: RateSource,
    /// The rates of exchange that prices are made with.
    pub rates: RateTable,
    /// What search remembers for a while.
    pub search: search::Memory,
    /// Who has taken how much lately.
    pub throttle: Throttle,
    /// What accounts remember for a while: who hashes, who guesses, who was let in a moment ago.
    pub gate: Gate,
    /// What moves the sandbox's clock.
    pub hand: Hand,
    /// What signs tokens and protects data.
    pub keys: Keys,
    /// As read at start.
    pub settings: Arc<Settings>,
}
