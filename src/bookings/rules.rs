//! Judgements about bookings over plain values. No database.

use chrono::TimeDelta;

use super::{
    booking::{self, Status},
    create::Refusal,
};
use crate::{
    kernel::{BookingId, can_be_shown, clock::Instant, zone},
    listings::listing,
    payouts,
    pricing::quote,
};

/// How long unpaid nights are held.
pub const HELD_FOR: TimeDelta = TimeDelta::minutes(15);

/// How long a host has to answer a request.
pub const ANSWERED_WITHIN: TimeDelta = TimeDelta::hours(24);

/// By how much a payment attempt prolongs the hold, once.
pub const PROLONGED_BY: TimeDelta = TimeDelta::minutes(10);

/// How long before check-in a guest learns how to get in.
pub const INSTRUCTIONS_BEFORE: TimeDelta = TimeDelta::hours(48);

/// Bookings that a person may have at once which hold nights and are not paid: neither begun to be, nor charged by the
/// host's word.
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
        by_request: !listing.instant_book,
        requested_at: None,
        accepted_at: None,
        confirmed_at: None,
        cancelled_at: None,
        idempotency_key: None,
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
    if has_lapsed(booking, now) { Status::Expired } else { booking.status }
}

/// Whether a booking held nights and holds them no longer, though nobody has got round to settling it. What the host has
/// accepted holds on until the card is charged or has failed.
pub fn has_lapsed(booking: &booking::Model, now: Instant) -> bool {
    matches!(booking.status, Status::PendingPayment | Status::PendingApproval)
        && booking.accepted_at.is_none()
        && booking.hold_ends_at <= now
}

/// Until when the host may answer a request that comes now: a day long, and never past check-in.
pub fn respond_by(check_in_at: Instant, now: Instant) -> Instant {
    check_in_at.min(now + ANSWERED_WITHIN)
}

/// Whether a text may be the reason that one side tells the other; it may be empty.
pub fn is_reason(text: &str) -> bool {
    text.chars().count() <= 500 && can_be_shown(text)
}

/// What can be done with a booking now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The guest can pay.
    Pay,
    /// Whoever asks can cancel.
    Cancel,
    /// The host can say yes.
    Accept,
    /// The host can say no.
    Decline,
}

/// What the viewer can do now, as a guest or host of it.
pub fn actions(booking: &booking::Model, is_guest: bool, now: Instant) -> Vec<Action> {
    match status_at(booking, now) {
        Status::PendingPayment if is_guest => vec![Action::Pay, Action::Cancel],
        Status::PendingApproval if booking.accepted_at.is_some() => Vec::new(),
        Status::PendingApproval if is_guest => vec![Action::Cancel],
        Status::PendingApproval => vec![Action::Accept, Action::Decline],
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
    use crate::{
        kernel::{Currency, ListingId, QuoteId, UserId},
        listings::listing::CancellationPolicy,
        payouts::rules::PAID_AFTER,
        pricing::{RatePlan, price::Price},
    };

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    /// Held until noon, of a stay that begins three days later.
    fn held(status: Status) -> booking::Model {
        let id = BookingId::new();
        let currency = Currency::EUR;
        booking::Model {
            id,
            code: code(id),
            listing_id: ListingId::new(),
            guest_id: UserId::new(),
            host_id: UserId::new(),
            quote_id: QuoteId::new(),
            status,
            check_in: "2027-03-04".parse().unwrap(),
            check_out: "2027-03-06".parse().unwrap(),
            adults: 2,
            children: 0,
            infants: 0,
            pets: 0,
            price: Price {
                currency,
                nightly: vec![],
                lines: vec![],
                host_fee: 0,
                exchange: None,
                usd_rate: None,
            },
            currency,
            total: 0,
            cancellation_policy: CancellationPolicy::Flexible,
            rate_plan: RatePlan::Standard,
            time_zone: "Europe/Lisbon".to_owned(),
            check_in_at: at("2027-03-04T15:00:00Z"),
            check_out_at: at("2027-03-06T11:00:00Z"),
            hold_ends_at: at("2027-03-01T12:00:00Z"),
            hold_extended: false,
            by_request: true,
            requested_at: None,
            accepted_at: None,
            confirmed_at: None,
            cancelled_at: None,
            idempotency_key: None,
            created_at: at("2027-02-28T12:00:00Z"),
        }
    }

    #[test]
    fn a_host_has_a_day_and_never_past_check_in() {
        let check_in = at("2027-03-04T15:00:00Z");
        assert_eq!(respond_by(check_in, at("2027-03-01T09:30:00Z")), at("2027-03-02T09:30:00Z"));
        assert_eq!(respond_by(check_in, at("2027-03-03T15:00:00Z")), check_in);
        assert_eq!(respond_by(check_in, at("2027-03-03T15:00:01Z")), check_in);
    }

    #[test]
    fn a_hold_ends_on_its_instant_and_not_once_the_host_has_accepted() {
        let end = held(Status::PendingPayment).hold_ends_at;
        let second = TimeDelta::seconds(1);
        for status in [Status::PendingPayment, Status::PendingApproval] {
            let held = held(status);
            assert_eq!(status_at(&held, end - second), status);
            assert_eq!(status_at(&held, end), Status::Expired);
        }
        let accepted = booking::Model { accepted_at: Some(end - second), ..held(Status::PendingApproval) };
        assert_eq!(status_at(&accepted, end + TimeDelta::days(6)), Status::PendingApproval);
        // What has an end already keeps it.
        assert_eq!(status_at(&held(Status::Declined), end), Status::Declined);
    }

    #[test]
    fn a_request_is_answered_by_the_host_or_called_off_by_the_guest_until_one_of_them_has() {
        let request = held(Status::PendingApproval);
        let (before, after) = (request.hold_ends_at - TimeDelta::seconds(1), request.hold_ends_at);
        assert_eq!(actions(&request, true, before), [Action::Cancel]);
        assert_eq!(actions(&request, false, before), [Action::Accept, Action::Decline]);
        let accepted = booking::Model { accepted_at: Some(before), ..request.clone() };
        for is_guest in [true, false] {
            assert_eq!(actions(&request, is_guest, after), []);
            assert_eq!(actions(&accepted, is_guest, before), []);
        }
        assert_eq!(actions(&held(Status::PendingPayment), false, before), []);
    }

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
