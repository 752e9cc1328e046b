//! Webhooks that something is wrong with, for those who run the market: what could not be read, and what does not match.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::ExprTrait,
};

use serde::{Deserialize, Serialize};

use super::stripe_event::{self, Column};
use crate::kernel::{Page, PageAsk, clock::Instant};

/// The keyset of this list: when it came, and its id at Stripe.
pub type Key = (Instant, EventId);

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

/// A page of them, latest first.
pub async fn page(
    conn: &impl ConnectionTrait,
    ask: &PageAsk<Key>,
) -> Result<Page<stripe_event::Model>, DbErr> {
    let (at, id) = (Column::ReceivedAt, Column::Id);
    let beyond = match (ask.backward, &ask.from) {
        (false, Some((when, last))) => {
            Condition::all().add(at.lt(*when).or(at.eq(*when).and(id.lt(&last.0))))
        }
        (true, Some((when, last))) => Condition::all().add(at.gt(*when).or(at.eq(*when).and(id.gt(&last.0)))),
        (_, None) => Condition::all(),
    };
    let query = problems().filter(beyond).limit(ask.fetch());
    let query = if ask.backward {
        query.order_by_asc(at).order_by_asc(id)
    } else {
        query.order_by_desc(at).order_by_desc(id)
    };
    Ok(Page::of(query.all(conn).await?, ask))
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
