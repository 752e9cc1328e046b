//! The index in process: every listing that is on sale, on shelves in the orders of results and in cells of the map, so
//! that a search looks at little more than its page. No database here: [`super::follow`] keeps it equal to the rows.
//!
//! A listing takes about a kilobyte, shelves included.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

use uuid::Uuid;

use super::{
    ask::{Bounds, Cursor},
    nights::Nights,
    order::Rank,
    range_row, row,
    shelf::{Key, Shelf},
    span,
    sphere::Spot3,
    wanted::{Match, Wanted},
};
use crate::kernel::{ListingId, PageAsk, UserId};

/// A cell of the map is a tenth of a degree wide and high.
const CELL_E6: i32 = 100_000;

/// A part of the map that is higher than this (two degrees, some 200 km) is not searched cell by cell where a shelf has
/// the order: walking that finds enough in it.
const WIDE_E6: i32 = 2_000_000;

/// A listing that is on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub row: row::Model,
    /// Nights with a price of their own.
    pub spans: Box<[span::Model]>,
    /// Dates with lengths of their own.
    pub ranges: Box<[range_row::Model]>,
}

impl Listed {
    /// Its occupied nights.
    pub fn nights(&self) -> Nights {
        self.row.nights()
    }

    /// Its public point in space.
    pub fn point(&self) -> Spot3 {
        Spot3 { x: self.row.space_x, y: self.row.space_y, z: self.row.space_z }
    }

    fn cell(&self) -> (i32, i32) {
        (self.row.lat_e6.div_euclid(CELL_E6), self.row.lon_e6.div_euclid(CELL_E6))
    }

    /// Whether it stands where this one stands, on all shelves and on the map.
    fn stands_like(&self, other: &Self) -> bool {
        let place = |of: &Self| (of.row.host_id, of.cell(), Rank::ALL.map(|rank| rank.of(&of.row)));
        place(self) == place(other)
            && self.row.city == other.row.city
            && self.row.region == other.row.region
            && self.row.country == other.row.country
    }
}

/// Listings in each order.
type Shelves = [Shelf; Rank::ALL.len()];

/// All listings that are on sale.
#[derive(Debug, Default)]
pub(super) struct Index {
    listed: Listings,
    slots: HashMap<ListingId, u32>,
    free: Vec<u32>,
    groups: Groups,
    /// Of each host, in no order: they are few.
    hosts: HashMap<UserId, Vec<u32>>,
    /// In each cell of the map, in no order.
    cells: BTreeMap<(i32, i32), Vec<u32>>,
}

/// What is in each slot.
#[derive(Debug, Default)]
struct Listings(Vec<Option<Listed>>);

impl Listings {
    fn get(&self, slot: u32) -> Option<&Listed> {
        self.0.get(slot as usize)?.as_ref()
    }

    fn key(&self, slot: u32, rank: Rank) -> Key {
        // No shelf has an empty slot.
        self.get(slot)
            .map_or((0, ListingId(Uuid::nil())), |listed| (rank.of(&listed.row), listed.row.listing_id))
    }
}

/// Shelves of all, and of what has something in common.
#[derive(Debug, Default)]
struct Groups {
    all: Shelves,
    cities: HashMap<String, Shelves>,
    regions: HashMap<String, Shelves>,
    countries: HashMap<String, Shelves>,
}

impl Groups {
    /// The shelves on which a listing stands.
    fn of(&mut self, row: &row::Model) -> [&mut Shelves; 4] {
        [
            &mut self.all,
            self.cities.entry(row.city.clone()).or_default(),
            self.regions.entry(row.region.clone()).or_default(),
            self.countries.entry(row.country.clone()).or_default(),
        ]
    }

    /// Forgets the shelves of a row's groups that have nothing on them any more.
    fn tidy(&mut self, row: &row::Model) {
        forget_empty(&mut self.cities, &row.city);
        forget_empty(&mut self.regions, &row.region);
        forget_empty(&mut self.countries, &row.country);
    }
}

fn forget_empty<K: Eq + Hash>(groups: &mut HashMap<K, Shelves>, name: &K) {
    if groups.get(name).is_some_and(|[first, ..]| first.iter().next().is_none()) {
        groups.remove(name);
    }
}

/// Takes a slot out, and says whether nothing is left.
fn is_empty_without(slots: &mut Vec<u32>, slot: u32) -> bool {
    slots.retain(|other| *other != slot);
    slots.is_empty()
}

/// Listings among which everything is that can match.
enum Among<'a> {
    /// Those of a group.
    Group(&'a Shelves),
    /// These, in no order.
    Slots(Vec<u32>),
}

impl Index {
    /// An index of these listings.
    pub fn of(listings: Vec<Listed>) -> Self {
        let mut index =
            Self { listed: Listings(listings.into_iter().map(Some).collect()), ..Self::default() };
        let mut slots: Vec<u32> = (0..).take(index.listed.0.len()).collect();
        for (place, rank) in Rank::ALL.into_iter().enumerate() {
            // Sorted once; each group takes its own from it in that order.
            slots.sort_by_cached_key(|slot| index.listed.key(*slot, rank));
            for slot in &slots {
                let Some(listed) = index.listed.get(*slot) else { continue };
                for shelves in index.groups.of(&listed.row) {
                    shelves[place].push(*slot);
                }
            }
        }
        for slot in slots {
            let Some(listed) = index.listed.get(slot) else { continue };
            index.slots.insert(listed.row.listing_id, slot);
            index.hosts.entry(listed.row.host_id).or_default().push(slot);
            index.cells.entry(listed.cell()).or_default().push(slot);
        }
        index
    }

    /// Takes in a listing, in place of what it was.
    pub fn put(&mut self, listed: Listed) {
        let id = listed.row.listing_id;
        if let Some(slot) = self.slots.get(&id).copied() {
            if let Some(Some(old)) = self.listed.0.get_mut(slot as usize)
                && old.stands_like(&listed)
            {
                *old = listed;
                return;
            }
            self.remove(id);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.listed.0.push(None);
            u32::try_from(self.listed.0.len() - 1).unwrap_or(u32::MAX)
        });
        self.slots.insert(id, slot);
        self.hosts.entry(listed.row.host_id).or_default().push(slot);
        self.cells.entry(listed.cell()).or_default().push(slot);
        let shelves = self.groups.of(&listed.row);
        self.listed.0[slot as usize] = Some(listed);
        for shelves in shelves {
            for (shelf, rank) in shelves.iter_mut().zip(Rank::ALL) {
                shelf.insert(slot, |slot| self.listed.key(slot, rank));
            }
        }
    }

    /// Takes a listing out; one that isn't there stays away.
    pub fn remove(&mut self, id: ListingId) {
        let Some(slot) = self.slots.remove(&id) else { return };
        if let Some(listed) = self.listed.get(slot) {
            for shelves in self.groups.of(&listed.row) {
                for (shelf, rank) in shelves.iter_mut().zip(Rank::ALL) {
                    shelf.remove(slot, |slot| self.listed.key(slot, rank));
                }
            }
            self.groups.tidy(&listed.row);
            let (host, cell) = (listed.row.host_id, listed.cell());
            if self.hosts.get_mut(&host).is_some_and(|slots| is_empty_without(slots, slot)) {
                self.hosts.remove(&host);
            }
            if self.cells.get_mut(&cell).is_some_and(|slots| is_empty_without(slots, slot)) {
                self.cells.remove(&cell);
            }
        }
        self.listed.0[slot as usize] = None;
        self.free.push(slot);
    }

    /// Matches for a page, in the direction of the ask: its own, and one more that tells whether there is another page.
    pub fn page(&self, wanted: &Wanted<'_>, page: &PageAsk<Cursor>) -> Vec<(&Listed, Match)> {
        let sort = wanted.ask.sort;
        let beyond = page.from.map(|from| (from.value, from.id));
        let falling = sort.is_falling() != page.backward;
        let most = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
        let among = self.among(wanted);
        if let (Some(rank), Among::Group(shelves)) = (sort.rank(), &among) {
            let key = |slot: u32| self.listed.key(slot, rank);
            let walk = shelves[rank as usize].walk(beyond, falling, key);
            return walk.filter_map(|slot| self.meet(wanted, slot)).take(most).collect();
        }
        let mut found: Vec<(Key, &Listed, Match)> = self
            .slots(among)
            .filter_map(|slot| self.meet(wanted, slot))
            .map(|(listed, of)| ((sort.value(&listed.row, &of), listed.row.listing_id), listed, of))
            .filter(|(key, ..)| {
                beyond.is_none_or(|beyond| if falling { *key < beyond } else { *key > beyond })
            })
            .collect();
        // Only what is on the page need be sorted.
        let in_order = |a: &Key, b: &Key| if falling { b.cmp(a) } else { a.cmp(b) };
        if found.len() > most {
            found.select_nth_unstable_by(most, |(a, ..), (b, ..)| in_order(a, b));
            found.truncate(most);
        }
        found.sort_unstable_by(|(a, ..), (b, ..)| in_order(a, b));
        found.into_iter().map(|(_, listed, of)| (listed, of)).collect()
    }

    /// All matches, in no order.
    pub fn matches<'a>(&'a self, wanted: &'a Wanted<'a>) -> impl Iterator<Item = (&'a Listed, Match)> + 'a {
        self.slots(self.among(wanted)).filter_map(|slot| self.meet(wanted, slot))
    }

    /// The listings of a city, the most relevant first.
    pub fn of_city(&self, city: &str) -> impl Iterator<Item = &Listed> {
        let shelf = self.groups.cities.get(city).map(|shelves| &shelves[Rank::Score as usize]);
        let slots = shelf
            .into_iter()
            .flat_map(|shelf| shelf.walk(None, true, |slot| self.listed.key(slot, Rank::Score)));
        slots.filter_map(|slot| self.listed.get(slot))
    }

    fn meet(&self, wanted: &Wanted<'_>, slot: u32) -> Option<(&Listed, Match)> {
        let listed = self.listed.get(slot)?;
        Some((listed, wanted.meet(listed)?))
    }

    /// The smallest group, or part of the map, that everything is in.
    fn among(&self, wanted: &Wanted<'_>) -> Among<'_> {
        let group = |shelves: Option<_>| shelves.map_or(Among::Slots(Vec::new()), Among::Group);
        let Groups { all, cities, regions, countries } = &self.groups;
        let (ask, spot) = (wanted.ask, wanted.spot);
        if let Some(host) = ask.host {
            return Among::Slots(self.hosts.get(&host).cloned().unwrap_or_default());
        }
        match spot.cities.as_slice() {
            [] => {}
            [city] => return group(cities.get(city)),
            many => {
                let shelves = many.iter().filter_map(|city| cities.get(city));
                return Among::Slots(shelves.flat_map(|[first, ..]| first.iter()).collect());
            }
        }
        let is_wide = |seen: &Bounds| seen.north.saturating_sub(seen.south) > WIDE_E6;
        if let Some(seen) = wanted.seen().filter(|seen| ask.sort.rank().is_none() || !is_wide(seen)) {
            return Among::Slots(self.within(seen).collect());
        }
        match (&spot.region, &spot.country) {
            (Some(region), _) => group(regions.get(region)),
            (None, Some(country)) => group(countries.get(country)),
            (None, None) => Among::Group(all),
        }
    }

    /// The slots of all cells that a part of the map touches.
    fn within(&self, seen: Bounds) -> impl Iterator<Item = u32> + '_ {
        let at = |e6: i32| e6.div_euclid(CELL_E6);
        // Across the date line there are two parts.
        let parts = if seen.west <= seen.east {
            vec![at(seen.west)..=at(seen.east)]
        } else {
            // … which may meet in a cell.
            vec![at(seen.west)..=i32::MAX, i32::MIN..=at(seen.east).min(at(seen.west) - 1)]
        };
        let rows = at(seen.south)..=at(seen.north);
        let cells = rows.flat_map(move |row| {
            let part = move |part: &std::ops::RangeInclusive<i32>| (row, *part.start())..=(row, *part.end());
            parts.iter().map(part).collect::<Vec<_>>()
        });
        cells.flat_map(|cells| self.cells.range(cells)).flat_map(|(_, slots)| slots.iter().copied())
    }

    fn slots<'a>(&'a self, among: Among<'a>) -> Box<dyn Iterator<Item = u32> + 'a> {
        match among {
            Among::Group([first, ..]) => Box::new(first.iter()),
            Among::Slots(slots) => Box::new(slots.into_iter()),
        }
    }
}

#[cfg(test)]
impl Index {
    /// Every listing.
    pub fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.listed.0.iter().flatten()
    }

    /// What stands on each shelf and in each cell, in order.
    pub fn shelves(&self) -> BTreeMap<String, Vec<ListingId>> {
        let id = |slot: &u32| self.listed.key(*slot, Rank::Score).1;
        let named = |kind: &'static str, groups: &HashMap<String, Shelves>| -> Vec<(String, Vec<Vec<u32>>)> {
            groups.iter().map(|(name, shelves)| (format!("{kind} {name}"), slots(shelves))).collect()
        };
        fn slots(shelves: &Shelves) -> Vec<Vec<u32>> {
            shelves.iter().map(|shelf| shelf.iter().collect()).collect()
        }
        let Groups { all, cities, regions, countries } = &self.groups;
        let mut groups = vec![("all".to_owned(), slots(all))];
        groups.extend(named("city", cities));
        groups.extend(named("region", regions));
        groups.extend(named("country", countries));
        let shelves = groups.into_iter().flat_map(|(name, shelves)| {
            let named = move |(n, slots): (usize, Vec<u32>)| (format!("{name} {n}"), slots);
            shelves.into_iter().enumerate().map(named)
        });
        let cells = self.cells.iter().map(|(cell, slots)| (format!("{cell:?}"), slots.clone()));
        let hosts = self.hosts.iter().map(|(host, slots)| (format!("({host})"), slots.clone()));
        let mut all: BTreeMap<String, Vec<ListingId>> = shelves
            .chain(hosts)
            .chain(cells)
            .map(|(name, slots)| (name, slots.iter().map(id).collect()))
            .collect();
        // Those of hosts and cells have no order.
        all.iter_mut().filter(|(name, _)| name.starts_with('(')).for_each(|(_, ids)| ids.sort_unstable());
        all
    }
}
