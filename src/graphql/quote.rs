//! Quotes on the roof: prices that are kept for fifteen minutes.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, id, loaders, signed_in},
    errors::{QuoteError, QuoteErrorCode as Code},
    faults::{settle, shared},
    listing::{CancellationPolicy, Listing},
    loaders::ListingById,
    money::Money,
    pricing::{ExchangeRate, RatePlan, StayPrice},
    scalars::{CurrencyCode, Date, DateTime},
    stay::{PartyInput, PartyOf, StayInput},
    transport::{Rule, ruled},
};
use crate::{
    calendar::rules::Violation,
    pricing::{self, create_quote, quote, sellable::Unsellable},
};

/// A price that is kept for fifteen minutes.
pub struct Quote(pub quote::Model);

/// A price that is kept for fifteen minutes. It holds no nights: another guest may be faster.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Quote {
    /// Names the quote; `createBooking` wants it.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Where; null if it was taken off sale meanwhile.
    async fn listing(&self, ctx: &Context<'_>) -> Result<Option<Listing>> {
        Ok(loaders(ctx).load_one(ListingById(self.0.listing_id)).await.map_err(shared)?.map(Listing::from))
    }

    /// First night.
    async fn check_in(&self) -> Date {
        Date(self.0.check_in)
    }

    /// Day of leaving.
    async fn check_out(&self) -> Date {
        Date(self.0.check_out)
    }

    /// Who comes.
    async fn party(&self) -> PartyOf {
        self.0.party().into()
    }

    /// Every line, as the guest pays it.
    async fn price(&self) -> StayPrice {
        StayPrice::paid(self.0.price.clone())
    }

    /// The rate that it keeps where the guest pays in another currency than the listing's; otherwise null.
    async fn exchange_rate(&self) -> Option<ExchangeRate> {
        ExchangeRate::of(&self.0.price)
    }

    /// What a booking charges.
    async fn total(&self) -> Money {
        Money::new(self.0.total, self.0.currency)
    }

    /// What a guest who cancels gets back.
    async fn cancellation_policy(&self) -> CancellationPolicy {
        self.0.cancellation_policy.into()
    }

    /// The rate.
    async fn rate_plan(&self) -> RatePlan {
        self.0.rate_plan.into()
    }

    /// Until when a booking charges exactly this.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }
}

/// What to price.
#[derive(InputObject)]
pub struct CreateQuoteInput {
    /// Where.
    listing_id: ID,
    /// When.
    stay: StayInput,
    /// Who comes.
    party: PartyInput,
    /// At which rate; see `Listing.ratePlans`.
    #[graphql(default_with = "RatePlan::Standard")]
    rate_plan: RatePlan,
    /// In which currency the guest pays; the listing's, when nothing is said.
    currency_code: Option<CurrencyCode>,
}

/// A quote, or why there is none.
#[derive(SimpleObject)]
pub struct CreateQuotePayload {
    /// The quote.
    quote: Option<Quote>,
    /// Why there is none: every reason at once.
    errors: Vec<QuoteError>,
}

/// Quotes are made here.
#[derive(Default)]
pub struct QuoteMutation;

#[Object]
impl QuoteMutation {
    /// Prices a stay that can be booked now, and keeps the price for fifteen minutes.
    #[graphql(directive = ruled::apply(Rule::Verified), guard = "Rule::Verified")]
    async fn create_quote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to price.")] input: CreateQuoteInput,
    ) -> Result<CreateQuotePayload> {
        let refused = |code, field: &str, why: &dyn std::fmt::Display| {
            Ok(CreateQuotePayload { quote: None, errors: vec![QuoteError::new(code, field, why)] })
        };
        let listing = id("listingId", &input.listing_id)?;
        let stay = match input.stay.read() {
            Ok(stay) => stay,
            Err(why) => return refused(Code::InvalidStay, "stay", &why),
        };
        let party = match input.party.read() {
            Ok(party) => party,
            Err(why) => return refused(Code::InvalidParty, "party", &why),
        };
        let currency = input.currency_code.map(|code| code.0);
        let ask = create_quote::Ask { listing, stay, party, plan: input.rate_plan.into(), currency };
        let (quote, errors) = settle(pricing::create_quote(app(ctx), signed_in(ctx)?, ask).await, errors)?;
        Ok(CreateQuotePayload { quote: quote.map(Quote), errors })
    }
}

fn errors(refusal: create_quote::Refusal) -> Vec<QuoteError> {
    match refusal {
        create_quote::Refusal::NotAvailable(violations) => violations.iter().map(unavailable).collect(),
        create_quote::Refusal::NotForSale(Unsellable::NoRate) => {
            vec![QuoteError::new(Code::RateUnavailable, "currencyCode", refusal)]
        }
        create_quote::Refusal::NotForSale(_) => vec![QuoteError::new(Code::NotForSale, "listingId", refusal)],
        create_quote::Refusal::RatePlanNotOffered => {
            vec![QuoteError::new(Code::RatePlanNotOffered, "ratePlan", refusal)]
        }
        create_quote::Refusal::OwnListing => vec![QuoteError::new(Code::OwnListing, "listingId", refusal)],
    }
}

fn unavailable(violation: &Violation) -> QuoteError {
    let nights = match violation {
        Violation::NightsTaken { nights } | Violation::Preparation { nights, .. } => {
            nights.iter().copied().map(Date).collect()
        }
        _ => Vec::new(),
    };
    let field = if matches!(violation, Violation::TooManyGuests { .. }) { "party" } else { "stay" };
    QuoteError { nights, ..QuoteError::new(Code::NotAvailable, field, violation) }
}
