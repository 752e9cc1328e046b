//! What a booking's sides would get, were it called off at any instant from now to check-out: rows between the instants
//! at which the answer changes. Plain values; no database, no clock.

use super::{
    booking,
    cancellation::{self, Facts},
    outcome::{Outcome, outcome},
    penalty,
};
use crate::{
    kernel::{clock::Instant, money::MoneyError},
    ledger::Borne,
    payments::payment,
};

/// From when until when everybody would get the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// After this instant; the first one at it already.
    pub from: Instant,
    /// Up to this instant, and at it.
    pub until: Instant,
    /// What everybody gets.
    pub outcome: Outcome,
}

/// The rows from `now` to check-out, in order and without a gap; none when that has passed. What each says of an
/// instant is what [`outcome`] says of it.
pub fn schedule(
    booking: &booking::Model,
    payments: &[payment::Model],
    borne: Borne,
    by_guest: bool,
    now: Instant,
) -> Result<Vec<Period>, MoneyError> {
    let end = booking.check_out_at;
    if now >= end {
        return Ok(Vec::new());
    }
    let facts = Facts::of(booking);
    let turns = if by_guest { cancellation::turns(&facts) } else { penalty::turns(&facts).to_vec() };
    let mut turns: Vec<Instant> = turns.into_iter().filter(|turn| now <= *turn && *turn < end).collect();
    turns.push(end);
    turns.sort_unstable();
    turns.dedup();

    let mut rows: Vec<Period> = Vec::new();
    for until in turns {
        // A boundary belongs to the row before it, so a row's last instant speaks for all of it.
        let outcome = outcome(booking, payments, borne, by_guest, until)?;
        if let Some(last) = rows.last_mut().filter(|last| last.outcome == outcome) {
            last.until = until;
        } else {
            let from = rows.last().map_or(now, |last| last.until);
            rows.push(Period { from, until, outcome });
        }
    }
    Ok(rows)
}
