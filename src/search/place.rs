//! A name that people type, and what it names. No behaviour.

use sea_orm::entity::prelude::*;

/// What a name names.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A city.
    City,
    /// A region.
    Region,
    /// A country.
    Country,
}

/// A name that people type, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "place")]
pub struct Model {
    /// Folded.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// What it names.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Kind,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
