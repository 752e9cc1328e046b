//! `availability`: loads the facts of a stay and lets the rules judge. Two statements, and a third where nothing near the
//! stay can be booked.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate, Timelike};
use sea_orm::{ConnectionTrait, DbErr};

pub use super::rules::Violation;
use super::{
    default_rules, find,
    rules::{self, Facts},
};
use crate::{
    kernel::{ListingId, Party, Stay, clock::Instant, stay::BOOKABLE_DAYS},
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
    let mut judged = check_all(conn, &[listing], stay, party, now).await?;
    // One listing was asked about, so one was judged.
    judged.remove(&listing.id).ok_or_else(|| DbErr::RecordNotFound(listing.id.to_string()))
}

/// Judges the same stay at many listings, with no more statements than for one.
pub async fn check_all(
    conn: &impl ConnectionTrait,
    listings: &[&listing::Model],
    stay: Stay,
    party: Party,
    now: Instant,
) -> Result<HashMap<ListingId, Availability>, DbErr> {
    let mut facts = load(conn, listings, stay, now).await?;
    let mut judged: HashMap<_, _> =
        facts.iter().map(|(id, facts)| (*id, judge(facts, stay, party, Some(rules::NEAR)))).collect();

    let few = |one: &Availability| !one.violations.is_empty() && one.alternatives.len() < ALTERNATIVES;
    facts.retain(|id, facts| facts.on_sale && judged.get(id).is_some_and(few));
    look_far(conn, &mut facts, now).await?;
    judged.extend(facts.iter().map(|(id, facts)| (*id, judge(facts, stay, party, None))));
    Ok(judged)
}

fn judge(facts: &Facts, stay: Stay, party: Party, within: Option<u64>) -> Availability {
    let violations = rules::violations(facts, stay, party);
    let alternatives = if violations.is_empty() {
        Vec::new()
    } else {
        rules::nearest(facts, stay, party, ALTERNATIVES, within)
    };
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
    let facts = listings.iter().map(|listing| {
        let local = now.with_timezone(&listing.zone());
        let facts = Facts {
            on_sale: listing.status == listing::Status::Published,
            rules: rules.remove(&listing.id).unwrap_or_else(|| default_rules(listing.id)),
            max_guests: u32::try_from(listing.max_guests).unwrap_or(0),
            today: local.date_naive(),
            hour: local.hour(),
            taken: BTreeSet::new(),
            preparation: BTreeSet::new(),
        };
        (listing.id, facts)
    });
    let mut facts = facts.collect();
    let first = stay.check_in().checked_sub_days(Days::new(rules::NEAR)).unwrap_or(NaiveDate::MIN);
    let last = stay.check_out().checked_add_days(Days::new(rules::NEAR)).unwrap_or(NaiveDate::MAX);
    take_in(conn, &mut facts, first, last, now).await?;
    Ok(facts)
}

/// Takes in the nights of all days that can be booked anywhere.
async fn look_far(
    conn: &impl ConnectionTrait,
    facts: &mut HashMap<ListingId, Facts>,
    now: Instant,
) -> Result<(), DbErr> {
    let today = now.date_naive();
    let last = today.checked_add_days(Days::new(u64::from(BOOKABLE_DAYS) + 1)).unwrap_or(NaiveDate::MAX);
    take_in(conn, facts, today.pred_opt().unwrap_or(today), last, now).await
}

async fn take_in(
    conn: &impl ConnectionTrait,
    facts: &mut HashMap<ListingId, Facts>,
    first: NaiveDate,
    last: NaiveDate,
    now: Instant,
) -> Result<(), DbErr> {
    if facts.is_empty() {
        return Ok(());
    }
    let ids: Vec<ListingId> = facts.keys().copied().collect();
    for (listing, night, is_preparation) in find::taken_and_prepared(conn, &ids, first, last, now).await? {
        let Some(facts) = facts.get_mut(&listing) else { continue };
        if is_preparation {
            facts.preparation.insert(night)
        } else {
            facts.taken.insert(night)
        };
    }
    Ok(())
}
