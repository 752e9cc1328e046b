//! The settings of the market on the roof: what admins set without a restart, each with a reason.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, signed_in},
    errors::{SettingsError, SettingsErrorCode as Code},
    faults::{read, settle},
    money::{Money, MoneyInput},
    scalars::{CountryCode, DateTime},
    transport::{Rule, ruled},
};
use crate::pricing::{
    tax_rule,
    update_taxes::{self, Ask, Place, Tax, update_taxes},
};

/// What admins set.
#[derive(Default)]
pub struct Settings;

/// What admins set.
#[Object(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
impl Settings {
    /// The occupancy taxes in force, by country and region.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn tax_rules(&self, ctx: &Context<'_>) -> Result<Vec<TaxRule>> {
        let rules = read(update_taxes::in_force(app(ctx).db.read()).await)?;
        Ok(rules.into_iter().map(TaxRule).collect())
    }
}

/// The occupancy tax of a country or a region. A region's own rule beats its country's.
pub struct TaxRule(tax_rule::Model);

/// The occupancy tax of a country or a region. A region's own rule beats its country's.
#[Object(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
impl TaxRule {
    /// Country.
    async fn country(&self) -> CountryCode {
        CountryCode(self.0.country.clone())
    }

    /// Region as on listings, in any spelling; empty for the whole country.
    async fn region(&self) -> &str {
        &self.0.region
    }

    /// Of nights, extra guests, cleaning and pets, in hundredths of a percent.
    async fn percent(&self) -> i32 {
        self.0.percent
    }

    /// Per adult or child and night; converted where a listing has another currency.
    async fn per_person_night(&self) -> Money {
        Money(self.0.amount())
    }

    /// Why it was set; empty for what the market began with.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When it was set; null for what the market began with.
    async fn changed_at(&self) -> Option<DateTime> {
        self.0.changed_at.map(DateTime)
    }
}

/// The place of a tax.
#[derive(InputObject)]
pub struct TaxPlaceInput {
    /// Country.
    country: CountryCode,
    /// Region as on listings, in any spelling; empty for the whole country.
    #[graphql(default)]
    region: String,
}

/// A tax to set, instead of the one that holds there.
#[derive(InputObject)]
pub struct TaxRuleInput {
    /// Country.
    country: CountryCode,
    /// Region as on listings, in any spelling; empty for the whole country.
    #[graphql(default)]
    region: String,
    /// Of nights, extra guests, cleaning and pets, in hundredths of a percent, up to 10,000.
    #[graphql(default)]
    percent: i32,
    /// Per adult or child and night, in any currency; none when nothing is said.
    per_person_night: Option<MoneyInput>,
}

/// What to set; what is left out stays.
#[derive(InputObject)]
pub struct UpdateSettingsInput {
    /// Taxes to set, each instead of the one that holds there; at most 250.
    #[graphql(default)]
    tax_rules: Vec<TaxRuleInput>,
    /// Where there is no tax of its own any more; at most 250.
    #[graphql(default)]
    remove_tax_rules: Vec<TaxPlaceInput>,
    /// Why, 1 to 500 characters, for the record.
    reason: String,
}

/// The settings as they are now, or why nothing was changed.
#[derive(SimpleObject)]
pub struct UpdateSettingsPayload {
    /// The settings.
    settings: Option<Settings>,
    /// Why nothing was changed.
    errors: Vec<SettingsError>,
}

/// What admins change of settings.
#[derive(Default)]
pub struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Changes the settings of the market. Quotes and bookings that exist keep what they were made with.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to set, and why.")] input: UpdateSettingsInput,
    ) -> Result<UpdateSettingsPayload> {
        let ask = ask(input)?;
        let (rules, errors) =
            settle(update_taxes(app(ctx), signed_in(ctx)?, ask).await, |refusal| vec![not_set(&refusal)])?;
        Ok(UpdateSettingsPayload { settings: rules.map(|_| Settings), errors })
    }
}

fn ask(input: UpdateSettingsInput) -> Result<Ask> {
    let tax = |tax: TaxRuleInput| -> Result<Tax> {
        let amount = tax.per_person_night.map(|amount| amount.read("taxRules.perPersonNight")).transpose()?;
        let place = Place { country: tax.country.0, region: tax.region };
        Ok(Tax { place, percent: tax.percent, per_person_night: amount })
    };
    let place = |place: TaxPlaceInput| Place { country: place.country.0, region: place.region };
    Ok(Ask {
        set: input.tax_rules.into_iter().map(tax).collect::<Result<_>>()?,
        remove: input.remove_tax_rules.into_iter().map(place).collect(),
        reason: input.reason,
    })
}

fn not_set(refusal: &update_taxes::Refusal) -> SettingsError {
    use update_taxes::Refusal;
    let error = |code, path: &str| SettingsError::new(code, path, refusal);
    match refusal {
        Refusal::Country { field, .. } => error(Code::UnknownCountry, &format!("{field}.country")),
        Refusal::Region { field } => error(Code::InvalidRegion, &format!("{field}.region")),
        Refusal::Twice { field, .. } => error(Code::NamedTwice, field),
        Refusal::Percent => error(Code::OutOfRange, "taxRules.percent"),
        Refusal::Amount => error(Code::OutOfRange, "taxRules.perPersonNight"),
        Refusal::NoSuchRule(_) => error(Code::NoSuchRule, "removeTaxRules"),
        Refusal::Reason => error(Code::ReasonInvalid, "reason"),
    }
}
