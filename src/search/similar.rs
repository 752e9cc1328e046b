//! `Listing.similar`: a few places of the same city for about as many people, the most relevant first. One statement,
//! however many listings ask.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::card::Card;
use crate::{
    db::Db,
    kernel::{ListingId, fold},
    listings::listing,
};

/// How many more or fewer guests are about as many.
const ABOUT: i32 = 1;

/// Up to `most` places like each of these, without the place itself.
pub async fn similar(
    db: &Db,
    listings: &[&listing::Model],
    most: u32,
) -> Result<HashMap<ListingId, Vec<Card>>, DbErr> {
    let mut found: HashMap<ListingId, Vec<Card>> = listings.iter().map(|one| (one.id, Vec::new())).collect();
    if listings.is_empty() {
        return Ok(found);
    }
    for row in db.read().query_all_raw(statement(db, listings, most)).await? {
        let (turn, card): (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let card = serde_json::from_str(&card).map_err(|error| DbErr::Json(error.to_string()))?;
        if let Some(like) = usize::try_from(turn).ok().and_then(|turn| listings.get(turn)) {
            found.entry(like.id).or_default().push(card);
        }
    }
    Ok(found)
}

/// Each listing has a branch with a limit of its own, which an index of the city walks; what is left is joined with its
/// cards.
fn statement(db: &Db, listings: &[&listing::Model], most: u32) -> Statement {
    let mut values: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let branch = |(turn, like): (usize, &&listing::Model)| {
        let (city, country) = (bind(fold(&like.city).into()), bind(fold(&like.country).into()));
        let (fewest, most_guests) =
            (bind((like.max_guests - ABOUT).into()), bind((like.max_guests + ABOUT).into()));
        let itself = bind(like.id.0.into());
        format!(
            "SELECT * FROM (SELECT CAST({turn} AS BIGINT) AS turn, listing_id, score FROM search_row \
             WHERE city = {city} AND country = {country} AND guests BETWEEN {fewest} AND {most_guests} \
             AND listing_id <> {itself} ORDER BY score DESC, listing_id DESC LIMIT {most}) b{turn}"
        )
    };
    let branches: Vec<String> = listings.iter().enumerate().map(branch).collect();
    let sql = format!(
        "SELECT s.turn, c.card FROM ({}) s JOIN search_card c ON c.listing_id = s.listing_id \
         ORDER BY s.turn, s.score DESC, s.listing_id DESC",
        branches.join(" UNION ALL "),
    );
    Statement::from_sql_and_values(db.backend(), sql, values)
}
