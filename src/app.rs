//! All that a use case may touch. No logic.

use crate::{
    accounts::keys::Keys,
    config::Settings,
    db::Db,
    kernel::Clock,
    ports::{bus::Bus, cache::Cache, files::Files, mail::Mail, stripe::Stripe},
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
    /// What signs tokens and protects data.
    pub keys: Keys,
    /// As read at start.
    pub settings: std::sync::Arc<Settings>,
}
