//! Taxes that an admin sets: who did it, when and why, and whether the rule is still in force.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "tax_rule", text("reason").default("").to_owned()).await?;
        add(m, "tax_rule", uuid_null("changed_by")).await?;
        add(m, "tax_rule", instant_null("changed_at")).await?;
        add(m, "tax_rule", instant_null("removed_at")).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for column in ["removed_at", "changed_at", "changed_by", "reason"] {
            take_away(m, "tax_rule", column).await?;
        }
        Ok(())
    }
}
