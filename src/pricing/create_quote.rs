//! `createQuote`: prices a stay and keeps the price for fifteen minutes. It holds no nights.

use std::collections::HashMap;

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::{
    RatePlan,
    facts::{self, Facts},
    price::Price,
    quote, rules,
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    calendar::availability::{self, Violation},
    kernel::{Fault, ListingId, Money, Party, QuoteId, Stay, clock::Instant},
    listings::{find, listing},
};

/// How long a quote is honoured.
pub const KEPT_FOR: TimeDelta = TimeDelta::minutes(15);

/// What the guest wants to know the price of.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Where.
    pub listing: ListingId,
    /// When.
    pub stay: Stay,
    /// Who.
    pub party: Party,
    /// At which rate.
    pub plan: RatePlan,
}

/// Why there is no quote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stay can't be booked; each reason is named.
    #[error("this stay cannot be booked")]
    NotAvailable(Vec<Violation>),
    /// The host has set no price yet, or it makes no amount that can be charged.
    #[error("this stay has no price that can be charged")]
    NotForSale,
    /// The host does not offer this rate.
    #[error("this place is not offered at this rate")]
    RatePlanNotOffered,
    /// Nobody books their own place.
    #[error("this is your own listing")]
    OwnListing,
}

/// Stores a quote for a stay that could be booked now.
pub async fn create_quote(app: &App, guest: &Viewer, ask: Ask) -> Result<quote::Model, Fault<Refusal>> {
    guest.may_book()?;
    let now = app.clock.now();
    let seen = find::visible_to(app.db.read(), Some(guest.user), &[ask.listing]).await?;
    let listing = seen.into_iter().next().ok_or(Fault::Missing)?;
    if listing.host_id == guest.user {
        return Err(Fault::Refused(Refusal::OwnListing));
    }
    let violations = availability::check(app.db.read(), &listing, ask.stay, ask.party, now).await?.violations;
    let facts = facts::load(app.db.read(), &[&listing], ask.stay, &app.settings.fees).await?;
    if !violations.is_empty() {
        return Err(Fault::Refused(Refusal::NotAvailable(violations)));
    }
    let price = judge(facts.get(&listing.id), ask).map_err(Fault::Refused)?;
    let row = row(guest, &listing, ask, price, now).map_err(|_| Fault::Refused(Refusal::NotForSale))?;

    app.db
        .write(|tx| {
            let row = row.clone();
            async move { Ok(row.insert(&*tx).await?) }
        })
        .await
}

/// The price that is kept, or why there is none.
fn judge(facts: Option<&Facts>, ask: Ask) -> Result<Price, Refusal> {
    let facts = facts.ok_or(Refusal::NotForSale)?;
    if !facts.settings.rate_plans().contains(&ask.plan) {
        return Err(Refusal::RatePlanNotOffered);
    }
    let price = rules::price(facts, ask.stay, ask.party, ask.plan).ok();
    price.filter(chargeable).ok_or(Refusal::NotForSale)
}

/// The prices of the same stay at many listings as of now; those without one, or not at this rate, are left out.
pub async fn prices_of(
    app: &App,
    listings: &[&listing::Model],
    stay: Stay,
    party: Party,
    plan: RatePlan,
) -> Result<HashMap<ListingId, Price>, sea_orm::DbErr> {
    let facts = facts::load(app.db.read(), listings, stay, &app.settings.fees).await?;
    let offered = facts.iter().filter(|(_, facts)| facts.settings.rate_plans().contains(&plan));
    let prices = offered.filter_map(|(id, facts)| Some((*id, rules::price(facts, stay, party, plan).ok()?)));
    Ok(prices.collect())
}

/// Stripe takes no charge below the currency's smallest, and none of more than eight digits.
fn chargeable(price: &Price) -> bool {
    price
        .total()
        .is_ok_and(|Money { minor, currency }| (currency.smallest_charge()..=99_999_999).contains(&minor))
}

fn row(
    guest: &Viewer,
    listing: &listing::Model,
    ask: Ask,
    price: Price,
    now: Instant,
) -> anyhow::Result<quote::ActiveModel> {
    Ok(quote::ActiveModel {
        id: Set(QuoteId::new()),
        listing_id: Set(listing.id),
        user_id: Set(guest.user),
        check_in: Set(ask.stay.check_in()),
        check_out: Set(ask.stay.check_out()),
        adults: Set(i32::try_from(ask.party.adults)?),
        children: Set(i32::try_from(ask.party.children)?),
        infants: Set(i32::try_from(ask.party.infants)?),
        pets: Set(i32::try_from(ask.party.pets)?),
        currency: Set(price.currency),
        total: Set(price.total()?.minor),
        price: Set(price),
        cancellation_policy: Set(listing.cancellation_policy),
        rate_plan: Set(ask.plan),
        created_at: Set(now),
        expires_at: Set(now + KEPT_FOR),
    })
}
