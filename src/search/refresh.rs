//! Makes one listing's entry equal to the tables, inside the transaction that changed them.

use sea_orm::DbErr;

use super::{entry::Entry, facts, store};
use crate::{
    db::Tx,
    kernel::{ListingId, clock::Instant},
};

/// Makes the listing's whole entry anew, or takes it away when the listing isn't on sale.
///
/// The caller has locked the listing's row by a guarded update: two transactions that change the same listing then
/// come here one after the other, and the later sees what the earlier wrote. Nine statements, one more with
/// lengths for some dates, four for a listing that isn't on sale.
pub async fn refresh(tx: &Tx, listing: ListingId, secret: &[u8; 32], now: Instant) -> Result<(), DbErr> {
    match facts::load(&**tx, &[listing], now).await?.remove(&listing) {
        Some(facts) => store::put(&**tx, vec![Entry::of(&facts, secret)]).await,
        None => store::remove(&**tx, &[listing]).await.map(|_| ()),
    }
}
