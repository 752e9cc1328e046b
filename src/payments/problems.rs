//! Webhooks that something is wrong with, for those who run the market: what could not be read, and what does not match.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Select, Value};
use serde::{Deserialize, Serialize};

use super::stripe_event::{self, Column};
use crate::{
    db::latest_in_time,
    kernel::{Page, PageAsk, page::TimeKey},
};

/// Stripe's name of an event, as a cursor may have it: no text with a zero in it, for which PostgreSQL has no place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EventId(pub String);

impl TryFrom<String> for EventId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().any(char::is_control) { Err("this names no event") } else { Ok(Self(text)) }
    }
}

impl From<EventId> for Value {
    fn from(id: EventId) -> Self {
        id.0.into()
    }
}

/// A page of them, latest first.
pub async fn page(
    conn: &impl ConnectionTrait,
    ask: &PageAsk<TimeKey<EventId>>,
) -> Result<Page<stripe_event::Model>, DbErr> {
    latest_in_time(conn, problems(), (Column::ReceivedAt, Column::Id), ask).await
}

/// How many there are.
pub async fn count(conn: &impl ConnectionTrait) -> Result<u64, DbErr> {
    problems().count(conn).await
}

fn problems() -> Select<stripe_event::Entity> {
    stripe_event::Entity::find().filter(Column::Problem.is_not_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_a_forger_with_a_zero_in_it_is_none() {
        let read = |text: &str| serde_json::from_str::<EventId>(text);
        assert_eq!(read(r#""evt_1""#).unwrap(), EventId("evt_1".to_owned()));
        for forged in [r#""evt\u0000""#, r#""\u0007""#, "7"] {
            assert!(read(forged).is_err(), "{forged}");
        }
        assert_eq!(serde_json::to_string(&EventId("evt_1".to_owned())).unwrap(), r#""evt_1""#);
    }
}
