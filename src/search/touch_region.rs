//! Follows the taxes of a country or its regions: whoever changes a tax rule calls this in the same transaction.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use super::row;
use crate::{db::Tx, listings::listing, pricing::tax_rule};

/// Makes the taxes in the rows of a country what its rules say now: a statement for the whole country, and one for each
/// region that has a rule of its own.
///
/// All listings of the country are locked first: whoever changes one of them meanwhile comes before or after, and sees
/// the old rules and is followed by this, or sees the new ones.
pub async fn touch_region(tx: &Tx, country: &str) -> Result<(), DbErr> {
    tx.take_time().await?;
    listing::Entity::update_many()
        .col_expr(listing::Column::Revision, Expr::col(listing::Column::Revision).add(1))
        .filter(listing::Column::Country.eq(country))
        .exec(&**tx)
        .await?;
    let rules = tax_rule::Entity::find().filter(tax_rule::Column::Country.eq(country)).all(&**tx).await?;
    let (whole, regions): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.region.is_empty());
    write(tx, country, None, whole.first()).await?;
    for rule in &regions {
        write(tx, country, Some(&rule.region), Some(rule)).await?;
    }
    Ok(())
}

async fn write(
    tx: &Tx,
    country: &str,
    region: Option<&str>,
    rule: Option<&tax_rule::Model>,
) -> Result<(), DbErr> {
    let mut there = listing::Entity::find()
        .select_only()
        .column(listing::Column::Id)
        .filter(listing::Column::Country.eq(country));
    if let Some(region) = region {
        there = there.filter(listing::Column::Region.eq(region));
    }
    let percent = rule.map_or(0, |rule| Ord::max(rule.percent, 0));
    // An amount in another currency is no tax, as in the price of a stay.
    let person: Expr = match rule {
        Some(rule) => CaseStatement::new()
            .case(row::Column::Currency.eq(rule.currency), rule.per_person_night)
            .finally(0_i64)
            .into(),
        None => Expr::value(0_i64),
    };
    row::Entity::update_many()
        .col_expr(row::Column::TaxPercent, Expr::value(percent))
        .col_expr(row::Column::TaxPerson, person)
        .filter(row::Column::ListingId.in_subquery(there.into_query()))
        .exec(&**tx)
        .await
        .map(|_| ())
}
