//! Work for later: the queue that is written in the same transaction as what it follows from.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("job")
                .col(pk_uuid("id"))
                .col(text("kind"))
                .col(text("payload"))
                .col(text_null("dedup_key"))
                .col(text("state"))
                .col(instant("run_at"))
                .col(instant("not_before"))
                .col(integer("attempts"))
                .col(integer("max_attempts"))
                .col(instant_null("lease_until"))
                .col(uuid_null("lease_token"))
                .col(text_null("last_error"))
                .col(instant_null("ended_at"))
                .to_owned(),
            vec![index("job", &["state", "run_at"])],
        )
        .await?;
        // Partial: only among live jobs does a key stand for one piece of work. Both databases know the clause.
        m.get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX job_one_kind_dedup_key ON job (kind, dedup_key) WHERE state IN ('WAITING', 'RUNNING')",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["job"]).await
    }
}
