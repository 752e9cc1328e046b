//! Tests of what may be changed, until when, and what it costs: instants a second around each boundary, currencies of
//! zero, two and three places, one payment and several.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{BookingChangeId, BookingId, Currency, ListingId, QuoteId, UserId},
    listings::listing::CancellationPolicy,
    payments::{
        rules::{left, left_of, portions, total_of},
        testing::plain_payment,
    },
    pricing::{
        RatePlan,
        price::{Exchange, Line, LineKind},
        rates,
    },
};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn stay(from: &str, to: &str) -> Stay {
    Stay::new(day(from), day(to)).unwrap()
}

fn price(currency: Currency, nightly: Vec<i64>) -> Price {
    let lines = vec![Line { kind: LineKind::Nights, amount: nightly.iter().sum() }];
    Price { currency, nightly, lines, host_fee: 300, exchange: None, usd_rate: None }
}

/// Three nights at 100.00 in Lisbon from 10 June on, of two guests.
fn booking() -> booking::Model {
    let price = price(Currency::EUR, vec![10_000; 3]);
    booking::Model {
        id: BookingId::new(),
        code: String::new(),
        listing_id: ListingId::new(),
        guest_id: UserId::new(),
        host_id: UserId::new(),
        quote_id: QuoteId::new(),
        status: BookingStatus::Confirmed,
        check_in: day("2027-06-10"),
        check_out: day("2027-06-13"),
        adults: 2,
        children: 0,
        infants: 0,
        pets: 0,
        currency: Currency::EUR,
        total: 30_000,
        cancellation_policy: CancellationPolicy::Flexible,
        rate_plan: RatePlan::Standard,
        time_zone: "Europe/Lisbon".to_owned(),
        check_in_at: at("2027-06-10T14:00:00Z"),
        check_out_at: at("2027-06-13T10:00:00Z"),
        hold_ends_at: at("2027-03-01T12:00:00Z"),
        hold_extended: false,
        by_request: false,
        requested_at: None,
        accepted_at: None,
        confirmed_at: Some(at("2027-03-01T12:00:00Z")),
        cancelled_at: None,
        idempotency_key: None,
        created_at: at("2027-03-01T12:00:00Z"),
        price,
    }
}

fn terms(from: &str, to: &str, adults: u32) -> Terms {
    Terms { stay: stay(from, to), party: Party { adults, children: 0, infants: 0, pets: 0 } }
}

/// A change of the booking to other terms that waits until noon of 2 March.
fn change(booking: &booking::Model, to: Terms, status: Status) -> booking_change::Model {
    let (check_in_at, check_out_at) = instants(booking, to.stay);
    booking_change::Model {
        id: BookingChangeId::new(),
        booking_id: booking.id,
        listing_id: booking.listing_id,
        proposed_by: booking.guest_id,
        status,
        from_check_in: booking.check_in,
        from_check_out: booking.check_out,
        from_adults: booking.adults,
        from_children: 0,
        from_infants: 0,
        from_pets: 0,
        from_total: booking.total,
        check_in: to.stay.check_in(),
        check_out: to.stay.check_out(),
        adults: i32::try_from(to.party.adults).unwrap(),
        children: 0,
        infants: 0,
        pets: 0,
        price: booking.price.clone(),
        currency: booking.currency,
        total: booking.total,
        difference: 0,
        listing_difference: 0,
        check_in_at,
        check_out_at,
        note: String::new(),
        reason: String::new(),
        ends_at: at("2027-03-02T12:00:00Z"),
        hold_extended: false,
        answered_at: None,
        applied_at: None,
        created_at: at("2027-03-01T12:00:00Z"),
    }
}

#[test]
fn before_check_in_everything_may_change_and_then_only_what_is_to_come() {
    let booking = booking();
    let second = TimeDelta::seconds(1);
    let may = |to, now| may_change(&booking, to, now);
    let before = booking.check_in_at - second;
    assert_eq!(may(terms("2027-06-10", "2027-06-13", 2), before), Err(Refusal::NothingChanges));
    assert_eq!(may(terms("2027-06-20", "2027-06-21", 1), before), Ok(()));
    // To a day whose check-in has passed.
    assert_eq!(may(terms("2027-06-09", "2027-06-13", 2), before), Err(Refusal::NightsPassed));

    let begun = booking.check_in_at;
    assert_eq!(may(terms("2027-06-11", "2027-06-13", 2), begun), Err(Refusal::CheckInPassed));
    assert_eq!(may(terms("2027-06-10", "2027-06-14", 2), begun), Ok(()));
    assert_eq!(may(terms("2027-06-10", "2027-06-13", 3), begun), Ok(()));
    // The second night has begun a second after its check-in: it stays, the third need not.
    let second_night = at("2027-06-11T14:00:01Z");
    assert_eq!(may(terms("2027-06-10", "2027-06-11", 2), second_night), Err(Refusal::NightsPassed));
    assert_eq!(may(terms("2027-06-10", "2027-06-12", 2), second_night), Ok(()));
    // Not into the past either: the morning of leaving.
    let morning = at("2027-06-12T10:00:00Z");
    assert_eq!(may(terms("2027-06-10", "2027-06-12", 2), morning), Err(Refusal::NightsPassed));
    assert_eq!(may(terms("2027-06-10", "2027-06-12", 2), morning - second), Ok(()));
    assert_eq!(may(terms("2027-06-10", "2027-06-14", 2), booking.check_out_at), Err(Refusal::NotChangeable));
    for status in [BookingStatus::PendingPayment, BookingStatus::Cancelled, BookingStatus::Completed] {
        let other = booking::Model { status, ..booking.clone() };
        assert_eq!(
            may_change(&other, terms("2027-06-10", "2027-06-14", 2), before),
            Err(Refusal::NotChangeable)
        );
    }
}

#[test]
fn a_change_waits_a_day_and_never_past_check_in_nor_past_check_out_of_a_stay_begun() {
    let booking = booking();
    let end = |stay, now: &str| ends_at(&booking, stay, at(now), ANSWERED_WITHIN);
    let later = stay("2027-06-20", "2027-06-23");
    let earlier = stay("2027-06-08", "2027-06-11");
    assert_eq!(end(later, "2027-03-01T12:00:00Z"), at("2027-03-02T12:00:00Z"));
    assert_eq!(end(later, "2027-06-10T13:00:00Z"), booking.check_in_at, "the old check-in");
    assert_eq!(end(earlier, "2027-06-08T13:00:00Z"), at("2027-06-08T14:00:00Z"), "the new check-in");
    let longer = stay("2027-06-10", "2027-06-15");
    let shorter = stay("2027-06-10", "2027-06-12");
    assert_eq!(end(longer, "2027-06-12T20:00:00Z"), booking.check_out_at, "the old check-out");
    assert_eq!(end(shorter, "2027-06-11T20:00:00Z"), at("2027-06-12T10:00:00Z"), "the new check-out");
    assert_eq!(end(longer, "2027-06-11T09:00:00Z"), at("2027-06-12T09:00:00Z"));
}

#[test]
fn times_of_day_are_the_bookings_own_when_clocks_change() {
    let booking = booking();
    // In winter Lisbon is an hour behind.
    let moved = instants(&booking, stay("2027-11-10", "2027-11-12"));
    assert_eq!(moved, (at("2027-11-10T15:00:00Z"), at("2027-11-12T11:00:00Z")));
    assert_eq!(
        instants(&booking, stay("2027-06-10", "2027-06-13")),
        (booking.check_in_at, booking.check_out_at)
    );
}

#[test]
fn only_what_changes_is_judged_again() {
    let all = || {
        vec![
            Violation::NotOnSale,
            Violation::InThePast { today: day("2027-06-11") },
            Violation::AdvanceNotice { earliest: day("2027-06-12"), cut_off_hour: None },
            Violation::ClosedToArrival { weekday: chrono::Weekday::Thu },
            Violation::BookingWindow { latest: day("2027-06-11") },
            Violation::ClosedToDeparture { weekday: chrono::Weekday::Sun },
            Violation::MinNights { nights: 5 },
            Violation::TooManyGuests { guests: 1 },
            Violation::NightsTaken { nights: vec![day("2027-06-12")] },
        ]
    };
    let from = terms("2027-06-10", "2027-06-13", 2);
    let count = |to| broken(all(), from, to).len();
    assert_eq!(count(terms("2027-06-10", "2027-06-13", 1)), 2, "fewer guests");
    assert_eq!(count(terms("2027-06-10", "2027-06-13", 3)), 3, "more guests");
    assert_eq!(count(terms("2027-06-10", "2027-06-14", 2)), 5, "later leaving");
    assert_eq!(count(terms("2027-06-11", "2027-06-13", 2)), 6, "later coming");
    assert_eq!(count(terms("2027-06-11", "2027-06-14", 3)), 9);
}

#[test]
fn a_change_ends_on_its_instant_and_is_for_one_side_to_answer() {
    let booking = booking();
    let to = terms("2027-06-10", "2027-06-14", 2);
    let proposed = change(&booking, to, Status::Proposed);
    let (before, end) = (proposed.ends_at - TimeDelta::seconds(1), proposed.ends_at);
    let of = |change: &booking_change::Model, is_guest, now| action(&booking, Some(change), is_guest, now);
    assert_eq!(of(&proposed, true, before), Some(Action::Withdraw));
    assert_eq!(of(&proposed, false, before), Some(Action::Answer));
    let accepted = change(&booking, to, Status::Accepted);
    assert_eq!(of(&accepted, true, before), Some(Action::Pay));
    assert_eq!(of(&accepted, false, before), None);
    for change in [&proposed, &accepted] {
        assert_eq!(status_at(change, end), Status::Expired);
        assert_eq!(of(change, true, end), Some(Action::Propose));
    }
    assert_eq!(action(&booking, None, false, booking.check_out_at), None);
    assert_eq!(status_at(&change(&booking, to, Status::Applied), end), Status::Applied);
}

#[test]
fn what_was_proposed_of_another_booking_is_out_of_date() {
    let was = booking();
    let change = change(&was, terms("2027-06-10", "2027-06-14", 2), Status::Expired);
    assert!(is_up_to_date(&change, &was));
    assert!(!is_up_to_date(&change, &booking::Model { adults: 3, ..was.clone() }));
    assert!(!is_up_to_date(&change, &booking::Model { total: 1, ..was.clone() }));
    assert!(!is_up_to_date(&change, &booking::Model { check_out: day("2027-06-14"), ..was }));
}

#[test]
fn the_timeline_says_from_what_to_what() {
    let mut to = terms("2027-06-11", "2027-07-01", 1);
    to.party.pets = 1;
    assert_eq!(
        in_words(terms("2027-06-10", "2027-06-13", 2), to),
        "10 Jun 2027 – 13 Jun 2027, 2 adults → 11 Jun 2027 – 1 Jul 2027, 1 adult, 1 pet"
    );
}

fn paid(amount: Money, worth: Money) -> payment::Model {
    payment::Model { captured: amount.minor, ..plain_payment(amount, worth) }
}

#[test]
fn a_difference_is_charged_given_back_or_too_small() {
    let booking = booking();
    let payments = [paid(Money::new(30_000, Currency::EUR), Money::new(30_000, Currency::EUR))];
    let of = |nightly| difference(&booking, &price(Currency::EUR, nightly), &payments);
    let eur = |minor| Money::new(minor, Currency::EUR);
    assert_eq!(of(vec![10_000; 4]), Ok(Difference { paid: eur(10_000), worth: eur(10_000) }));
    assert_eq!(of(vec![10_000; 2]), Ok(Difference { paid: eur(-10_000), worth: eur(-10_000) }));
    assert_eq!(of(vec![15_000; 2]), Ok(Difference { paid: eur(0), worth: eur(0) }));
    assert_eq!(of(vec![30_049]), Err(Refusal::TooSmall { least: eur(50) }));
    assert_eq!(of(vec![30_050]), Ok(Difference { paid: eur(50), worth: eur(50) }));
    assert_eq!(of(vec![29_999]), Ok(Difference { paid: eur(-1), worth: eur(-1) }));
    let other = difference(&booking, &price(Currency::USD, vec![10_000]), &payments);
    assert_eq!(other, Err(Refusal::NotForSale(Unsellable::NoRate)));
    // Most has gone back before: no more than is left.
    let given = payment::Model { refunded: 25_000, listing_refunded: 25_000, ..payments[0].clone() };
    let rest = difference(&booking, &price(Currency::EUR, vec![10_000]), &[given]);
    assert_eq!(rest, Ok(Difference { paid: eur(-5_000), worth: eur(-5_000) }));
}

#[test]
fn what_goes_back_comes_out_of_the_newest_payment_first() {
    let eur = |minor| Money::new(minor, Currency::EUR);
    let (first, second) = (paid(eur(30_000), eur(30_000)), paid(eur(10_000), eur(10_000)));
    let strange = payment::Model { counts: false, ..paid(eur(7_000), eur(7_000)) };
    let all = [first.clone(), second.clone(), strange];
    assert_eq!(left_of(&all, Currency::EUR).unwrap().worth, eur(40_000));
    let of = |minor| -> Vec<_> {
        portions(&all, eur(minor)).unwrap().iter().map(|p| (p.payment, p.worth.minor)).collect()
    };
    assert_eq!(of(4_000), [(second.id, 4_000)]);
    assert_eq!(of(15_000), [(second.id, 10_000), (first.id, 5_000)]);
    assert_eq!(of(99_000), [(second.id, 10_000), (first.id, 30_000)]);
}

proptest! {
    /// Whatever a booking is changed to, one time after the other, in whatever currency it is paid: what was paid less what
    /// went back is what the booking costs, in both currencies, and all of it can go back.
    #[test]
    fn what_is_held_is_what_the_booking_costs(
        nights in prop::collection::vec((1_u64..40, 1_000_i64..90_000), 1..6),
        listing in prop::sample::select(Currency::ALL), currency in prop::sample::select(Currency::ALL),
    ) {
        let rate = (rates::recorded(currency) / rates::recorded(listing)).round_sf(12).unwrap();
        let exchange = Exchange { currency, rate, recorded_at: Instant::UNIX_EPOCH, lines: Vec::new() };
        let kept = Price { exchange: (listing != currency).then_some(exchange), ..price(listing, Vec::new()) };
        let of = |(count, each): (u64, i64)| {
            price(listing, vec![each * listing.step(); usize::try_from(count).unwrap()]).paid_as(&kept).unwrap()
        };
        let first = of(nights[0]);
        let total = first.to_pay().unwrap();
        let mut booking = booking::Model {
            check_out: day("2027-06-10") + Days::new(nights[0].0), currency: total.currency, total: total.minor,
            price: first.clone(), ..booking()
        };
        let mut payments = vec![paid(total, first.total().unwrap())];
        for next in nights.iter().skip(1).map(|next| of(*next)) {
            let difference = match difference(&booking, &next, &payments) {
                Ok(difference) => difference,
                Err(Refusal::TooSmall { .. } | Refusal::NotForSale(_)) => continue,
                Err(other) => panic!("{other:?}"),
            };
            if difference.paid.minor > 0 {
                payments.push(paid(difference.paid, difference.worth));
            } else if difference.paid.minor < 0 {
                let back = |money: Money| Money::zero(money.currency).minus(money).unwrap();
                let portions =
                    payments::rules::portions_of(&payments, back(difference.worth), back(difference.paid)).unwrap();
                for portion in &portions {
                    let payment = payments.iter_mut().find(|payment| payment.id == portion.payment).unwrap();
                    payment.refunded += portion.paid.minor;
                    payment.listing_refunded += portion.worth.minor;
                    prop_assert!(payment.refunded <= payment.captured);
                    prop_assert!(payment.listing_refunded <= payment.listing_amount);
                }
            }
            booking.total = next.to_pay().unwrap().minor;
            booking.price = next;
            let left = left_of(&payments, listing).unwrap();
            prop_assert_eq!(left.worth, booking.price.total().unwrap());
            // A payment that has given all of its worth has given all that was paid: a coin of it may be more or less.
            let coins = i64::try_from(payments.len()).unwrap() * booking.currency.step();
            prop_assert!((left.paid.minor - booking.total).abs() <= coins, "{} {}", left.paid.minor, booking.total);
        }
        let all = portions(&payments, booking.price.total().unwrap()).unwrap();
        let back = total_of(&all, booking.currency, listing).unwrap();
        let lefts: Vec<_> = payments.iter().map(left).collect();
        // But for what the other currency has no coin for.
        let stuck: i64 = lefts.iter().filter(|left| left.paid.minor == 0).map(|left| left.worth.minor).sum();
        let paid: i64 = lefts.iter().filter(|left| left.worth.minor > 0).map(|left| left.paid.minor).sum();
        let whole = booking.price.total().unwrap().minor - stuck;
        prop_assert_eq!((back.worth.minor, back.paid.minor), (whole, paid));
    }
}
