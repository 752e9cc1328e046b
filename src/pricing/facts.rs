//! Loading what prices depend on, for one listing or a page of them: three statements, however many. No judgement.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

pub use super::rules::Facts;
use super::{exchange::Rates, price_override, settings, tax_rule};
use crate::{
    config::FeeSettings,
    kernel::{ListingId, Stay, clock::Instant},
    listings::listing,
};

/// The facts of these listings for this stay, with the rates of `now` for taxes in another currency. A listing without
/// prices has none.
pub async fn load(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    stay: Stay,
    fees: &FeeSettings,
    rates: &Rates,
    now: Instant,
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
    let taxes = tax_rule::Entity::find()
        .filter(tax_rule::Column::Country.is_in(countries))
        .filter(tax_rule::Column::RemovedAt.is_null())
        .all(conn)
        .await?;

    let mut settings: HashMap<_, _> = settings.into_iter().map(|s| (s.listing_id, s)).collect();
    let facts = listings.iter().filter_map(|listing| {
        let tax = tax_rule::of(&taxes, &listing.country, &listing.region);
        let tax_rate = tax.and_then(|tax| rates.between(tax.currency, listing.currency, now));
        let facts = Facts {
            settings: settings.remove(&listing.id)?,
            overrides: overrides.iter().filter(|o| o.listing_id == listing.id).cloned().collect(),
            tax: tax.cloned(),
            tax_rate: tax_rate.map(|known| known.rate),
            currency: listing.currency,
            guest_fee: fees.guest_fee,
            host_fee: fees.host_fee,
        };
        Some((listing.id, facts))
    });
    Ok(facts.collect())
}
