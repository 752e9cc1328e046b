//! A setting that is kept in the database. No behaviour.

use sea_orm::entity::prelude::*;

/// A setting that is kept in the database.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub struct Model {
    /// Which setting.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// As text.
    pub value: String,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
