//! Follows the taxes of a country or its regions: whoever changes a tax rule says so to the transaction
//! (`touch_country`), and the keeper comes here. A region is one however it is spelled.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use super::row;
use crate::{
    db::Tx,
    kernel::{Currency, fold},
    listings::listing,
    pricing::{rates, tax_rule},
};

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
    let rules = tax_rule::Entity::find()
        .filter(tax_rule::Column::Country.eq(country))
        .filter(tax_rule::Column::RemovedAt.is_null())
        .all(&**tx)
        .await?;
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
    let percent = rule.map_or(0, |rule| Ord::max(rule.percent, 0));
    let person = rule.map_or(0, |rule| rule.per_person_night);
    let ratio = |of: fn((i64, i64)) -> i64| -> Expr {
        let Some(rule) = rule else { return Expr::value(1_i64) };
        let each = Currency::ALL.iter().fold(CaseStatement::new(), |each, to| {
            each.case(row::Column::Currency.eq(*to), of(rates::ratio(rule.currency, *to)))
        });
        each.finally(1_i64).into()
    };
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::TaxPercent, Expr::value(percent))
        .col_expr(row::Column::TaxPerson, Expr::value(person))
        .col_expr(row::Column::TaxUp, ratio(|(up, _)| up))
        .col_expr(row::Column::TaxDown, ratio(|(_, down)| down))
        .filter(row::Column::Country.eq(fold(country)));
    if let Some(region) = region {
        update = update.filter(row::Column::Region.eq(fold(region)));
    }
    update.exec(&**tx).await.map(|_| ())
}
