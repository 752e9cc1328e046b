//! `availability`: loads the facts of a stay and lets the rules judge. Two statements.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

pub use super::rules::Violation;
use super::{
    calendar_rules, default_rules, night,
    rules::{self, Facts},
};
use crate::{
    kernel::{Party, Stay, clock::Instant, zone},
    listings::listing,
};

/// How many other stays are offered.
const ALTERNATIVES: usize = 3;

/// Whether a stay can be booked, why not, and what could be instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// Every broken rule; none means that a booking would succeed.
    pub violations: Vec<Violation>,
    /// The nearest bookable stays of the same length, when this one isn't.
    pub alternatives: Vec<Stay>,
}

/// Judges a stay at a listing as of `now`. Whether its host is active was judged when the listing was found.
pub async fn check(
    conn: &impl ConnectionTrait,
    listing: &listing::Model,
    stay: Stay,
    party: Party,
    now: Instant,
) -> Result<Availability, DbErr> {
    let facts = load(conn, listing, stay, now).await?;
    let violations = rules::violations(&facts, stay, party);
    let alternatives =
        if violations.is_empty() { Vec::new() } else { rules::nearest(&facts, stay, party, ALTERNATIVES) };
    Ok(Availability { violations, alternatives })
}

async fn load(
    conn: &impl ConnectionTrait,
    listing: &listing::Model,
    stay: Stay,
    now: Instant,
) -> Result<Facts, DbErr> {
    let rules = calendar_rules::Entity::find_by_id(listing.id).one(conn).await?;
    let first = stay.check_in().checked_sub_days(Days::new(rules::NEAR)).unwrap_or(NaiveDate::MIN);
    let last = stay.check_out().checked_add_days(Days::new(rules::NEAR)).unwrap_or(NaiveDate::MAX);
    let taken: Vec<NaiveDate> = night::Entity::find()
        .select_only()
        .column(night::Column::Night)
        .filter(night::Column::ListingId.eq(listing.id))
        .filter(night::Column::Night.between(first, last))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Facts {
        on_sale: listing.status == listing::Status::Published,
        rules: rules.unwrap_or_else(|| default_rules(listing.id)),
        max_guests: u32::try_from(listing.max_guests).unwrap_or(0),
        today: zone::local_date(now, listing.zone()),
        taken: taken.into_iter().collect::<BTreeSet<_>>(),
    })
}
