//! People, sign-ups that wait for their email, and sessions.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("user")
                .col(pk_uuid("id"))
                .col(text("email"))
                .col(text_null("password_hash"))
                .col(text("display_name"))
                .col(text("bio"))
                .col(boolean("is_host"))
                .col(boolean("is_admin"))
                .col(instant_null("email_verified_at"))
                .col(instant_null("suspended_at"))
                .col(big_integer("revision").default(0))
                .col(big_integer("notification_seq").default(0))
                .col(instant("created_at"))
                .to_owned(),
            vec![unique("user", &["email"])],
        )
        .await?;
        create(
            m,
            table("sign_up")
                .col(pk_uuid("id"))
                .col(text("email"))
                .col(text("password_hash"))
                .col(text("display_name"))
                .col(boolean("wants_host"))
                .col(text("token_hash"))
                .col(instant("created_at"))
                .col(instant("expires_at"))
                .to_owned(),
            vec![unique("sign_up", &["token_hash"]), index("sign_up", &["email"])],
        )
        .await?;
        create(
            m,
            table("session")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(text("refresh_hash"))
                .col(text_null("previous_hash"))
                .col(instant("rotated_at"))
                .col(text("device"))
                .col(instant("created_at"))
                .col(instant("last_seen_at"))
                .col(instant("expires_at"))
                .col(instant_null("revoked_at"))
                .foreign_key(&mut belongs_to("user_id", "user"))
                .to_owned(),
            vec![
                unique("session", &["refresh_hash"]),
                index("session", &["previous_hash"]),
                index("session", &["user_id"]),
            ],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["session", "sign_up", "user"]).await
    }
}
