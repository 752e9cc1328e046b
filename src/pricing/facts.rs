//! Loading what prices depend on, for one listing or a page of them: two statements, however many. No judgement.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, UnionType},
};

pub use super::rules::Facts;
use super::{exchange::Rates, price_override, settings, tax_rule};
use crate::{
    config::FeeSettings,
    kernel::{Currency, ListingId, PriceOverrideId, clock::Instant},
    listings::listing,
};

/// The nights that prices are asked for, the first and the last; none for all there are.
pub type Nights = Option<(NaiveDate, NaiveDate)>;

/// Ranges with prices of their own by listing.
type Overrides = HashMap<ListingId, Vec<price_override::Model>>;

/// The facts of these listings for these nights, with the rates of `now` for taxes in another currency. A listing
/// without prices has none.
pub async fn load(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    nights: Nights,
    fees: &FeeSettings,
    rates: &Rates,
    now: Instant,
) -> Result<HashMap<ListingId, Facts>, DbErr> {
    let ids = listings.iter().map(|listing| listing.id);
    let settings = settings::Entity::find().filter(settings::Column::ListingId.is_in(ids)).all(conn).await?;
    complete(conn, listings, settings, nights, fees, rates, now).await
}

/// The same where the listings' prices are known already: one statement.
pub(super) async fn complete(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    settings: Vec<settings::Model>,
    nights: Nights,
    fees: &FeeSettings,
    rates: &Rates,
    now: Instant,
) -> Result<HashMap<ListingId, Facts>, DbErr> {
    let (mut overrides, taxes) = overrides_and_taxes(conn, listings, nights).await?;
    let mut settings: HashMap<_, _> = settings.into_iter().map(|s| (s.listing_id, s)).collect();
    let facts = listings.iter().filter_map(|listing| {
        let tax = tax_rule::of(&taxes, &listing.country, &listing.region);
        let tax_rate = tax.and_then(|tax| rates.between(tax.currency, listing.currency, now));
        let facts = Facts {
            settings: settings.remove(&listing.id)?,
            overrides: overrides.remove(&listing.id).unwrap_or_default(),
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

/// A range with a price of its own, or a tax: what is not of the one is null.
#[derive(FromQueryResult)]
struct Found {
    amount: i64,
    listing_id: Option<ListingId>,
    id: Option<PriceOverrideId>,
    first_night: Option<NaiveDate>,
    last_night: Option<NaiveDate>,
    country: Option<String>,
    region: Option<String>,
    percent: Option<i32>,
    currency: Option<Currency>,
}

/// The ranges with prices of their own of each listing, and the taxes of their countries. They have nothing to do with
/// each other, but come in one statement: a price is asked for so often.
async fn overrides_and_taxes(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    nights: Nights,
) -> Result<(Overrides, Vec<tax_rule::Model>), DbErr> {
    use price_override::Column as Range;
    use tax_rule::Column as Tax;
    let null = || Expr::cust("NULL");
    let mut overrides = price_override::Entity::find()
        .select_only()
        .column_as(Range::Nightly, "amount")
        .column(Range::ListingId)
        .column(Range::Id)
        .column(Range::FirstNight)
        .column(Range::LastNight)
        .expr_as(null(), "country")
        .expr_as(null(), "region")
        .expr_as(null(), "percent")
        .expr_as(null(), "currency")
        .filter(Range::ListingId.is_in(listings.iter().map(|listing| listing.id)));
    if let Some((first, last)) = nights {
        overrides = overrides.filter(Range::FirstNight.lte(last)).filter(Range::LastNight.gte(first));
    }
    let mut countries: Vec<&str> = listings.iter().map(|listing| listing.country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    let taxes = tax_rule::Entity::find()
        .select_only()
        .column_as(Tax::PerPersonNight, "amount")
        .expr_as(null(), "listing_id")
        .expr_as(null(), "id")
        .expr_as(null(), "first_night")
        .expr_as(null(), "last_night")
        .column(Tax::Country)
        .column(Tax::Region)
        .column(Tax::Percent)
        .column(Tax::Currency)
        .filter(Tax::Country.is_in(countries))
        .filter(Tax::RemovedAt.is_null());
    let mut both = overrides.into_query();
    both.union(UnionType::All, taxes.into_query());
    let found = Found::find_by_statement(conn.get_database_backend().build(&both)).all(conn).await?;

    let (mut overrides, mut taxes) = (Overrides::new(), Vec::new());
    for found in found {
        match found.listing_id {
            Some(listing) => overrides.entry(listing).or_default().extend(found.range()),
            None => taxes.extend(found.tax()),
        }
    }
    Ok((overrides, taxes))
}

impl Found {
    fn range(self) -> Option<price_override::Model> {
        Some(price_override::Model {
            id: self.id?,
            listing_id: self.listing_id?,
            first_night: self.first_night?,
            last_night: self.last_night?,
            nightly: self.amount,
        })
    }

    fn tax(self) -> Option<tax_rule::Model> {
        Some(tax_rule::Model {
            country: self.country?,
            region: self.region?,
            percent: self.percent?,
            per_person_night: self.amount,
            currency: self.currency?,
            ..tax_rule::Model::none()
        })
    }
}
