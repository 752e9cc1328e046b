//! What the market offers to everybody: amenities, currencies, and what a request costs.

use async_graphql::{Context, Enum, Object, SimpleObject};

use super::{
    context::viewer,
    scalars::CurrencyCode,
    transport::{Rule, cost::Cost, door::Allowance, ruled},
};
use crate::{kernel, listings::amenity};

/// Which shelf an amenity stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "amenity::AmenityGroup")]
pub enum AmenityGroup {
    /// What most guests expect.
    Essentials,
    /// What makes a stay better.
    Features,
    /// What keeps guests safe.
    Safety,
    /// What helps guests to move about.
    Accessibility,
    /// For guests with animals.
    Pets,
}

/// Something that a place has.
pub struct Amenity(pub amenity::Amenity);

/// Something that a place has.
#[Object]
impl Amenity {
    /// Its code, for filters and inputs: `WIFI`.
    async fn code(&self) -> &'static str {
        self.0.code()
    }

    /// Its name in English.
    async fn label(&self) -> &'static str {
        self.0.label()
    }

    /// Which shelf it stands on.
    async fn group(&self) -> AmenityGroup {
        self.0.group().into()
    }
}

/// A currency that can be charged.
#[derive(SimpleObject)]
pub struct Currency {
    /// Its ISO 4217 code.
    code: CurrencyCode,
    /// Decimal places of its minor unit.
    exponent: u32,
    /// What people write before an amount.
    symbol: &'static str,
}

/// What a request costs, what it may cost, and what may be asked for besides.
#[derive(SimpleObject)]
pub struct RateLimit {
    /// What this very request costs.
    cost: u64,
    /// What one request of this caller may cost.
    budget: u64,
    /// Whether the caller is signed in, which raises the budget.
    signed_in: bool,
    /// How much cost the caller may still ask for now, after this request; null where there is no limit.
    left: Option<u64>,
    /// How much of it comes back per minute, and how much there is at most; null where there is no limit.
    per_minute: Option<u64>,
}

/// Queries about the market itself.
#[derive(Default)]
pub struct MarketQuery;

#[Object]
impl MarketQuery {
    /// The catalogue of amenities.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn amenities(&self) -> Vec<Amenity> {
        amenity::Amenity::ALL.iter().copied().map(Amenity).collect()
    }

    /// The currencies that can be charged.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn currencies(&self) -> Vec<Currency> {
        let currency = |c: &kernel::Currency| Currency {
            code: CurrencyCode(*c),
            exponent: c.exponent(),
            symbol: c.symbol(),
        };
        kernel::Currency::ALL.iter().map(currency).collect()
    }

    /// What this request costs, what it may cost, and what may be asked for besides.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn rate_limit(&self, ctx: &Context<'_>) -> Option<RateLimit> {
        let cost = ctx.data_opt::<Cost>()?;
        let allowance = ctx.data_opt::<Allowance>();
        Some(RateLimit {
            cost: cost.requested,
            budget: cost.budget,
            signed_in: viewer(ctx).is_some(),
            left: allowance.map(|allowance| allowance.left),
            per_minute: allowance.map(|allowance| allowance.per_minute),
        })
    }
}
