//! The rates that this process reckons with: read from the database when they change, so that a price asks nobody.

use std::sync::{Arc, PoisonError, RwLock};

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::{
    exchange::{Rate, Rates},
    exchange_rate,
};

/// The rates that this process reckons with. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct RateTable(Arc<RwLock<Arc<Rates>>>);

impl RateTable {
    /// The rates as they are; what is made of them is made of one table, whatever comes meanwhile.
    pub fn rates(&self) -> Arc<Rates> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what is stored: at the start, and when somebody says that it has changed.
    pub async fn read(&self, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
        let stored = Arc::new(stored(conn).await?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = stored;
        Ok(())
    }
}

/// The rates as they are stored. A row that can't be read is no rate.
pub async fn stored(conn: &impl ConnectionTrait) -> Result<Rates, DbErr> {
    let rows = exchange_rate::Entity::find().all(conn).await?;
    let known = rows.into_iter().filter_map(|row| {
        let rate = row.per_euro.parse().ok()?;
        Some((row.currency, Rate { rate, recorded_at: row.recorded_at }))
    });
    Ok(known.collect())
}
