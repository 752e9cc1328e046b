//! Who holds how many open connections. Knows no protocol.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

/// Counts connections per key; clones share the counts.
#[derive(Debug, Clone)]
pub struct Crowd {
    seats: Arc<Mutex<HashMap<String, usize>>>,
    total: watch::Sender<usize>,
}

impl Default for Crowd {
    fn default() -> Self {
        Self { seats: Arc::default(), total: watch::Sender::new(0) }
    }
}

/// One connection's place; dropping it gives it back.
#[derive(Debug)]
pub struct Seat {
    crowd: Crowd,
    key: String,
}

impl Crowd {
    /// Takes a place under `key`, if fewer than `most` are taken.
    pub fn sit(&self, key: String, most: usize) -> Option<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(key.clone()).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        drop(seats);
        self.total.send_modify(|total| *total += 1);
        Some(Seat { crowd: self.clone(), key })
    }

    /// How many are open now, and a way to wait for another number.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.total.subscribe()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.crowd.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.key) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.key);
            }
        }
        drop(seats);
        self.crowd.total.send_modify(|total| *total -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_given_back_when_it_is_dropped() {
        let crowd = Crowd::default();
        let first = crowd.sit("a".to_owned(), 1);
        assert!(first.is_some() && crowd.sit("a".to_owned(), 1).is_none());
        assert!(crowd.sit("b".to_owned(), 1).is_some());
        assert_eq!(*crowd.watch().borrow(), 1);
        drop(first);
        assert!(crowd.sit("a".to_owned(), 1).is_some());
        assert_eq!(*crowd.watch().borrow(), 0);
    }
}
