//! What a transaction changed that a read model must follow, and who makes it follow. So `listings`, `pricing` and
//! `calendar` say what they changed, and `search`, which stands above them, keeps up inside the same transaction.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use futures_util::future::BoxFuture;
use sea_orm::DbErr;

use super::Tx;
use crate::kernel::ListingId;

/// What was touched.
#[derive(Debug, Default)]
pub struct Touched {
    /// Listings of which more than the nights changed, in the order in which rows are locked.
    pub listings: BTreeSet<ListingId>,
    /// Countries of which the taxes changed, as listings write them.
    pub countries: BTreeSet<String>,
    /// Nights that were taken (true) or came free (false), in the order of the changes.
    pub nights: Vec<(ListingId, Vec<NaiveDate>, bool)>,
}

impl Touched {
    /// Whether there is nothing to follow.
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty() && self.countries.is_empty() && self.nights.is_empty()
    }
}

/// What is to do after a commit. It can't fail: nothing that must be so may wait for it.
pub type Afterwards = BoxFuture<'static, ()>;

/// Keeps read models equal to the tables, at the end of each write and inside its transaction.
pub trait Keeper: Send + Sync {
    /// Follows what was touched; says what else is to do once that is committed.
    fn follow<'a>(&'a self, tx: &'a Tx, touched: Touched)
    -> BoxFuture<'a, Result<Option<Afterwards>, DbErr>>;
}
