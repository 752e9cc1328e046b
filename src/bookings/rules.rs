//! Judgements about bookings over plain values. No database.

use chrono::TimeDelta;

use super::{
    booking::{self, Status},
    create::Refusal,
};
use crate::{
    kernel::{BookingId, clock::Instant, zone},
    listings::listing,
    payouts,
    pricing::quote,
};

/// How long unpaid nights are held.
pub const HELD_FOR: TimeDelta = TimeDelta::minutes(15);

/// By how much a payment attempt prolongs the hold, once.
pub const PROLONGED_BY: TimeDelta = TimeDelta::minutes(10);

/// How long before check-in a guest learns how to get in.
pub const INSTRUCTIONS_BEFORE: TimeDelta = TimeDelta::hours(48);

/// Unpaid bookings that a person may have at once.
pub const MOST_HOLDS: u64 = 5;

/// Whether a quote can become a booking now. Whether the nights are free is not judged but tried. The host's rules were
/// judged when it was made, and it is honoured whatever the host changes meanwhile.
pub fn may_book(
    quote: &quote::Model,
    listing: &listing::Model,
    is_on_sale: bool,
    open_holds: u64,
    now: Instant,
) -> Result<(), Refusal> {
    if quote.expires_at <= now {
        return Err(Refusal::QuoteExpired(Box::new(quote.clone())));
    }
    let begun = quote.check_in < zone::local_date(now, listing.zone());
    if !is_on_sale || begun {
        return Err(Refusal::NotAvailable);
    }
    if open_holds >= MOST_HOLDS {
        return Err(Refusal::TooManyHolds);
    }
    Ok(())
}

/// The booking that a quote becomes: everything that must not change with the listing is copied.
pub fn booking(quote: &quote::Model, listing: &listing::Model, now: Instant) -> booking::Model {
    let id = BookingId::new();
    let zone = listing.zone();
    booking::Model {
        id,
        code: code(id),
        listing_id: listing.id,
        guest_id: quote.user_id,
        host_id: listing.host_id,
        quote_id: quote.id,
        status: Status::PendingPayment,
        check_in: quote.check_in,
        check_out: quote.check_out,
        adults: quote.adults,
        children: quote.children,
        infants: quote.infants,
        pets: quote.pets,
        price: quote.price.clone(),
        currency: quote.currency,
        total: quote.total,
        cancellation_policy: quote.cancellation_policy,
        rate_plan: quote.rate_plan,
        time_zone: zone.name().to_owned(),
        check_in_at: zone::at(quote.check_in, listing.check_in_time, zone),
        check_out_at: zone::at(quote.check_out, listing.check_out_time, zone),
        hold_ends_at: now + HELD_FOR,
        hold_extended: false,
        confirmed_at: None,
        cancelled_at: None,
        created_at: now,
    }
}

/// What people read to each other: ten characters without look-alikes, from the random end of the id (50 bits).
pub fn code(id: BookingId) -> String {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let bits = id.0.as_u128();
    (0..10).map(|n| char::from(LETTERS[usize::try_from((bits >> (5 * n)) & 31).unwrap_or(0)])).collect()
}

/// The state as anybody reads it at `now`: a hold that has ended is expired, whether or not its row was settled.
pub fn status_at(booking: &booking::Model, now: Instant) -> Status {
    match booking.status {
        Status::PendingPayment if booking.hold_ends_at <= now => Status::Expired,
        status => status,
    }
}

/// What can be done with a booking now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The guest can pay.
    Pay,
    /// Whoever asks can cancel.
    Cancel,
}

/// What the viewer can do now, as a guest or host of it.
pub fn actions(booking: &booking::Model, is_guest: bool, now: Instant) -> Vec<Action> {
    match status_at(booking, now) {
        Status::PendingPayment if is_guest => vec![Action::Pay, Action::Cancel],
        Status::Confirmed if now < booking.check_out_at => vec![Action::Cancel],
        _ => Vec::new(),
    }
}

/// Whether the guest may read how to get in: of a stay that was paid for, from 48 hours before check-in on.
pub fn instructions_released(booking: &booking::Model, now: Instant) -> bool {
    let paid = matches!(booking.status, Status::Confirmed | Status::Completed);
    paid && now >= booking.check_in_at - INSTRUCTIONS_BEFORE
}

/// When the host is paid for what is recognised at `now`: a day after check-out; of a stay that was called off, a day
/// after it would have begun, or after that was done, whichever is later.
pub fn payout_due(check_in_at: Instant, check_out_at: Instant, now: Instant) -> Instant {
    let end = if now >= check_out_at { check_out_at } else { now.max(check_in_at) };
    end + payouts::rules::PAID_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payouts::rules::PAID_AFTER;

    #[test]
    fn a_host_is_paid_a_day_after_the_stay_or_after_it_would_have_begun() {
        let come = Instant::from_timestamp(1_800_000_000, 0).unwrap();
        let leave = come + TimeDelta::hours(68);
        let early = come - TimeDelta::days(9);
        let midway = come + TimeDelta::hours(30);
        for (now, end) in
            [(early, come), (come, come), (midway, midway), (leave, leave), (leave + HELD_FOR, leave)]
        {
            assert_eq!(payout_due(come, leave, now), end + PAID_AFTER, "{now}");
        }
    }

    #[test]
    fn codes_have_ten_characters_without_look_alikes() {
        let code = code(BookingId::new());
        assert_eq!(code.len(), 10);
        assert!(!code.contains(['0', 'O', '1', 'I']));
    }
}
