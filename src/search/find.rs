//! `searchListings`: a page of what matches, in one statement, plus one where a place has to be made out. No caching,
//! no card is made here.
//!
//! The text of the statement is the same for both databases. The limit is written as a number, not bound: with a limit
//! that it doesn't know, PostgreSQL plans for a tenth of the table.

use chrono::Days;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value, prelude::Uuid};
use serde::{Deserialize, Serialize};

use super::{
    ask::{Ask, Cursor, Refusal, Sort},
    card::Card,
    conditions::{Asked, asked, spoken_of},
    resolve::{Spot, resolve},
    spans, total,
};
use crate::{
    db::Db,
    kernel::{Fault, ListingId, Money, Page, PageAsk, Stay},
};

/// A result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What to show.
    pub card: Card,
    /// Where a page begins that goes on from here.
    pub cursor: Cursor,
    /// The stay that it is free for, where one was asked for.
    pub stay: Option<Stay>,
    /// What that stay costs in all, where it was asked for, or needed for a filter or the order.
    pub total: Option<Money>,
    /// Whether a tax in another currency is a part of it, converted by the recorded rates: its quote may say otherwise.
    pub is_estimate: bool,
    /// How far it is from the point that was asked about: the square of a straight line ([`super::sphere`]).
    pub distance: Option<i64>,
}

/// What results are ordered by.
struct Order {
    /// A column, or a sum of several.
    value: String,
    /// Whether the first page has the largest values.
    falling: bool,
    /// Whether an index has this order.
    indexed: bool,
}

impl Order {
    fn of(ask: &Ask, asked: &Asked) -> Result<Self, Refusal> {
        let column = |value: &str, falling| Ok(Self { value: value.to_owned(), falling, indexed: true });
        let sum = |value: Option<String>, falling, missing| {
            Ok(Self { value: value.ok_or(missing)?, falling, indexed: false })
        };
        let worth = || asked.total.as_deref().map(total::worth);
        match ask.sort {
            Sort::Relevance => column("score", true),
            Sort::PriceLow => column("price", false),
            Sort::PriceHigh => column("price", true),
            Sort::Rating => column("rating", true),
            Sort::Newest => column("published", true),
            Sort::Distance => sum(asked.distance.clone(), false, Refusal::NearToWhat),
            Sort::TotalLow => sum(worth(), false, Refusal::SortOfWhatStay),
            Sort::TotalHigh => sum(worth(), true, Refusal::SortOfWhatStay),
        }
    }
}

/// A page of what matches. Pages neither repeat nor skip what keeps matching and keeps its sort value. Dates are judged
/// by the clock of each listing, as its availability judges them.
pub async fn find(db: &Db, ask: &Ask, page: &PageAsk<Cursor>) -> Result<Page<Hit>, Fault<Refusal>> {
    check(ask, page).map_err(Fault::Refused)?;
    let of = ask.fingerprint();
    let spot = spot(db, ask).await?;
    let Some(asked) = asked(ask, &spot) else { return Ok(Page::of(Vec::new(), page)) };
    let order = Order::of(ask, &asked).map_err(Fault::Refused)?;
    let rows = db.read().query_all_raw(statement(db, &order, page, asked)).await?;
    let hits = rows.iter().map(|row| hit(row, ask, of)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(hits, page))
}

/// Whether there can be such a page.
pub(super) fn check(ask: &Ask, page: &PageAsk<Cursor>) -> Result<(), Refusal> {
    ask.check()?;
    let strange = page.from.is_some_and(|from| from.sort != ask.sort || from.of != ask.fingerprint());
    if strange { Err(Refusal::CursorOfAnotherSearch) } else { Ok(()) }
}

/// How many match. For who asks for the number only: it reads every match.
pub async fn count(db: &Db, ask: &Ask) -> Result<u64, DbErr> {
    let spot = spot(db, ask).await?;
    let Some(asked) = asked(ask, &spot) else { return Ok(0) };
    let rows = asked.all.rows();
    let (conditions, values) = asked.all.finish();
    let sql = format!("SELECT COUNT(*) FROM {rows} WHERE {conditions}");
    let row = db.read().query_one_raw(statement_of(db, sql, values)).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Where the text of the ask says.
pub(super) async fn spot(db: &Db, ask: &Ask) -> Result<Spot, DbErr> {
    match &ask.place {
        Some(text) => resolve(db.read(), text).await,
        None => Ok(Spot::default()),
    }
}

/// Narrow rows are filtered, sorted and cut first; only what is left is joined with its cards.
fn statement(db: &Db, order: &Order, page: &PageAsk<Cursor>, asked: Asked) -> Statement {
    let Asked { mut all, first, total, distance } = asked;
    let value = &order.value;
    let (direction, beyond) = if order.falling == page.backward { ("ASC", ">") } else { ("DESC", "<") };
    if let Some(from) = page.from {
        let at = match value.as_str() {
            // The column is narrower; a cursor that was tampered with is just beyond all of them.
            "rating" => all.bind(i32::try_from(from.value).unwrap_or(i32::MAX)),
            _ => all.bind(from.value),
        };
        let id = all.bind(from.id.0);
        let clause = format!("({value}, listing_id) {beyond} ({at}, {id})");
        if order.indexed { all.key(clause) } else { all.condition(clause) }
    }
    let rows = all.rows();
    let (conditions, values) = all.finish();
    let number = |sql: &Option<String>| total::number(sql.as_deref());
    let sql = format!(
        "SELECT r.listing_id, CAST(r.value AS BIGINT), c.card, r.check_in, r.total, r.distance, r.is_estimate FROM \
         (SELECT listing_id, {value} AS value, {} AS check_in, {} AS total, {} AS distance, \
         (tax_person <> 0 AND tax_up <> tax_down) AS is_estimate FROM {rows} \
         WHERE {conditions} ORDER BY {} {direction}, listing_id {direction} LIMIT {}) r \
         JOIN search_card c ON c.listing_id = r.listing_id ORDER BY r.value {direction}, r.listing_id {direction}",
        number(&first),
        number(&total),
        number(&distance),
        if order.indexed { value.as_str() } else { "2" },
        page.fetch(),
    );
    statement_of(db, sql, values)
}

fn hit(row: &QueryResult, ask: &Ask, of: u64) -> Result<Hit, DbErr> {
    let id: Uuid = row.try_get_by_index(0)?;
    let value: i64 = row.try_get_by_index(1)?;
    let card: String = row.try_get_by_index(2)?;
    let first: Option<i64> = row.try_get_by_index(3)?;
    let total: Option<i64> = row.try_get_by_index(4)?;
    let distance: Option<i64> = row.try_get_by_index(5)?;
    let card: Card = serde_json::from_str(&card).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Hit {
        cursor: Cursor { sort: ask.sort, of, value, id: ListingId(id) },
        stay: first.zip(ask.nights()).and_then(|(first, nights)| stay(first, nights)),
        total: total.map(|minor| Money::new(minor, card.currency)),
        is_estimate: row.try_get_by_index(6)?,
        distance,
        card,
    })
}

fn stay(first: i64, nights: u32) -> Option<Stay> {
    let check_in = spans::night(first)?;
    Stay::new(check_in, check_in.checked_add_days(Days::new(nights.into()))?).ok()
}

/// A statement with the values that its text speaks of.
pub(super) fn statement_of(db: &Db, sql: String, values: Vec<Value>) -> Statement {
    let values = spoken_of(&sql, values);
    Statement::from_sql_and_values(db.backend(), sql, values)
}
