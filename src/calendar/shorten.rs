//! A guest leaves earlier than booked: the nights from then on are for sale again, after the host's preparation. The
//! caller has locked the listing's row.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sea_orm::{DbErr, prelude::Uuid};

use super::{feeds, night_reason::Kind, preparation, reasons, rules};
use crate::{
    db::Tx,
    kernel::{ListingId, Stay},
};

/// Leaves a booking the nights of `stay` only, a stay that begins as the booked one does. What another site has taken
/// meanwhile is the other site's, as in `release`.
pub async fn shorten(tx: &Tx, listing: ListingId, stay: Stay, booking: Uuid) -> Result<(), DbErr> {
    let booked = reasons::of(tx, listing, Kind::Stay, booking).await?;
    let freed: BTreeSet<NaiveDate> = booked.into_iter().filter(|night| *night >= stay.check_out()).collect();
    if freed.is_empty() {
        return Ok(());
    }
    let gap = preparation::gap(&**tx, listing).await?;
    let wanted: BTreeSet<NaiveDate> = rules::preparation(stay, gap).collect();
    let prepared = reasons::of(tx, listing, Kind::Preparation, booking).await?;

    remove(tx, listing, &freed, Kind::Stay, booking).await?;
    remove(tx, listing, &prepared.difference(&wanted).copied().collect(), Kind::Preparation, booking).await?;
    let fresh: Vec<NaiveDate> = wanted.into_iter().filter(|night| *night >= stay.check_out()).collect();
    reasons::add(tx, listing, &fresh, Kind::Preparation, booking).await?;
    feeds::take_over(tx, listing, &freed).await
}

async fn remove(
    tx: &Tx,
    listing: ListingId,
    nights: &BTreeSet<NaiveDate>,
    kind: Kind,
    booking: Uuid,
) -> Result<(), DbErr> {
    let nights: Vec<NaiveDate> = nights.iter().copied().collect();
    reasons::remove(tx, listing, &nights, kind, booking).await
}
