//! Keeps search equal to the tables at the end of each write, inside its transaction. What an entry holds is `entry`'s part.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use sea_orm::DbErr;

use super::{area, kept, occupy, refresh, touch_region};
use crate::{
    db::{self, Afterwards, Touched, Tx},
    kernel::Clock,
    ports::Cache,
};

/// The keeper of the search rows, for [`crate::db::Db::kept_by`].
#[derive(Clone)]
pub struct Keeper {
    secret: [u8; 32],
    clock: Clock,
    cache: Option<Cache>,
}

impl Keeper {
    /// `secret` moves public points: it must be the same as long as there are rows.
    pub fn new(secret: [u8; 32], clock: Clock) -> Self {
        Self { secret, clock, cache: None }
    }

    /// It also drops results that are kept in this cache, in the areas of what has changed.
    pub fn dropping(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Says in which areas listings have their nights changed.
    async fn keep(&self, tx: &Tx, touched: &Touched) -> Result<BTreeSet<String>, DbErr> {
        let now = self.clock.now();
        for country in &touched.countries {
            touch_region(tx, country).await?;
        }
        for listing in &touched.listings {
            refresh(tx, *listing, &self.secret, now).await?;
        }
        // A refreshed entry has its nights from the table already.
        let nights = touched.nights.iter().filter(|(listing, ..)| !touched.listings.contains(listing));
        let mut areas = BTreeSet::new();
        for (listing, nights, taken) in nights {
            let whereabouts = if *taken {
                occupy::occupy(tx, *listing, nights, now).await?
            } else {
                occupy::release(tx, *listing, nights, now).await?
            };
            areas.extend(whereabouts.iter().flat_map(area::Whereabouts::areas));
        }
        Ok(areas)
    }
}

impl db::Keeper for Keeper {
    fn follow<'a>(
        &'a self,
        tx: &'a Tx,
        touched: Touched,
    ) -> BoxFuture<'a, Result<Option<Afterwards>, DbErr>> {
        Box::pin(async move {
            let Some(cache) = self.cache.clone() else { return self.keep(tx, &touched).await.map(|_| None) };
            let listings = &touched.listings;
            // Where they were, and where they are now: a listing that moves changes both.
            let mut areas = BTreeSet::new();
            if !listings.is_empty() {
                areas.extend(area::of_listings(&**tx, listings).await?);
            }
            for country in &touched.countries {
                areas.extend(area::of_country(&**tx, country).await?);
            }
            areas.extend(self.keep(tx, &touched).await?);
            if !listings.is_empty() {
                areas.extend(area::of_listings(&**tx, listings).await?);
            }
            let drop: Afterwards = Box::pin(async move { kept::drop(&cache, &areas).await });
            Ok(Some(drop))
        })
    }
}
