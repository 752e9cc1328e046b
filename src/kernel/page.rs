//! A page of a list: how much, from where, which way; and the opaque cursor. No SQL, no GraphQL.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Datelike;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::clock::Instant;

/// The page size when none is asked for.
pub const DEFAULT_SIZE: u32 = 20;

/// The largest page.
pub const LARGEST_SIZE: u32 = 100;

/// What the caller wants to see of a list, after checking: forward from `after`, or backward from `before`.
/// `K` is the list's keyset: the sort value and the id of the row next to which the page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageAsk<K> {
    /// At most this many rows.
    pub size: u32,
    /// The row that the page begins after (or ends before, when backward).
    pub from: Option<K>,
    /// Whether to walk from the end.
    pub backward: bool,
}

/// The keyset of a list in the order of a time: when, and the id of the row.
pub type TimeKey<K> = (Moment, K);

/// A time as a cursor may have it: one that each database has a place for, whoever wrote the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Instant")]
pub struct Moment(pub Instant);

impl TryFrom<Instant> for Moment {
    type Error = &'static str;

    fn try_from(at: Instant) -> Result<Self, Self::Error> {
        if (1..=9999).contains(&at.year()) { Ok(Self(at)) } else { Err("no row is from that year") }
    }
}

/// Why a page cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// `first`/`last` out of 0..=100, or both given.
    #[error("ask for `first` or `last`, between 0 and {LARGEST_SIZE}")]
    Size,
    /// `after` goes with `first`, `before` with `last`.
    #[error("`after` goes with `first`, and `before` with `last`")]
    Direction,
    /// The cursor is not one of this list's.
    #[error("this cursor does not belong to this list")]
    Cursor,
}

impl<K: DeserializeOwned> PageAsk<K> {
    /// Checks the four Relay arguments. `list` names the list, and a cursor of another list is refused.
    pub fn new(
        list: &str,
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> Result<Self, PageError> {
        let size = |n: i32| u32::try_from(n).ok().filter(|n| *n <= LARGEST_SIZE).ok_or(PageError::Size);
        match (first, after, last, before) {
            (Some(_), _, Some(_), _) => Err(PageError::Size),
            (_, Some(_), _, Some(_)) | (Some(_), _, _, Some(_)) | (_, Some(_), Some(_), _) => {
                Err(PageError::Direction)
            }
            (None, None, None, Some(_)) => Err(PageError::Direction),
            (None, None, Some(n), before) => Ok(Self {
                size: size(n)?,
                from: before.map(|c| read_cursor(list, c)).transpose()?,
                backward: true,
            }),
            (first, after, None, None) => Ok(Self {
                size: first.map_or(Ok(DEFAULT_SIZE), size)?,
                from: after.map(|c| read_cursor(list, c)).transpose()?,
                backward: false,
            }),
        }
    }
}

impl<K> PageAsk<K> {
    /// The first `size` rows.
    pub fn first(size: u32) -> Self {
        Self { size, from: None, backward: false }
    }

    /// How many rows to read: one more than asked tells whether there is another page.
    pub fn fetch(&self) -> u64 {
        u64::from(self.size) + 1
    }
}

/// A page of rows in the list's order.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether the list goes on after the last row.
    pub has_next: bool,
    /// Whether the list goes on before the first row.
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// A page from at most `ask.fetch()` rows, read in the direction of the ask.
    pub fn of<K>(mut rows: Vec<T>, ask: &PageAsk<K>) -> Self {
        let more = rows.len() > ask.size as usize;
        rows.truncate(ask.size as usize);
        if ask.backward {
            rows.reverse();
            Self { rows, has_next: ask.from.is_some(), has_previous: more }
        } else {
            Self { rows, has_next: more, has_previous: ask.from.is_some() }
        }
    }

    /// The same page with other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(f).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

/// The opaque cursor of a row: the list's name and the row's keyset.
pub fn write_cursor(list: &str, key: &impl Serialize) -> String {
    // Keysets are small structs of plain values: they always serialize.
    let json = serde_json::to_vec(&(list, key)).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

fn read_cursor<K: DeserializeOwned>(list: &str, cursor: &str) -> Result<K, PageError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| PageError::Cursor)?;
    let (name, key): (String, K) = serde_json::from_slice(&bytes).map_err(|_| PageError::Cursor)?;
    if name == list { Ok(key) } else { Err(PageError::Cursor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = write_cursor("bookings", &7);
        assert_eq!(PageAsk::new("bookings", None, Some(&cursor), None, None).unwrap().from, Some(7));
        assert_eq!(PageAsk::<i32>::new("payments", None, Some(&cursor), None, None), Err(PageError::Cursor));
        assert_eq!(PageAsk::<i32>::new("bookings", None, Some("x"), None, None), Err(PageError::Cursor));
    }

    #[test]
    fn a_cursor_of_a_forger_with_a_year_that_no_database_knows_is_refused() {
        let ask = |when: &str| {
            let cursor = write_cursor("reviews", &(when, 7));
            PageAsk::<TimeKey<i32>>::new("reviews", None, Some(&cursor), None, None).map(|ask| ask.from)
        };
        let known = "2026-07-01T12:00:00.123456Z";
        assert_eq!(ask(known), Ok(Some((Moment(known.parse().unwrap()), 7))));
        for forged in ["-9999-01-01T00:00:00Z", "+262142-01-01T00:00:00Z", "0000-12-31T00:00:00Z", "soon"] {
            assert_eq!(ask(forged), Err(PageError::Cursor), "{forged}");
        }
    }

    #[test]
    fn sizes_and_directions_are_checked() {
        let ask = |first, last| PageAsk::<i32>::new("x", first, None, last, None);
        assert_eq!(ask(Some(-1), None), Err(PageError::Size));
        assert_eq!(ask(Some(101), None), Err(PageError::Size));
        assert_eq!(ask(Some(1), Some(1)), Err(PageError::Size));
        assert!(ask(None, Some(5)).unwrap().backward);
        assert_eq!(ask(None, None).unwrap().size, DEFAULT_SIZE);
    }

    #[test]
    fn a_backward_page_keeps_the_list_order() {
        let ask = PageAsk { size: 2, from: Some(9), backward: true };
        let page = Page::of(vec![8, 7, 6], &ask);
        assert_eq!((page.rows, page.has_next, page.has_previous), (vec![7, 8], true, true));
    }
}
