//! The occupancy tax of a country or region, set by the operator. And which of them holds somewhere.

use sea_orm::entity::prelude::*;

use crate::kernel::{Currency, Money, UserId, clock::Instant, fold};

/// The occupancy tax of a country or region, set by the operator.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rule")]
pub struct Model {
    /// ISO 3166-1 alpha-2.
    #[sea_orm(primary_key, auto_increment = false)]
    pub country: String,
    /// As on the listing; empty for the whole country.
    #[sea_orm(primary_key, auto_increment = false)]
    pub region: String,
    /// Basis points of the base.
    pub percent: i32,
    /// Minor units of `currency` per adult or child and night.
    pub per_person_night: i64,
    /// Of the amount per person and night.
    pub currency: Currency,
    /// Why it was set or taken away.
    pub reason: String,
    /// Who did it; none for what a market began with.
    pub changed_by: Option<UserId>,
    /// When.
    pub changed_at: Option<Instant>,
    /// Since when it is no longer in force.
    pub removed_at: Option<Instant>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// No tax, nowhere: to be filled in.
    pub fn none() -> Self {
        Self {
            country: String::new(),
            region: String::new(),
            percent: 0,
            per_person_night: 0,
            currency: Currency::EUR,
            reason: String::new(),
            changed_by: None,
            changed_at: None,
            removed_at: None,
        }
    }

    /// The amount per adult or child and night.
    pub fn amount(&self) -> Money {
        Money::new(self.per_person_night, self.currency)
    }
}

/// The tax of a region, however it is spelled, or else of its whole country.
pub fn of<'a>(rules: &'a [Model], country: &str, region: &str) -> Option<&'a Model> {
    let of = |region: &str| rules.iter().find(|rule| rule.country == country && fold(&rule.region) == region);
    of(&fold(region)).or_else(|| of(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_beats_its_country_in_any_spelling() {
        let rule = |country: &str, region: &str, percent| Model {
            country: country.into(),
            region: region.into(),
            percent,
            ..Model::none()
        };
        let rules = [rule("FR", "", 100), rule("FR", "Île-de-France", 200), rule("ES", "Catalonia", 300)];
        let percent = |country, region| of(&rules, country, region).map(|rule| rule.percent);
        assert_eq!(percent("FR", "ile de france"), Some(200));
        assert_eq!(percent("FR", "Bretagne"), Some(100));
        assert_eq!(percent("FR", ""), Some(100));
        assert_eq!(percent("ES", "Andalusia"), None);
        assert_eq!(percent("ES", "CATALONIA"), Some(300));
    }
}
