//! Loading on which terms a listing can be had: the rules of its calendar, its prices, and what stands against a stay at
//! first sight. One statement, however many listings. No judgement.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, FromQueryResult, IdenStatic, Iterable,
    sea_query::{Expr, ExprTrait, Query},
};

use super::settings;
use crate::{
    calendar::{self, calendar_rules, default_rules},
    kernel::{ListingId, Stay, clock::Instant},
    listings::{self, listing},
};

/// On which terms a listing can be had.
#[derive(Debug)]
pub(super) struct Terms {
    /// The rules of its calendar.
    pub rules: calendar_rules::Model,
    /// Its prices, where the host has set some.
    pub settings: Option<settings::Model>,
    /// Whether its host is kept out by nobody.
    pub is_host_active: bool,
    /// Whether some night of the stay is not for sale.
    pub is_taken: bool,
}

/// The terms of these listings, and whether this stay meets anything in their calendars at `now`.
pub(super) async fn load(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    stay: Stay,
    now: Instant,
) -> Result<HashMap<ListingId, Terms>, DbErr> {
    use calendar_rules::Column as Rule;
    use settings::Column as Price;
    let listing = || Expr::col((listing::Entity, listing::Column::Id));
    let of = |key: Expr| key.eq(listing());
    let mut query = Query::select();
    query
        .expr_as(listing(), "listing_id")
        .expr_as(listings::find::host_is_active(), "is_host_active")
        .expr_as(calendar::find::is_taken(listings, stay, now), "is_taken")
        .from(listing::Entity)
        .left_join(calendar_rules::Entity, of(Expr::col((calendar_rules::Entity, Rule::ListingId))))
        .left_join(settings::Entity, of(Expr::col((settings::Entity, Price::ListingId))))
        .and_where(listing::Column::Id.is_in(listings.iter().copied()));
    for column in Rule::iter() {
        query.expr_as(Expr::col((calendar_rules::Entity, column)), format!("rule_{}", column.as_str()));
    }
    for column in Price::iter() {
        query.expr_as(Expr::col((settings::Entity, column)), format!("price_{}", column.as_str()));
    }

    let rows = conn.query_all(&query).await?;
    let terms = rows.iter().map(|row| {
        let listing: ListingId = row.try_get("", "listing_id")?;
        let rules = Option::<calendar_rules::Model>::from_query_result(row, "rule_")?;
        let terms = Terms {
            rules: rules.unwrap_or_else(|| default_rules(listing)),
            settings: Option::<settings::Model>::from_query_result(row, "price_")?,
            is_host_active: row.try_get("", "is_host_active")?,
            is_taken: row.try_get("", "is_taken")?,
        };
        Ok::<_, DbErr>((listing, terms))
    });
    terms.collect()
}
