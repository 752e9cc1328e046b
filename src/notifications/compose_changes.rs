//! What a notice of a change of a booking says: plain values in, words out. No database.

use super::{
    compose::{Facts, written},
    deliver::Notice,
    notification::Kind,
};
use crate::{
    bookings::{
        booking_change::{self, Status},
        changes::rules,
    },
    kernel::{Money, UserId},
};

impl Facts<'_> {
    /// A notice of a change: one of its kind per change and person.
    fn of_change(
        &self,
        user: UserId,
        kind: Kind,
        change: &booking_change::Model,
        title: String,
        body: String,
    ) -> Notice {
        let occasion = format!("{kind:?}:{}", change.id);
        Notice { occasion, ..self.notice(user, kind, title, body) }
    }

    fn by_guest(&self, change: &booking_change::Model) -> bool {
        change.proposed_by == self.booking.guest_id
    }

    /// Who proposed it and who answers, with the name of the first.
    fn sides(&self, change: &booking_change::Model) -> (UserId, UserId, &str) {
        let (guest, host) = (self.booking.guest_id, self.booking.host_id);
        if self.by_guest(change) { (guest, host, self.guest) } else { (host, guest, self.host) }
    }
}

fn in_words(change: &booking_change::Model) -> String {
    match (rules::terms_before(change), rules::terms_after(change)) {
        (Ok(before), Ok(after)) => rules::in_words(before, after),
        _ => String::new(),
    }
}

/// What it costs, for the guest who pays it or gets it back.
fn costs(change: &booking_change::Model) -> String {
    let money = |minor| written(Money::new(minor, change.currency));
    match change.difference {
        0 => "The price stays the same.".to_owned(),
        less if less < 0 => format!("{} come back.", money(-less)),
        more => format!("{} are to be paid.", money(more)),
    }
}

/// The other side is asked.
pub fn proposed(facts: &Facts, change: &booking_change::Model) -> Vec<Notice> {
    let (_, other, name) = facts.sides(change);
    let words =
        if change.note.trim().is_empty() { String::new() } else { format!(" {name} wrote: {}", change.note) };
    vec![facts.of_change(
        other,
        Kind::BookingChangeProposed,
        change,
        format!("{name} would like to change the stay at {}", facts.title),
        format!("{}. {} Answer by {}.{words}", in_words(change), costs(change), facts.local(change.ends_at)),
    )]
}

/// The guest is to pay; the host waits for it.
pub fn accepted(facts: &Facts, change: &booking_change::Model) -> Vec<Notice> {
    vec![facts.of_change(
        facts.booking.guest_id,
        Kind::BookingChangeAccepted,
        change,
        format!("Pay the difference to change your stay at {}", facts.title),
        format!(
            "{}. {} It is held for you until {}.",
            in_words(change),
            costs(change),
            facts.local(change.ends_at)
        ),
    )]
}

/// The booking is another one: both are told.
pub fn changed(facts: &Facts, change: &booking_change::Model) -> Vec<Notice> {
    let of = |user, title: String, more: &str| {
        let body = format!("{}, booking {}.{more}", in_words(change), facts.booking.code);
        facts.of_change(user, Kind::BookingChanged, change, title, body)
    };
    let back = format!(" {}", costs(change));
    let back = if change.difference < 0 { back.as_str() } else { "" };
    vec![
        of(facts.booking.guest_id, format!("Your stay at {} was changed", facts.title), back),
        of(facts.booking.host_id, format!("The stay of {} at {} was changed", facts.guest, facts.title), ""),
    ]
}

/// It came to nothing: whoever doesn't know it yet is told. Of one that ended with its booking, nobody is told apart.
pub fn ended(facts: &Facts, change: &booking_change::Model) -> Vec<Notice> {
    let (proposer, other, _) = facts.sides(change);
    let as_it_was = format!("{}. Your booking {} stays as it was.", in_words(change), facts.booking.code);
    let of = |user, kind, what: &str, more: String| {
        facts.of_change(user, kind, change, format!("The change of the stay at {} {what}", facts.title), more)
    };
    match change.status {
        Status::Declined => {
            let words = match change.reason.trim() {
                "" => String::new(),
                reason => format!(" The other side wrote: {reason}"),
            };
            vec![of(proposer, Kind::BookingChangeDeclined, "was declined", format!("{as_it_was}{words}"))]
        }
        Status::Withdrawn => vec![of(other, Kind::BookingChangeEnded, "was taken back", as_it_was)],
        Status::Expired if change.answered_at.is_none() => {
            vec![of(proposer, Kind::BookingChangeEnded, "was not answered in time", as_it_was)]
        }
        Status::Expired => [facts.booking.guest_id, facts.booking.host_id]
            .map(|user| of(user, Kind::BookingChangeEnded, "was not paid in time", as_it_was.clone()))
            .into(),
        Status::Proposed | Status::Accepted | Status::Applied | Status::Ended => Vec::new(),
    }
}
