//! What there is to narrow a search by, counted over all that matches: one statement, two where a place has to be made
//! out. Each count leaves its own filter aside. No card is read here.

use std::{cmp::Reverse, str::FromStr};

use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, QueryResult, Statement};
use serde::{Deserialize, Serialize};

use super::{
    ask::{Ask, Sort},
    conditions::{Asked, Conditions, asked},
    find::{spot, statement_of},
    resolve::Spot,
    total,
};
use crate::{
    db::Db,
    listings::{
        amenity::Amenity,
        listing::{PropertyType, RoomType},
    },
};

/// The most bars of a histogram.
pub const MOST_BARS: u32 = 50;

/// The counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facets {
    /// By room type.
    pub room_types: Vec<(RoomType, u64)>,
    /// By property type.
    pub property_types: Vec<(PropertyType, u64)>,
    /// With each amenity, where those that are asked for hold.
    pub amenities: Vec<(Amenity, u64)>,
    /// By number of bedrooms, ascending.
    pub bedrooms: Vec<(i32, u64)>,
    /// Without approval.
    pub instant_book: u64,
    /// By the price of a night.
    pub nights: Vec<Bar>,
    /// By the total of the stay.
    pub totals: Vec<Bar>,
}

/// A bar of a histogram, in euro cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// From this price on.
    pub from: i64,
    /// Up to below this one.
    pub to: i64,
    /// How many.
    pub count: u64,
}

/// A filter that a count of its own leaves aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Room,
    Property,
    Bedrooms,
    Instant,
    Price,
    Total,
    /// None of them.
    Nothing,
}

/// Counts what matches, with histograms of so many bars.
pub async fn facets(db: &Db, ask: &Ask, bars: u32) -> Result<Facets, DbErr> {
    let spot = spot(db, ask).await?;
    let Some(statement) = statement(db, ask, &spot, bars) else { return Ok(Facets::default()) };
    let rows = db.read().query_all_raw(statement).await?;
    let mut facets = Facets::default();
    let (mut nights, mut totals) = (Histogram::new(bars), Histogram::new(bars));
    for row in &rows {
        let (facet, name): (String, Option<String>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (count, name) = (u64::try_from(number(row, 2)?).unwrap_or(0), name.unwrap_or_default());
        match facet.as_str() {
            "room" => facets.room_types.push((RoomType::try_from_value(&name)?, count)),
            "property" => facets.property_types.push((PropertyType::try_from_value(&name)?, count)),
            "bedrooms" => facets.bedrooms.push((parsed(&name)?, count)),
            "instant" => facets.instant_book = count,
            "price" => nights.take(parsed(&name)?, count, number(row, 3)?, number(row, 4)?),
            "total" => totals.take(parsed(&name)?, count, number(row, 3)?, number(row, 4)?),
            _ => facets.amenities = amenities(&name)?,
        }
    }
    facets.bedrooms.sort_unstable();
    facets.room_types.sort_by_key(|(kind, count)| (Reverse(*count), kind.to_value()));
    facets.property_types.sort_by_key(|(kind, count)| (Reverse(*count), kind.to_value()));
    facets.nights = nights.bars;
    facets.totals = totals.bars;
    Ok(facets)
}

/// All matches are read once, without the filters that some count leaves aside, and counted from there.
fn statement(db: &Db, ask: &Ask, spot: &Spot, bars: u32) -> Option<Statement> {
    let wide = Ask {
        room_types: Vec::new(),
        property_types: Vec::new(),
        bedrooms: None,
        instant_book: false,
        price_min: None,
        price_max: None,
        total_min: None,
        total_max: None,
        sort: Sort::Relevance,
        totals: true,
        ..ask.clone()
    };
    let Asked { mut all, total, .. } = asked(&wide, spot)?;
    let own = own_filters(&mut all, ask, total.is_some())?;
    let but = |own_one: Own| {
        let others = own.iter().filter(|(own, _)| *own != own_one).map(|(_, clause)| clause.as_str());
        others.chain(["1 = 1"]).collect::<Vec<_>>().join(" AND ")
    };
    let worth = total.as_deref().map(total::worth);
    let sums = Amenity::ALL.iter().map(|amenity| {
        format!("CAST(SUM(CASE WHEN (amenities & {}) <> 0 THEN 1 ELSE 0 END) AS TEXT)", amenity.bit())
    });
    let sums = sums.collect::<Vec<_>>().join(" || ',' || ");
    let grouped = |facet: &str, column: &str, own: Own| {
        format!(
            "SELECT '{facet}', CAST({column} AS TEXT), COUNT(*), CAST(0 AS BIGINT), CAST(0 AS BIGINT) FROM m \
             WHERE {} GROUP BY {column}",
            but(own)
        )
    };
    let histogram = |facet: &str, column: &str, own: Own| {
        let others = but(own);
        format!(
            "SELECT '{facet}', CAST(({column} - low) * {bars} / (high - low + 1) AS TEXT), COUNT(*), low, high FROM m, \
             (SELECT MIN({column}) AS low, MAX({column}) AS high FROM m WHERE {others}) e \
             WHERE {others} GROUP BY 2, low, high"
        )
    };
    let mut counts = vec![
        grouped("room", "room_type", Own::Room),
        grouped("property", "property_type", Own::Property),
        grouped("bedrooms", "bedrooms", Own::Bedrooms),
        format!(
            "SELECT 'instant', '', COUNT(*), CAST(0 AS BIGINT), CAST(0 AS BIGINT) FROM m WHERE instant_book AND {}",
            but(Own::Instant)
        ),
        format!(
            "SELECT 'amenities', {sums}, COUNT(*), CAST(0 AS BIGINT), CAST(0 AS BIGINT) FROM m WHERE {}",
            but(Own::Nothing)
        ),
        histogram("price", "price", Own::Price),
    ];
    counts.extend(worth.as_ref().map(|_| histogram("total", "(worth / 1000000)", Own::Total)));
    let worth = total::number(worth.as_deref());
    let rows = all.rows();
    let (conditions, values) = all.finish();
    let sql = format!(
        "WITH m AS MATERIALIZED (SELECT room_type, property_type, bedrooms, instant_book, amenities, price, \
         {worth} AS worth FROM {rows} WHERE {conditions}) {}",
        counts.join(" UNION ALL ")
    );
    Some(statement_of(db, sql, values))
}

/// The filters that some count leaves aside, over the columns that were read.
fn own_filters(all: &mut Conditions, ask: &Ask, priced: bool) -> Option<Vec<(Own, String)>> {
    let mut own = Vec::new();
    let rooms = all.one_of("room_type", ask.room_types.iter().map(ActiveEnum::to_value));
    own.extend(rooms.map(|clause| (Own::Room, clause)));
    let kinds = all.one_of("property_type", ask.property_types.iter().map(ActiveEnum::to_value));
    own.extend(kinds.map(|clause| (Own::Property, clause)));
    if let Some(least) = ask.bedrooms {
        own.push((Own::Bedrooms, format!("bedrooms >= {}", all.bind(i32::try_from(least).ok()?))));
    }
    if ask.instant_book {
        own.push((Own::Instant, "instant_book".to_owned()));
    }
    for (sign, bound) in [(">=", ask.price_min), ("<=", ask.price_max)] {
        own.extend(bound.map(|bound| (Own::Price, format!("price {sign} {}", all.bind(bound)))));
    }
    if priced && ask.filters_total() {
        let [least, most] = total::bounds(ask).map(|bound| all.bind(bound));
        own.push((Own::Total, format!("worth BETWEEN {least} AND {most}")));
    }
    Some(own)
}

fn number(row: &QueryResult, index: usize) -> Result<i64, DbErr> {
    Ok(row.try_get_by_index::<Option<i64>>(index)?.unwrap_or(0))
}

fn parsed<T: FromStr>(text: &str) -> Result<T, DbErr> {
    text.parse().map_err(|_| DbErr::Type(format!("{text} is no number")))
}

/// The sums of all amenities, in the order of the catalogue; nothing at all where nothing matches.
fn amenities(sums: &str) -> Result<Vec<(Amenity, u64)>, DbErr> {
    let counts = sums.split(',').filter(|sum| !sum.is_empty()).map(parsed::<u64>);
    let counted = Amenity::ALL.iter().copied().zip(counts.collect::<Result<Vec<_>, _>>()?);
    Ok(counted.filter(|(_, count)| *count > 0).collect())
}

/// Bars of the same width from the lowest to the highest.
struct Histogram {
    most: u32,
    bars: Vec<Bar>,
}

impl Histogram {
    fn new(most: u32) -> Self {
        Self { most, bars: Vec::new() }
    }

    fn take(&mut self, bar: usize, count: u64, low: i64, high: i64) {
        if self.bars.is_empty() {
            let (most, width) = (i64::from(self.most), high - low + 1);
            // The first amount that falls into the bar.
            let edge = |n: i64| low + (n * width + most - 1) / most;
            self.bars = (0..most).map(|n| Bar { from: edge(n), to: edge(n + 1), count: 0 }).collect();
        }
        if let Some(bar) = self.bars.get_mut(bar) {
            bar.count = count;
        }
    }
}
