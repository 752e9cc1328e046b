//! Loading what the tables say of listings: seven statements, however many listings. No judgement.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    entry::Facts,
    nights::{self, Nights},
};
use crate::{
    accounts::user,
    calendar::{calendar_rules, default_rules, night},
    kernel::{ListingId, clock::Instant},
    listings::{
        listing::{self, Status},
        photo,
    },
    pricing::{price_override, settings, tax_rule},
};

/// The facts of those of `ids` that belong into search: published, priced, of a host who isn't suspended.
pub async fn load(
    conn: &impl ConnectionTrait,
    ids: &[ListingId],
    now: Instant,
) -> Result<HashMap<ListingId, Facts>, DbErr> {
    let active = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::SuspendedAt.is_null());
    let listings = listing::Entity::find()
        .filter(listing::Column::Id.is_in(ids.iter().copied()))
        .filter(listing::Column::Status.eq(Status::Published))
        .filter(listing::Column::HostId.in_subquery(active.into_query()))
        .all(conn)
        .await?;
    if listings.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<ListingId> = listings.iter().map(|listing| listing.id).collect();
    let prices =
        settings::Entity::find().filter(settings::Column::ListingId.is_in(ids.clone())).all(conn).await?;
    let rules = calendar_rules::Entity::find()
        .filter(calendar_rules::Column::ListingId.is_in(ids.clone()))
        .all(conn)
        .await?;
    let photos = photo::Entity::find()
        .filter(photo::Column::ListingId.is_in(ids.clone()))
        .order_by_asc(photo::Column::Position)
        .order_by_asc(photo::Column::Id)
        .all(conn)
        .await?;
    let overrides = price_override::Entity::find()
        .filter(price_override::Column::ListingId.is_in(ids.clone()))
        .all(conn)
        .await?;
    let countries: BTreeSet<&str> = listings.iter().map(|listing| listing.country.as_str()).collect();
    let taxes = tax_rule::Entity::find()
        .filter(tax_rule::Column::Country.is_in(countries))
        .filter(tax_rule::Column::RemovedAt.is_null())
        .all(conn)
        .await?;
    let mut taken = taken(conn, ids, now).await?;

    let mut prices: HashMap<_, _> = prices.into_iter().map(|row| (row.listing_id, row)).collect();
    let mut rules: HashMap<_, _> = rules.into_iter().map(|row| (row.listing_id, row)).collect();
    let mut photos_of: HashMap<ListingId, Vec<photo::Model>> = HashMap::new();
    for photo in photos {
        photos_of.entry(photo.listing_id).or_default().push(photo);
    }
    let mut overrides_of: HashMap<ListingId, Vec<price_override::Model>> = HashMap::new();
    for range in overrides {
        overrides_of.entry(range.listing_id).or_default().push(range);
    }
    let facts = listings.into_iter().filter_map(|listing| {
        let id = listing.id;
        let facts = Facts {
            prices: prices.remove(&id)?,
            overrides: overrides_of.remove(&id).unwrap_or_default(),
            tax: tax_rule::of(&taxes, &listing.country, &listing.region).cloned(),
            rules: rules.remove(&id).unwrap_or_else(|| default_rules(id)),
            photos: photos_of.remove(&id).unwrap_or_default(),
            nights: taken.remove(&id).unwrap_or_default().into_iter().collect::<Nights>(),
            listing,
        };
        Some((id, facts))
    });
    Ok(facts.collect())
}

async fn taken(
    conn: &impl ConnectionTrait,
    ids: Vec<ListingId>,
    now: Instant,
) -> Result<HashMap<ListingId, Vec<NaiveDate>>, DbErr> {
    let (first, last) = nights::kept(now).into_inner();
    let rows: Vec<(ListingId, NaiveDate)> = night::Entity::find()
        .select_only()
        .columns([night::Column::ListingId, night::Column::Night])
        .filter(night::Column::ListingId.is_in(ids))
        .filter(night::Column::Night.between(first, last))
        .into_tuple()
        .all(conn)
        .await?;
    let mut taken: HashMap<ListingId, Vec<NaiveDate>> = HashMap::new();
    for (listing, night) in rows {
        taken.entry(listing).or_default().push(night);
    }
    Ok(taken)
}
