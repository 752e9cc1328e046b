//! `createQuote`: prices a stay and keeps the price for fifteen minutes. It holds no nights.

use chrono::TimeDelta;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::{
    RatePlan,
    exchange::Rates,
    facts::{self, Facts},
    offer,
    price::Price,
    quote, rules,
    sellable::{Unsellable, sellable},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    calendar::rules::Violation,
    kernel::{Currency, Fault, ListingId, Party, QuoteId, Stay, clock::Instant, money::MoneyError},
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
    /// In which currency the guest pays; none for the listing's.
    pub currency: Option<Currency>,
}

/// Why there is no quote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stay can't be booked; each reason is named.
    #[error("this stay cannot be booked")]
    NotAvailable(Vec<Violation>),
    /// What it costs can't be charged.
    #[error(transparent)]
    NotForSale(Unsellable),
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
    let place = offer::place(app, &listing, ask.stay, ask.party).await?;
    let violations = place.violations(ask.stay, ask.party);
    if !violations.is_empty() {
        return Err(Fault::Refused(Refusal::NotAvailable(violations)));
    }
    let price = judge(place.prices.as_ref(), ask, &app.rates.rates(), now).map_err(Fault::Refused)?;
    let row = row(guest, &listing, ask, price, now)?;

    app.db
        .write(|tx| {
            let row = row.clone();
            async move { Ok(row.insert(&*tx).await?) }
        })
        .await
}

/// The price that is kept, or why there is none.
fn judge(facts: Option<&Facts>, ask: Ask, rates: &Rates, now: Instant) -> Result<Price, Refusal> {
    let facts = facts.ok_or(Refusal::NotForSale(Unsellable::NoPrice))?;
    if !facts.settings.rate_plans().contains(&ask.plan) {
        return Err(Refusal::RatePlanNotOffered);
    }
    let price = price(facts, ask.stay, ask.party, ask.plan, ask.currency, rates, now);
    sellable(price, ask.currency.unwrap_or(facts.currency)).map_err(Refusal::NotForSale)
}

/// A stay whose price is asked for, and where.
#[derive(Debug, Clone, Copy)]
pub struct PriceAsk<'a> {
    /// Where.
    pub listing: &'a listing::Model,
    /// When.
    pub stay: Stay,
    /// Who.
    pub party: Party,
    /// At which rate.
    pub plan: RatePlan,
    /// In which currency it is paid; none for the listing's.
    pub currency: Option<Currency>,
}

/// The price of each as of now, with no more statements than for one. There is none where the listing has no prices, or
/// doesn't offer the rate, or where there is no rate of exchange.
pub async fn prices_of(app: &App, asks: &[PriceAsk<'_>]) -> Result<Vec<Option<Price>>, sea_orm::DbErr> {
    let first = asks.iter().map(|ask| ask.stay.check_in()).min();
    let nights = first.zip(asks.iter().map(|ask| ask.stay.check_out()).max());
    let listings: Vec<_> = asks.iter().map(|ask| ask.listing).collect();
    let (rates, now) = (app.rates.rates(), app.clock.now());
    let facts = facts::load(app.db.read(), &listings, nights, &app.settings.fees, &rates, now).await?;
    let of = |ask: &PriceAsk<'_>| {
        let facts = facts.get(&ask.listing.id)?;
        let offered = facts.settings.rate_plans().contains(&ask.plan);
        let price = offered.then(|| price(facts, ask.stay, ask.party, ask.plan, ask.currency, &rates, now));
        price?.ok()
    };
    Ok(asks.iter().map(of).collect())
}

/// The price in the currency that the guest pays in.
fn price(
    facts: &Facts,
    stay: Stay,
    party: Party,
    plan: RatePlan,
    currency: Option<Currency>,
    rates: &Rates,
    now: Instant,
) -> Result<Price, MoneyError> {
    rules::price(facts, stay, party, plan)?.paid_in(currency.unwrap_or(facts.currency), rates, now)
}

fn row(
    guest: &Viewer,
    listing: &listing::Model,
    ask: Ask,
    price: Price,
    now: Instant,
) -> anyhow::Result<quote::ActiveModel> {
    let to_pay = price.to_pay()?;
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
        currency: Set(to_pay.currency),
        total: Set(to_pay.minor),
        price: Set(price),
        cancellation_policy: Set(listing.cancellation_policy),
        rate_plan: Set(ask.plan),
        created_at: Set(now),
        expires_at: Set(now + KEPT_FOR),
    })
}
