//! The occupancy tax of a country or region, set by the operator. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::Currency;

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
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
