//! Prices on the roof: the lines of a stay, and what a host sets.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};

use super::{
    context::{app, bad_input, id, loaders, signed_in},
    errors::{PricingError, PricingErrorCode as Code},
    faults::{broken, settle, shared},
    loaders::PriceOverridesOfListing,
    money::{Money, MoneyInput},
    scalars::{CurrencyCode, Date, DateTime, Decimal},
    stay::NightRange,
    transport::{Rule, ruled},
};
use crate::{
    kernel::{self, Currency},
    pricing::{
        self, RatePlan as Plan, price,
        price::{LineKind as Kind, Price},
        price_override, settings, update,
    },
};

/// What a guest pays for being able to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Plan")]
pub enum RatePlan {
    /// The price that the host has set; the cancellation policy says what comes back.
    Standard,
    /// Ten percent off the nights, where the host offers it: no night comes back, but for 24 hours after a confirmation
    /// a week or more before check-in.
    NonRefundable,
}

/// What a line of a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub enum PriceLineKind {
    /// The nights, before any discount.
    Nights,
    /// The discount for a long stay, negative.
    LengthDiscount,
    /// The discount of the rate that gives nothing back, negative.
    NonRefundableDiscount,
    /// Guests beyond those included.
    ExtraGuests,
    /// Cleaning.
    Cleaning,
    /// Pets.
    Pets,
    /// What the guest pays to the platform.
    ServiceFee,
    /// A tax in percent of nights, extra guests, cleaning and pets.
    PercentTax,
    /// A tax per person and night.
    PersonNightTax,
}

/// A line of a price, rounded once.
#[derive(SimpleObject)]
pub struct PriceLine {
    /// What for.
    kind: PriceLineKind,
    /// How much; negative for a discount.
    amount: Money,
}

/// At which rate one currency became another.
#[derive(SimpleObject)]
pub struct ExchangeRate {
    /// The listing's currency.
    from: CurrencyCode,
    /// The currency that the guest pays in.
    to: CurrencyCode,
    /// Units of the second for one of the first.
    rate: Decimal,
    /// When it was recorded.
    recorded_at: DateTime,
}

impl ExchangeRate {
    /// The rate that a price keeps; none where the guest pays in the listing's currency.
    pub fn of(price: &Price) -> Option<Self> {
        price.exchange.as_ref().map(|exchange| Self {
            from: CurrencyCode(price.currency),
            to: CurrencyCode(exchange.currency),
            rate: Decimal(exchange.rate.to_string()),
            recorded_at: DateTime(exchange.recorded_at),
        })
    }
}

/// Every line of what a stay costs; the lines add up to the total.
pub struct StayPrice(Price);

impl StayPrice {
    /// As the guest pays it.
    pub fn paid(price: Price) -> Self {
        Self(price)
    }

    /// In the listing's currency.
    pub fn of_listing(price: Price) -> Self {
        Self(Price { exchange: None, ..price })
    }
}

/// Every line of what a stay costs; the lines add up to the total.
#[Object]
impl StayPrice {
    /// The lines, in the order a guest reads them; those of zero are left out.
    async fn lines(&self) -> Vec<PriceLine> {
        let (currency, lines) = self.0.lines_to_pay();
        let line = |line: &price::Line| PriceLine {
            kind: line.kind.into(),
            amount: Money::new(line.amount, currency),
        };
        lines.iter().filter(|line| line.amount != 0).map(line).collect()
    }

    /// Each night's price before discount, in the order of the nights.
    async fn nightly(&self) -> Vec<Money> {
        self.0.nightly_to_pay().into_iter().map(Money).collect()
    }

    /// What the guest pays.
    async fn total(&self) -> Result<Money> {
        self.0.to_pay().map(Money).map_err(broken)
    }

    /// At which rate it was converted; null where it is in the listing's currency.
    async fn exchange_rate(&self) -> Option<ExchangeRate> {
        ExchangeRate::of(&self.0)
    }
}

/// What a host has set.
pub struct Pricing {
    /// The row.
    pub row: settings::Model,
    /// Of all amounts.
    pub currency: Currency,
}

impl Pricing {
    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

/// What a host has set.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Pricing {
    /// A night.
    async fn nightly(&self) -> Money {
        self.money(self.row.nightly)
    }

    /// A Friday or Saturday night, where it differs.
    async fn weekend(&self) -> Option<Money> {
        self.row.weekend.map(|minor| self.money(minor))
    }

    /// Per stay.
    async fn cleaning_fee(&self) -> Money {
        self.money(self.row.cleaning_fee)
    }

    /// Per night and guest beyond those included.
    async fn extra_guest_fee(&self) -> Money {
        self.money(self.row.extra_guest_fee)
    }

    /// Guests in the nightly price.
    async fn guests_included(&self) -> i32 {
        self.row.guests_included
    }

    /// Per stay with pets.
    async fn pet_fee(&self) -> Money {
        self.money(self.row.pet_fee)
    }

    /// Off from 7 nights, in hundredths of a percent.
    async fn weekly_discount(&self) -> i32 {
        self.row.weekly_discount
    }

    /// Off from 28 nights, in hundredths of a percent; the larger of the two counts.
    async fn monthly_discount(&self) -> i32 {
        self.row.monthly_discount
    }

    /// Whether guests may choose the cheaper rate that gives nothing back.
    async fn non_refundable(&self) -> bool {
        self.row.non_refundable
    }

    /// Ranges with prices of their own.
    async fn overrides(&self, ctx: &Context<'_>) -> Result<Vec<PriceOverride>> {
        let question = PriceOverridesOfListing(self.row.listing_id);
        let rows = loaders(ctx).load_one(question).await.map_err(shared)?;
        let shown = |row: price_override::Model| PriceOverride {
            first_night: Date(row.first_night),
            last_night: Date(row.last_night),
            nightly: self.money(row.nightly),
        };
        Ok(rows.into_iter().flatten().map(shown).collect())
    }
}

/// A range with a price of its own.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct PriceOverride {
    /// First night.
    first_night: Date,
    /// Last night, included.
    last_night: Date,
    /// A night of it.
    nightly: Money,
}

/// A range with a price of its own. A single date beats a range, a range the weekend, the weekend the nightly price;
/// two ranges that share a night are refused.
#[derive(InputObject)]
pub struct PriceOverrideInput {
    /// First night.
    first_night: Date,
    /// Last night, included.
    last_night: Date,
    /// A night of it.
    nightly: MoneyInput,
}

/// What to set; what is left out stays.
#[derive(InputObject)]
pub struct UpdatePricingInput {
    /// One of one's own.
    listing_id: ID,
    /// A night.
    nightly: Option<MoneyInput>,
    /// A Friday or Saturday night; null for the nightly price.
    weekend: MaybeUndefined<MoneyInput>,
    /// Per stay.
    cleaning_fee: Option<MoneyInput>,
    /// Per night and guest beyond those included.
    extra_guest_fee: Option<MoneyInput>,
    /// Guests in the nightly price, 1 to 50.
    guests_included: Option<i32>,
    /// Per stay with pets.
    pet_fee: Option<MoneyInput>,
    /// Off from 7 nights, in hundredths of a percent, up to 9,000.
    weekly_discount: Option<i32>,
    /// Off from 28 nights, in hundredths of a percent, up to 9,000.
    monthly_discount: Option<i32>,
    /// Whether guests may choose the rate `NON_REFUNDABLE`, ten percent off the nights.
    non_refundable: Option<bool>,
    /// All ranges with prices of their own, instead of those there are; at most 250.
    overrides: Option<Vec<PriceOverrideInput>>,
}

/// The prices as they are now, or why nothing was changed.
#[derive(SimpleObject)]
pub struct UpdatePricingPayload {
    /// The prices.
    pricing: Option<Pricing>,
    /// Why nothing was changed.
    errors: Vec<PricingError>,
}

/// What hosts change of prices.
#[derive(Default)]
pub struct PricingMutation;

#[Object]
impl PricingMutation {
    /// Sets prices. Quotes and bookings that exist keep theirs.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn update_pricing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to set.")] input: UpdatePricingInput,
    ) -> Result<UpdatePricingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let app = app(ctx);
        let ask = read(input)?;
        let outcome = pricing::update(app, signed_in(ctx)?, listing, ask).await;
        let (row, errors) = settle(outcome, |refusal| vec![not_set(&refusal)])?;
        let pricing = row.map(|(row, currency)| Pricing { row, currency });
        Ok(UpdatePricingPayload { pricing, errors })
    }
}

fn not_set(refusal: &update::Refusal) -> PricingError {
    let error = |code, field| PricingError::new(code, field, refusal);
    match refusal {
        update::Refusal::Amount { field, .. } => error(Code::InvalidAmount, field),
        update::Refusal::OutOfRange { field } => error(Code::OutOfRange, field),
        update::Refusal::NoNightlyPrice => error(Code::NightlyPriceMissing, "nightly"),
        update::Refusal::Archived => error(Code::WrongState, "listingId"),
        update::Refusal::Overrides => error(Code::InvalidRange, "overrides"),
        update::Refusal::FreeNight => error(Code::InvalidAmount, "overrides"),
        update::Refusal::Overlap { one, other } => {
            let range = |(first, last): (_, _)| NightRange { first: Date(first), last: Date(last) };
            let ranges = vec![range(*one), range(*other)];
            PricingError { ranges, ..error(Code::OverlappingRanges, "overrides") }
        }
    }
}

fn read(input: UpdatePricingInput) -> Result<update::Ask> {
    let money = |field: &str, money: Option<MoneyInput>| money.map(|money| money.read(field)).transpose();
    let weekend = match input.weekend {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(money) => Some(Some(money.read("weekend")?)),
    };
    let range = |range: PriceOverrideInput| -> Result<update::Override> {
        let nightly: kernel::Money = range.nightly.read("overrides.nightly")?;
        Ok(update::Override { first_night: range.first_night.0, last_night: range.last_night.0, nightly })
    };
    if input.overrides.as_ref().is_some_and(|ranges| ranges.len() > 250) {
        return Err(bad_input("overrides", "at most 250 ranges"));
    }
    Ok(update::Ask {
        nightly: money("nightly", input.nightly)?,
        weekend,
        cleaning_fee: money("cleaningFee", input.cleaning_fee)?,
        extra_guest_fee: money("extraGuestFee", input.extra_guest_fee)?,
        guests_included: input.guests_included,
        pet_fee: money("petFee", input.pet_fee)?,
        weekly_discount: input.weekly_discount,
        monthly_discount: input.monthly_discount,
        non_refundable: input.non_refundable,
        overrides: input.overrides.map(|ranges| ranges.into_iter().map(range).collect()).transpose()?,
    })
}
