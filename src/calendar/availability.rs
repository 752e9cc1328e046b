//! `availability`: loads the facts of a stay and lets the rules judge. Two statements.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use sea_orm::{ConnectionTrait, DbErr};

pub use super::rules::Violation;
use super::{
    default_rules, find,
    rules::{self, Facts},
};
use crate::{
    kernel::{ListingId, Party, Stay, clock::Instant, zone},
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
    let facts = load(conn, &[listing], stay, now).await?;
    // One listing was asked about, so one was judged.
    let facts = facts.into_values().next().ok_or_else(|| DbErr::RecordNotFound(listing.id.to_string()))?;
    Ok(judge(&facts, stay, party))
}

/// Judges the same stay at many listings, with no more statements than for one.
pub async fn check_all(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    stay: Stay,
    party: Party,
    now: Instant,
) -> Result<HashMap<ListingId, Availability>, DbErr> {
    let facts = load(conn, listings, stay, now).await?;
    Ok(facts.into_iter().map(|(id, facts)| (id, judge(&facts, stay, party))).collect())
}

fn judge(facts: &Facts, stay: Stay, party: Party) -> Availability {
    let violations = rules::violations(facts, stay, party);
    let alternatives =
        if violations.is_empty() { Vec::new() } else { rules::nearest(facts, stay, party, ALTERNATIVES) };
    Availability { violations, alternatives }
}

async fn load(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    stay: Stay,
    now: Instant,
) -> Result<HashMap<ListingId, Facts>, DbErr> {
    let ids: Vec<ListingId> = listings.iter().map(|listing| listing.id).collect();
    let rules = find::rules(conn, &ids).await?;
    let mut rules: HashMap<_, _> = rules.into_iter().map(|rules| (rules.listing_id, rules)).collect();
    let first = stay.check_in().checked_sub_days(Days::new(rules::NEAR)).unwrap_or(NaiveDate::MIN);
    let last = stay.check_out().checked_add_days(Days::new(rules::NEAR)).unwrap_or(NaiveDate::MAX);
    let mut taken: HashMap<ListingId, BTreeSet<NaiveDate>> = HashMap::new();
    for (listing, night) in find::taken(conn, &ids, first, last, now).await? {
        taken.entry(listing).or_default().insert(night);
    }
    let facts = |listing: &&listing::Model| Facts {
        on_sale: listing.status == listing::Status::Published,
        rules: rules.remove(&listing.id).unwrap_or_else(|| default_rules(listing.id)),
        max_guests: u32::try_from(listing.max_guests).unwrap_or(0),
        today: zone::local_date(now, listing.zone()),
        taken: taken.remove(&listing.id).unwrap_or_default(),
    };
    Ok(ids.iter().copied().zip(listings.iter().map(facts)).collect())
}
