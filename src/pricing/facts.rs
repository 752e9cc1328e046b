//! Loading what prices depend on, for one listing or a page of them: three statements, however many. No judgement.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

pub use super::rules::Facts;
use super::{price_override, settings, tax_rule};
use crate::{
    config::FeeSettings,
    kernel::{ListingId, Stay},
    listings::listing,
};

/// The facts of these listings for this stay. A listing without prices has none.
pub async fn load(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    stay: Stay,
    fees: &FeeSettings,
) -> Result<HashMap<ListingId, Facts>, DbErr> {
    let ids: Vec<ListingId> = listings.iter().map(|l| l.id).collect();
    let settings =
        settings::Entity::find().filter(settings::Column::ListingId.is_in(ids.clone())).all(conn).await?;
    let overrides = price_override::Entity::find()
        .filter(price_override::Column::ListingId.is_in(ids))
        .filter(price_override::Column::FirstNight.lt(stay.check_out()))
        .filter(price_override::Column::LastNight.gte(stay.check_in()))
        .all(conn)
        .await?;
    let mut countries: Vec<&str> = listings.iter().map(|l| l.country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    let taxes = tax_rule::Entity::find().filter(tax_rule::Column::Country.is_in(countries)).all(conn).await?;

    let mut settings: HashMap<_, _> = settings.into_iter().map(|s| (s.listing_id, s)).collect();
    let facts = listings.iter().filter_map(|listing| {
        let facts = Facts {
            settings: settings.remove(&listing.id)?,
            overrides: overrides.iter().filter(|o| o.listing_id == listing.id).cloned().collect(),
            tax: tax_of(&taxes, listing).cloned(),
            currency: listing.currency,
            guest_fee: fees.guest_fee,
            host_fee: fees.host_fee,
        };
        Some((listing.id, facts))
    });
    Ok(facts.collect())
}

/// The tax of the region, or else of the whole country.
pub fn tax_of<'a>(taxes: &'a [tax_rule::Model], listing: &listing::Model) -> Option<&'a tax_rule::Model> {
    let of = |region: &str| taxes.iter().find(|t| t.country == listing.country && t.region == region);
    of(&listing.region).or_else(|| of(""))
}
