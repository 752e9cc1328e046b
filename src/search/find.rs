//! `searchListings`: a page of what matches, in one statement, plus one where a place has to be made out. No caching,
//! no card is made here.
//!
//! The text of the statement is the same for both databases. The limit is written as a number, not bound: with a limit
//! that it doesn't know, PostgreSQL plans for a tenth of the table.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, prelude::Uuid};

use super::{
    ask::{Ask, Cursor, Refusal, Sort},
    card::Card,
    conditions::{Conditions, conditions},
    resolve::{Spot, resolve},
};
use crate::{
    db::Db,
    kernel::{Fault, ListingId, Page, PageAsk},
};

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What to show.
    pub card: Card,
    /// Where a page begins that goes on from here.
    pub cursor: Cursor,
}

impl Sort {
    /// The column, and whether the first page has the largest values.
    fn column(self) -> (&'static str, bool) {
        match self {
            Self::Relevance => ("score", true),
            Self::PriceLow => ("price", false),
            Self::PriceHigh => ("price", true),
            Self::Rating => ("rating", true),
            Self::Newest => ("published", true),
        }
    }
}

/// A page of what matches. Pages neither repeat nor skip what keeps matching and keeps its sort value.
///
/// Dates are judged by the day in UTC, give or take one: a listing whose own clock makes the difference is found, and
/// its availability says what is wrong.
pub async fn find(db: &Db, ask: &Ask, page: &PageAsk<Cursor>) -> Result<Page<Hit>, Fault<Refusal>> {
    if page.from.is_some_and(|from| from.sort != ask.sort) {
        return Err(Fault::Refused(Refusal::CursorOfAnotherSort));
    }
    let spot = spot(db, ask).await?;
    let Some(conditions) = conditions(ask, &spot) else { return Ok(Page::of(Vec::new(), page)) };
    let rows = db.read().query_all_raw(statement(db, ask.sort, page, conditions)).await?;
    let hits = rows.iter().map(|row| hit(row, ask.sort)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(hits, page))
}

/// How many match. For who asks for the number only: it reads every match.
pub async fn count(db: &Db, ask: &Ask) -> Result<u64, DbErr> {
    let spot = spot(db, ask).await?;
    let Some(conditions) = conditions(ask, &spot) else { return Ok(0) };
    let (conditions, values) = conditions.finish();
    let sql = format!("SELECT COUNT(*) FROM search_row WHERE {conditions}");
    let row = db.read().query_one_raw(Statement::from_sql_and_values(db.backend(), sql, values)).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

async fn spot(db: &Db, ask: &Ask) -> Result<Spot, DbErr> {
    match &ask.place {
        Some(text) => resolve(db.read(), text).await,
        None => Ok(Spot::default()),
    }
}

/// Narrow rows are filtered, sorted and cut first; only what is left is joined with its cards.
fn statement(db: &Db, sort: Sort, page: &PageAsk<Cursor>, mut conditions: Conditions) -> Statement {
    let (column, falling) = sort.column();
    let (order, beyond) = if falling == page.backward { ("ASC", ">") } else { ("DESC", "<") };
    if let Some(from) = page.from {
        let value = match sort {
            // The column is narrower; a cursor that was tampered with is just beyond all of them.
            Sort::Rating => conditions.bind(i32::try_from(from.value).unwrap_or(i32::MAX)),
            _ => conditions.bind(from.value),
        };
        let id = conditions.bind(from.id.0);
        conditions.key(format!("({column}, listing_id) {beyond} ({value}, {id})"));
    }
    let (conditions, values) = conditions.finish();
    let sql = format!(
        "SELECT r.listing_id, CAST(r.value AS BIGINT), c.card FROM \
         (SELECT listing_id, {column} AS value FROM search_row WHERE {conditions} \
         ORDER BY {column} {order}, listing_id {order} LIMIT {}) r \
         JOIN search_card c ON c.listing_id = r.listing_id ORDER BY r.value {order}, r.listing_id {order}",
        page.fetch(),
    );
    Statement::from_sql_and_values(db.backend(), sql, values)
}

fn hit(row: &QueryResult, sort: Sort) -> Result<Hit, DbErr> {
    let id: Uuid = row.try_get_by_index(0)?;
    let value: i64 = row.try_get_by_index(1)?;
    let card: String = row.try_get_by_index(2)?;
    let card = serde_json::from_str(&card).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Hit { card, cursor: Cursor { sort, value, id: ListingId(id) } })
}
