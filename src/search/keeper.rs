//! Keeps search equal to the tables at the end of each write, inside its transaction. What an entry holds is `entry`'s part.

use futures_util::future::BoxFuture;
use sea_orm::DbErr;

use super::{occupy, refresh};
use crate::{
    db::{self, Touched, Tx},
    kernel::Clock,
};

/// The keeper of the search rows, for [`crate::db::Db::kept_by`].
#[derive(Clone)]
pub struct Keeper {
    secret: [u8; 32],
    clock: Clock,
}

impl Keeper {
    /// `secret` moves public points: it must be the same as long as there are rows.
    pub fn new(secret: [u8; 32], clock: Clock) -> Self {
        Self { secret, clock }
    }
}

impl db::Keeper for Keeper {
    fn follow<'a>(&'a self, tx: &'a Tx, touched: Touched) -> BoxFuture<'a, Result<(), DbErr>> {
        Box::pin(async move {
            let now = self.clock.now();
            for listing in &touched.listings {
                refresh(tx, *listing, &self.secret, now).await?;
            }
            // A refreshed entry has its nights from the table already.
            let nights = touched.nights.iter().filter(|(listing, ..)| !touched.listings.contains(listing));
            for (listing, nights, taken) in nights {
                if *taken {
                    occupy::occupy(tx, *listing, nights, now).await?;
                } else {
                    occupy::release(tx, *listing, nights, now).await?;
                }
            }
            Ok(())
        })
    }
}
