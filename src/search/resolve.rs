//! What people mean by the text in the search box: a city, a region, a country, or words of a title. One statement.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::ExprTrait};

use super::place::{self, Kind};
use crate::kernel::{country, fold};

/// Longer texts name no place; what is beyond is passed over.
pub(super) const MOST_CHARS: usize = 120;

/// The most words that are looked at.
const MOST_WORDS: usize = 8;

/// The most cities that a beginning stands for.
const MOST_CITIES: usize = 20;

/// Where to look. All that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// In one of these cities, folded; none means any.
    pub cities: Vec<String>,
    /// In this region, folded.
    pub region: Option<String>,
    /// In this country: its code in lower case.
    pub country: Option<String>,
    /// Titles that have all of these, folded.
    pub words: Vec<String>,
}

/// Finds out what the text names. "Lisbon", "lisbon, portugal", "Lisbon Portugal", "PT" and "lisb" name places; what
/// names none is looked for in titles.
pub async fn resolve(conn: &impl ConnectionTrait, text: &str) -> Result<Spot, DbErr> {
    let text: String = text.chars().take(MOST_CHARS).collect();
    let readings = readings(&text);
    let Some(whole) = readings.first().map(|reading| reading.name.clone()) else {
        return Ok(Spot::default());
    };
    let known = known(conn, &readings, &whole).await?;
    let spot = readings.iter().find_map(|reading| reading.spot(&known));
    Ok(spot.or_else(|| beginning(&known, &whole)).unwrap_or_else(|| Spot {
        words: whole.split(' ').take(MOST_WORDS).map(str::to_owned).collect(),
        ..Spot::default()
    }))
}

type Known = BTreeSet<(String, Kind)>;

/// One way to read the text: a name, and what says which of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reading {
    name: String,
    more: Vec<String>,
    /// With commas people say what is what; without, each part must be known to be one.
    sure: bool,
}

/// The ways to read the text, the likelier first.
fn readings(text: &str) -> Vec<Reading> {
    let parts: Vec<String> = text.split(',').map(fold).filter(|part| !part.is_empty()).take(4).collect();
    let whole = parts.join(" ");
    if whole.is_empty() {
        return Vec::new();
    }
    let mut readings = vec![Reading { name: whole.clone(), more: Vec::new(), sure: true }];
    if let [name, more @ ..] = parts.as_slice()
        && !more.is_empty()
    {
        readings.push(Reading { name: name.clone(), more: more.to_vec(), sure: true });
    } else {
        let spaces = whole.match_indices(' ').map(|(at, _)| at).take(MOST_WORDS);
        readings.extend(spaces.map(|at| Reading {
            name: whole[..at].to_owned(),
            more: vec![whole[at + 1..].to_owned()],
            sure: false,
        }));
    }
    readings
}

impl Reading {
    fn spot(&self, known: &Known) -> Option<Spot> {
        let is = |name: &str, kind| known.contains(&(name.to_owned(), kind));
        let mut spot = Spot::default();
        if is(&self.name, Kind::City) {
            spot.cities.push(self.name.clone());
        } else if is(&self.name, Kind::Region) {
            spot.region = Some(self.name.clone());
        } else {
            spot.country = Some(country_of(&self.name, known)?);
        }
        for more in &self.more {
            if let Some(code) = country_of(more, known) {
                spot.country = Some(code);
            } else if is(more, Kind::Region) && spot.region.is_none() {
                spot.region = Some(more.clone());
            } else if !self.sure {
                return None;
            }
        }
        Some(spot)
    }
}

/// A country by its name, or by its code if there are listings.
fn country_of(name: &str, known: &Known) -> Option<String> {
    let by_code = || known.contains(&(name.to_owned(), Kind::Country)).then_some(name);
    country::code_of(name).or_else(by_code).map(str::to_owned)
}

/// The places whose names begin with the text: cities, or else a region.
fn beginning(known: &Known, whole: &str) -> Option<Spot> {
    let begin = |kind| known.iter().filter(move |(name, k)| *k == kind && name.starts_with(whole));
    let cities: Vec<String> = begin(Kind::City).map(|(name, _)| name.clone()).take(MOST_CITIES).collect();
    if !cities.is_empty() {
        return Some(Spot { cities, ..Spot::default() });
    }
    let region = begin(Kind::Region).next().map(|(name, _)| name.clone());
    let country = || country::code_of_beginning(whole).map(str::to_owned);
    match region {
        Some(region) => Some(Spot { region: Some(region), ..Spot::default() }),
        None => country().map(|code| Spot { country: Some(code), ..Spot::default() }),
    }
}

async fn known(conn: &impl ConnectionTrait, readings: &[Reading], whole: &str) -> Result<Known, DbErr> {
    let names: BTreeSet<&String> =
        readings.iter().flat_map(|reading| std::iter::once(&reading.name).chain(&reading.more)).collect();
    let mut named = place::Column::Name.is_in(names.into_iter().cloned());
    // A single letter begins too many names.
    if whole.chars().count() > 1 {
        // A folded text has no wildcards.
        named = named.or(place::Column::Name.like(format!("{whole}%")));
    }
    let rows = place::Entity::find().filter(named).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.kind)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        [
            ("lisbon", Kind::City),
            ("lisboa", Kind::Region),
            ("pt", Kind::Country),
            ("new york", Kind::City),
            ("new york", Kind::Region),
            ("us", Kind::Country),
            ("san sebastian", Kind::City),
            ("san francisco", Kind::City),
        ]
        .map(|(name, kind)| (name.to_owned(), kind))
        .into()
    }

    fn spot(text: &str) -> Option<Spot> {
        let readings = readings(text);
        let whole = readings.first()?.name.clone();
        readings.iter().find_map(|r| r.spot(&known())).or_else(|| beginning(&known(), &whole))
    }

    fn says(text: &str) -> String {
        let Some(spot) = spot(text) else { return "title".to_owned() };
        format!(
            "{}|{}|{}",
            spot.cities.join("+"),
            spot.region.unwrap_or_default(),
            spot.country.unwrap_or_default()
        )
    }

    #[test]
    fn places_are_read_as_people_write_them() {
        for (text, expected) in [
            ("Lisbon", "lisbon||"),
            ("LISBON, Portugal", "lisbon||pt"),
            ("lisbon portugal", "lisbon||pt"),
            ("Lisbon, Lisboa, Portugal", "lisbon|lisboa|pt"),
            ("Lisbon, somewhere", "lisbon||"),
            ("New York", "new york||"),
            ("New York, NY, USA", "new york||us"),
            ("new york usa", "new york||us"),
            ("Lisboa", "|lisboa|"),
            ("portugal", "||pt"),
            ("PT", "||pt"),
            ("Germany", "||de"),
            ("lisb", "lisbon||"),
            ("san", "san francisco+san sebastian||"),
            ("Portug", "||pt"),
            ("lisbon loft", "title"),
            ("loft with a view", "title"),
        ] {
            assert_eq!(says(text), expected, "{text}");
        }
        assert_eq!(spot(" , "), None);
    }
}
