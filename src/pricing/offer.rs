//! `availability`: whether a stay can be had, by every rule of the calendar and with a total that can be charged. A quote
//! is judged by the same: so the one says yes exactly when the other succeeds, and a booking after it. Two statements,
//! and a third for stays that can't be had.

use std::collections::{BTreeSet, HashMap};

use chrono::Timelike;
use sea_orm::DbErr;

use super::{
    RatePlan, facts,
    price::Price,
    rules as price_rules,
    sellable::{Unsellable, sellable},
    terms,
};
use crate::{
    app::App,
    calendar::{
        find,
        rules::{self, Violation},
    },
    kernel::{ListingId, Party, Stay},
    listings::listing::{self, Status},
};

/// How many other stays are offered.
const ALTERNATIVES: usize = 3;

/// What stands against a stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// A rule of the calendar.
    #[error(transparent)]
    Rule(Violation),
    /// What it costs.
    #[error(transparent)]
    Price(Unsellable),
}

/// Whether a stay can be had, why not, and what could be instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Everything that stands against it; nothing means that a booking would succeed.
    pub obstacles: Vec<Obstacle>,
    /// The nearest stays of the same length that can be had, when this one can't.
    pub alternatives: Vec<Stay>,
}

/// What a stay at a listing is judged by.
#[derive(Debug)]
pub(super) struct Place {
    /// The calendar's part. Where the stay that was asked about can be had, it knows no nights: nobody needs them.
    pub calendar: rules::Facts,
    /// What prices depend on, where the host has set any.
    pub prices: Option<facts::Facts>,
}

/// Judges a stay at a listing as of now.
pub async fn offer(app: &App, listing: &listing::Model, stay: Stay, party: Party) -> Result<Offer, DbErr> {
    Ok(place(app, listing, stay, party).await?.offer(stay, party))
}

/// Judges the same stay at many listings, with no more statements than for one.
pub async fn offers(
    app: &App,
    listings: &[&listing::Model],
    stay: Stay,
    party: Party,
) -> Result<HashMap<ListingId, Offer>, DbErr> {
    let places = places(app, listings, stay, party).await?;
    Ok(places.into_iter().map(|(id, place)| (id, place.offer(stay, party))).collect())
}

/// What a stay at a listing is judged by, as of now.
pub(super) async fn place(
    app: &App,
    listing: &listing::Model,
    stay: Stay,
    party: Party,
) -> Result<Place, DbErr> {
    let mut places = places(app, &[listing], stay, party).await?;
    places.remove(&listing.id).ok_or_else(|| DbErr::RecordNotFound(listing.id.to_string()))
}

async fn places(
    app: &App,
    listings: &[&listing::Model],
    stay: Stay,
    party: Party,
) -> Result<HashMap<ListingId, Place>, DbErr> {
    let (conn, now, rates) = (app.db.read(), app.clock.now(), app.rates.rates());
    let ids: Vec<ListingId> = listings.iter().map(|listing| listing.id).collect();
    let mut terms = terms::load(conn, &ids, stay, now).await?;
    let settings = terms.values_mut().filter_map(|terms| terms.settings.take()).collect();
    let fees = &app.settings.fees;
    let mut prices = facts::complete(conn, listings, settings, None, fees, &rates, now).await?;

    let (mut places, mut closed) = (HashMap::new(), Vec::new());
    for listing in listings {
        // Nobody deletes what was just found, but for the host of a draft.
        let Some(terms) = terms.remove(&listing.id) else { continue };
        let local = now.with_timezone(&listing.zone());
        let calendar = rules::Facts {
            on_sale: listing.status == Status::Published && terms.is_host_active,
            rules: terms.rules,
            max_guests: u32::try_from(listing.max_guests).unwrap_or(0),
            today: local.date_naive(),
            hour: local.hour(),
            taken: BTreeSet::new(),
            preparation: BTreeSet::new(),
        };
        let place = Place { calendar, prices: prices.remove(&listing.id) };
        if terms.is_taken || !place.obstacles(stay, party).is_empty() {
            closed.push(listing.id);
        }
        places.insert(listing.id, place);
    }

    // Which nights are taken matters only where the answer is no: to name them, and to find others.
    let nights = if closed.is_empty() { Vec::new() } else { find::around(conn, &closed, stay, now).await? };
    for (listing, night, is_preparation) in nights {
        let Some(place) = places.get_mut(&listing) else { continue };
        let nights = if is_preparation { &mut place.calendar.preparation } else { &mut place.calendar.taken };
        nights.insert(night);
    }
    Ok(places)
}

impl Place {
    /// The rules of the calendar that the stay breaks.
    pub fn violations(&self, stay: Stay, party: Party) -> Vec<Violation> {
        rules::violations(&self.calendar, stay, party)
    }

    /// The price in the listing's currency at the usual rate, if it can be charged.
    fn price(&self, stay: Stay, party: Party) -> Result<Price, Unsellable> {
        let prices = self.prices.as_ref().ok_or(Unsellable::NoPrice)?;
        sellable(price_rules::price(prices, stay, party, RatePlan::Standard), prices.currency)
    }

    fn obstacles(&self, stay: Stay, party: Party) -> Vec<Obstacle> {
        let rules = self.violations(stay, party).into_iter().map(Obstacle::Rule);
        rules.chain(self.price(stay, party).err().map(Obstacle::Price)).collect()
    }

    fn offer(&self, stay: Stay, party: Party) -> Offer {
        let obstacles = self.obstacles(stay, party);
        let alternatives = if obstacles.is_empty() {
            Vec::new()
        } else {
            let can_be_charged = |other| self.price(other, party).is_ok();
            rules::nearest(&self.calendar, stay, party, ALTERNATIVES, can_be_charged)
        };
        Offer { obstacles, alternatives }
    }
}
