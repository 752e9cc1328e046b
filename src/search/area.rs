//! Areas: parts of the market in which a change makes kept pages of results worthless. No cache is touched here.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::IntoCondition,
};

use super::{
    ask::{Ask, Bounds},
    resolve::Spot,
    row, sphere,
};
use crate::kernel::{ListingId, UserId, fold};

/// The most areas that a search is followed in; one that touches more is followed everywhere.
const MOST: usize = 9;

/// A cell of the map is a degree wide and high.
const CELL_E6: i32 = 1_000_000;

/// Everywhere.
const ALL: &str = "all";

/// The areas that listings are in, as search has them now: none where they aren't on sale.
pub(super) async fn of_listings(
    conn: &impl ConnectionTrait,
    listings: &BTreeSet<ListingId>,
) -> Result<BTreeSet<String>, DbErr> {
    areas(conn, row::Column::ListingId.is_in(listings.iter().copied())).await
}

/// All areas of a country.
pub(super) async fn of_country(
    conn: &impl ConnectionTrait,
    country: &str,
) -> Result<BTreeSet<String>, DbErr> {
    areas(conn, row::Column::Country.eq(fold(country))).await
}

async fn areas(conn: &impl ConnectionTrait, which: impl IntoCondition) -> Result<BTreeSet<String>, DbErr> {
    let found = row::Entity::find().select_only().columns(COLUMNS).filter(which);
    let places = found.into_model::<Whereabouts>().all(conn).await?;
    Ok(places.iter().flat_map(Whereabouts::areas).collect())
}

/// The columns of [`Whereabouts`].
pub(super) const COLUMNS: [row::Column; 6] = [
    row::Column::City,
    row::Column::Region,
    row::Column::Country,
    row::Column::HostId,
    row::Column::LatE6,
    row::Column::LonE6,
];

/// Where a listing is, as far as areas depend on it.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Whereabouts {
    city: String,
    region: String,
    country: String,
    host_id: UserId,
    lat_e6: i32,
    lon_e6: i32,
}

impl Whereabouts {
    /// The areas that it is in.
    pub(super) fn areas(&self) -> [String; 6] {
        let Self { city, region, country, host_id, lat_e6, lon_e6 } = self;
        [
            ALL.to_owned(),
            format!("city:{city}"),
            format!("region:{region}"),
            format!("country:{country}"),
            format!("host:{host_id}"),
            cell(lat_e6.div_euclid(CELL_E6), lon_e6.div_euclid(CELL_E6)),
        ]
    }
}

/// Areas that a listing must be in to be among the results: one of them at least.
pub(super) fn of_ask(ask: &Ask, spot: &Spot) -> Vec<String> {
    let named = |kind: &str, name: &String| format!("{kind}:{name}");
    let seen = ask.bounds.or(ask.near.map(|near| sphere::box_around(near.lat, near.lon, near.metres)));
    let areas: Vec<String> = if !spot.cities.is_empty() {
        spot.cities.iter().map(|city| named("city", city)).collect()
    } else if let Some(region) = &spot.region {
        vec![named("region", region)]
    } else if let Some(host) = ask.host {
        vec![format!("host:{host}")]
    } else if let Some(cells) = seen.and_then(cells) {
        cells
    } else if let Some(country) = &spot.country {
        vec![named("country", country)]
    } else {
        Vec::new()
    };
    if areas.is_empty() || areas.len() > MOST { vec![ALL.to_owned()] } else { areas }
}

/// The cells that a part of the map touches, if they are few.
fn cells(bounds: Bounds) -> Option<Vec<String>> {
    let at = |e6: i32| e6.div_euclid(CELL_E6);
    // Across the date line there are two parts.
    let parts = if bounds.west <= bounds.east {
        vec![at(bounds.west)..=at(bounds.east)]
    } else {
        vec![at(bounds.west)..=180, -180..=at(bounds.east)]
    };
    let across: Vec<i32> = parts.into_iter().flatten().take(MOST + 1).collect();
    let rows: Vec<i32> = (at(bounds.south)..=at(bounds.north)).take(MOST + 1).collect();
    let few = across.len() * rows.len() <= MOST;
    few.then(|| rows.iter().flat_map(|lat| across.iter().map(|lon| cell(*lat, *lon))).collect())
}

fn cell(lat: i32, lon: i32) -> String {
    format!("cell:{lat}:{lon}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Near;

    fn areas(ask: &Ask) -> Vec<String> {
        of_ask(ask, &Spot::default())
    }

    #[test]
    fn a_search_is_followed_where_its_results_can_be() {
        let near = |lat, lon, metres| Ask { near: Near::new(lat, lon, metres).ok(), ..Ask::default() };
        assert_eq!(areas(&Ask::default()), ["all"]);
        assert_eq!(areas(&near(38_500_000, -9_500_000, 2_000)), ["cell:38:-10"]);
        assert_eq!(areas(&near(38_500_000, -9_500_000, 900_000)), ["all"]);
        let fiji = areas(&near(-17_500_000, 179_999_000, 2_000));
        assert!(fiji.contains(&"cell:-18:179".to_owned()) && fiji.contains(&"cell:-18:-180".to_owned()));
        let spot = Spot { cities: vec!["lisbon".into()], country: Some("pt".into()), ..Spot::default() };
        assert_eq!(of_ask(&Ask::default(), &spot), ["city:lisbon"]);
        let many = Spot { cities: (0..20).map(|n| n.to_string()).collect(), ..Spot::default() };
        assert_eq!(of_ask(&Ask::default(), &many), ["all"]);
    }
}
