//! Nights on which a place is made ready: stored as reasons around each stay, so that a night is for sale exactly when it
//! has no row. How many they are is judged in `rules`. The caller has locked the listing's row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, prelude::Uuid,
    sea_query::ExprTrait,
};

use super::{
    calendar_rules,
    night_reason::{self, Kind},
    reasons, rules,
};
use crate::{
    db::Tx,
    kernel::{ListingId, Stay},
};

/// How many nights a listing needs between two stays.
pub async fn gap(conn: &impl ConnectionTrait, listing: ListingId) -> Result<u64, DbErr> {
    let nights: Option<(i32, i32)> = calendar_rules::Entity::find_by_id(listing)
        .select_only()
        .columns([calendar_rules::Column::PreparationBefore, calendar_rules::Column::PreparationAfter])
        .into_tuple()
        .one(conn)
        .await?;
    Ok(nights.map_or(0, |(before, after)| rules::gap(before, after)))
}

/// Stores the preparation nights of all stays anew that aren't long over, for a gap that has changed. Where two stays
/// are closer than that, the nights of the one are preparation of the other too: they stay off sale should it be
/// called off.
pub async fn renew(tx: &Tx, listing: ListingId, gap: u64, today: NaiveDate) -> Result<(), DbErr> {
    // Before that, nights that matter to nobody any more.
    let from = today.checked_sub_days(Days::new(rules::MOST_PREPARATION + 1)).unwrap_or(NaiveDate::MIN);
    let since = night_reason::Column::ListingId.eq(listing).and(night_reason::Column::Night.gte(from));
    let stayed: Vec<(NaiveDate, Uuid)> = night_reason::Entity::find()
        .select_only()
        .columns([night_reason::Column::Night, night_reason::Column::SourceId])
        .filter(since.clone())
        .filter(night_reason::Column::Kind.eq(Kind::Stay))
        .into_tuple()
        .all(&**tx)
        .await?;

    let mut stays: BTreeMap<Uuid, BTreeSet<NaiveDate>> = BTreeMap::new();
    for (night, booking) in stayed {
        stays.entry(booking).or_default().insert(night);
    }
    let whole = |nights: &BTreeSet<NaiveDate>| Stay::new(*nights.first()?, nights.last()?.succ_opt()?).ok();
    let wanted: Vec<_> = stays
        .into_iter()
        .filter_map(|(booking, nights)| Some((booking, whole(&nights)?)))
        .flat_map(|(booking, stay)| {
            rules::preparation(stay, gap).map(move |night| (night, Kind::Preparation, booking))
        })
        .filter(|(night, ..)| *night >= from)
        .collect();

    reasons::delete(tx, listing, since.and(night_reason::Column::Kind.eq(Kind::Preparation))).await?;
    reasons::add_all(tx, listing, &wanted).await
}
