//! What a person's idempotency key was answered, to be answered again. Which mutations take one is not known here.

use sea_orm::entity::prelude::*;

use crate::kernel::{UserId, clock::Instant};

/// What an idempotency key was answered, to be answered again.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_answer")]
pub struct Model {
    /// Whose key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// Of which mutation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub mutation: String,
    /// Made by the client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the input, hex: another input with the same key is a conflict.
    pub input_hash: String,
    /// The id of what was made.
    pub answer: String,
    /// When.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use sea_orm::ActiveValue::Set;
use sha2::{Digest, Sha256};

use crate::db::Tx;

/// Whether a text can be an idempotency key: 1 to 255 characters, none of them a control character.
pub fn is_key(key: &str) -> bool {
    (1..=255).contains(&key.chars().count()) && !key.chars().any(char::is_control)
}

/// The key was used with another input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherInput;

/// What this key was answered before, if the input was the same. The caller has locked the person's row, so that two
/// clicks come here one after the other.
pub async fn recall<Id: std::str::FromStr>(
    tx: &Tx,
    user: UserId,
    mutation: &str,
    key: &str,
    input: &impl std::fmt::Display,
) -> Result<Option<Result<Id, OtherInput>>, DbErr> {
    let row = Entity::find_by_id((user, mutation.to_owned(), key.to_owned())).one(&**tx).await?;
    Ok(row.map(|row| match row.answer.parse() {
        Ok(id) if row.input_hash == hash(input) => Ok(id),
        _ => Err(OtherInput),
    }))
}

/// Remembers the answer, in the transaction that makes it true; refusals are not remembered.
pub async fn remember(
    tx: &Tx,
    user: UserId,
    mutation: &str,
    key: &str,
    input: &impl std::fmt::Display,
    answer: &impl std::fmt::Display,
    now: Instant,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        user_id: Set(user),
        mutation: Set(mutation.to_owned()),
        key: Set(key.to_owned()),
        input_hash: Set(hash(input)),
        answer: Set(answer.to_string()),
        created_at: Set(now),
    };
    Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

fn hash(input: &impl std::fmt::Display) -> String {
    hex::encode(Sha256::digest(input.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bounded() {
        assert!(!is_key(""));
        assert!(is_key(&"k".repeat(255)));
        assert!(!is_key(&"k".repeat(256)));
        assert!(!is_key("a\u{0}b"));
    }
}
