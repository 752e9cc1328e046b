//! A map that knows which of its entries are new since they were last written to the file. What they are is not known
//! here.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A map by id; ids sort by age, so it is in order of creation. It is read as the map that it is.
#[derive(Debug, Clone)]
pub struct Shelf<T> {
    all: BTreeMap<String, T>,
    changed: BTreeSet<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<T> Deref for Shelf<T> {
    type Target = BTreeMap<String, T>;
    fn deref(&self) -> &BTreeMap<String, T> {
        &self.all
    }
}

impl<T> Shelf<T> {
    /// Puts an object on the shelf, in the place of an older one.
    pub fn insert(&mut self, id: String, object: T) {
        self.changed.insert(id.clone());
        self.all.insert(id, object);
    }

    /// Changes what need not be written.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.all.get_mut(id)
    }

    /// Takes an object away; whoever reads the file is told elsewhere.
    pub fn remove(&mut self, id: &str) {
        self.changed.remove(id);
        self.all.remove(id);
    }

    /// Keeps what fits, without a word to the file: whoever reads it comes to the same judgement.
    pub fn retain(&mut self, fits: impl Fn(&T) -> bool) {
        self.all.retain(|_, object| fits(object));
    }

    /// Adds what was written after this.
    pub fn follow(&mut self, later: Self) {
        self.all.extend(later.all);
    }
}

impl<T: Clone> Shelf<T> {
    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Self {
        let changed = std::mem::take(&mut self.changed);
        let entry = |id: String| self.all.get(&id).cloned().map(|object| (id, object));
        Self { all: changed.into_iter().filter_map(entry).collect(), changed: BTreeSet::new() }
    }
}

impl<T> Shelf<T> {
    /// Whether there is nothing on it; for the file, which leaves empty shelves out.
    pub fn is_bare(&self) -> bool {
        self.all.is_empty()
    }
}

impl<T: Serialize> Serialize for Shelf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shelf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { all: BTreeMap::deserialize(deserializer)?, changed: BTreeSet::new() })
    }
}
