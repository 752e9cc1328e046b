//! Tests of the judgements: all orders of what Stripe can say end in one state. No database here.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{BookingId, Currency, PaymentId},
    ports::stripe::Decline,
};

const PRICE: Money = Money::new(39_780, Currency::EUR);

fn payment() -> payment::Model {
    payment::Model {
        id: PaymentId::new(),
        booking_id: BookingId::new(),
        change_id: None,
        counts: true,
        status: Status::Created,
        currency: PRICE.currency,
        amount: PRICE.minor,
        captured: 0,
        refunded: 0,
        listing_currency: PRICE.currency,
        listing_amount: PRICE.minor,
        listing_refunded: 0,
        charged_back: 0,
        listing_charged_back: 0,
        open_chargebacks: 0,
        intent_id: Some("pi_1".to_owned()),
        client_secret: None,
        charge_id: None,
        decline_code: None,
        attempts: 1,
        asked_at: None,
        manual_capture: false,
        capture_attempts: 0,
        capture_asked_at: None,
        created_at: Instant::UNIX_EPOCH,
        updated_at: Instant::UNIX_EPOCH,
    }
}

fn intent(status: IntentStatus) -> Intent {
    let received = if status == IntentStatus::Succeeded { PRICE } else { Money::zero(PRICE.currency) };
    Intent {
        id: "pi_1".to_owned(),
        status,
        amount: PRICE,
        amount_received: received,
        client_secret: None,
        latest_charge: None,
        last_error: None,
        metadata: BTreeMap::new(),
        manual_capture: false,
        transfer_group: None,
        created: Instant::UNIX_EPOCH,
    }
}

fn declined(charge: &str) -> Intent {
    let error = Decline {
        code: Some("card_declined".to_owned()),
        decline_code: Some("insufficient_funds".to_owned()),
        message: String::new(),
    };
    Intent {
        last_error: Some(error),
        latest_charge: Some(charge.to_owned()),
        ..intent(IntentStatus::RequiresPaymentMethod)
    }
}

/// What a guarded update would do to the row.
fn apply(payment: &mut payment::Model, seen: &Intent) -> Option<News> {
    let step = step(payment, seen)?;
    payment.status = step.status;
    payment.captured = step.captured;
    payment.charge_id = step.charge_id;
    payment.decline_code = step.decline_code;
    payment.intent_id.get_or_insert_with(|| seen.id.clone());
    step.news
}

#[test]
fn a_decline_is_news_once_and_the_next_one_again() {
    let mut row = payment();
    assert_eq!(apply(&mut row, &intent(IntentStatus::RequiresPaymentMethod)), None);
    assert_eq!(apply(&mut row, &declined("ch_1")), Some(News::Failed));
    assert_eq!(row.decline_code.as_deref(), Some("insufficient_funds"));
    assert_eq!(step(&row, &declined("ch_1")), None);
    assert_eq!(apply(&mut row, &declined("ch_2")), Some(News::Failed));
    assert_eq!(apply(&mut row, &intent(IntentStatus::RequiresAction)), Some(News::Underway));
    assert_eq!(apply(&mut row, &intent(IntentStatus::Succeeded)), Some(News::Settled));
    assert_eq!((row.captured, row.decline_code), (PRICE.minor, None));
}

#[test]
fn what_does_not_match_is_never_believed() {
    let paid = intent(IntentStatus::Succeeded);
    let one_less = Money::new(PRICE.minor - 1, PRICE.currency);
    for wrong in [
        Intent { id: "pi_2".to_owned(), ..paid.clone() },
        Intent { amount: Money::new(PRICE.minor, Currency::USD), ..paid.clone() },
        Intent { amount: one_less, ..paid.clone() },
        Intent { amount_received: one_less, ..paid.clone() },
        intent(IntentStatus::RequiresCapture),
    ] {
        let mut row = payment();
        assert_eq!(apply(&mut row, &wrong), None);
        assert_eq!((row.status, row.captured), (Status::NeedsReview, 0), "{wrong:?}");
        // And doubt stays until an admin has looked.
        assert_eq!(step(&row, &paid), None);
    }
}

/// A payment that is only authorised at first.
fn to_authorise() -> payment::Model {
    payment::Model { manual_capture: true, ..payment() }
}

fn authorised() -> Intent {
    Intent {
        latest_charge: Some("ch_1".to_owned()),
        manual_capture: true,
        ..intent(IntentStatus::RequiresCapture)
    }
}

#[test]
fn an_authorisation_is_news_once_and_so_is_its_end() {
    let mut row = to_authorise();
    assert_eq!(apply(&mut row, &intent(IntentStatus::RequiresAction)), Some(News::Underway));
    assert_eq!(apply(&mut row, &authorised()), Some(News::Authorised));
    assert_eq!((row.status, row.captured), (Status::Authorised, 0));
    assert!(!is_settled(row.status));
    assert_eq!(step(&row, &authorised()), None);
    // What was said before it comes late.
    assert_eq!(step(&row, &intent(IntentStatus::RequiresAction)), None);
    let (mut charged, mut let_go) = (row.clone(), row);
    assert_eq!(apply(&mut charged, &intent(IntentStatus::Succeeded)), Some(News::Settled));
    assert_eq!(charged.captured, PRICE.minor);
    assert_eq!(apply(&mut let_go, &intent(IntentStatus::Canceled)), Some(News::Lost));
    assert_eq!(step(&let_go, &authorised()), None);
    // Where nothing was authorised, nothing is lost.
    assert_eq!(apply(&mut to_authorise(), &intent(IntentStatus::Canceled)), None);
}

#[test]
fn an_intent_whose_answer_was_lost_is_known_by_its_metadata() {
    let mut row = payment::Model { intent_id: None, status: Status::Unknown, ..payment() };
    let mut seen = intent(IntentStatus::RequiresPaymentMethod);
    assert_eq!(step(&row, &seen).map(|step| step.status), Some(Status::NeedsReview));
    seen.metadata.insert(name::PAYMENT.to_owned(), row.id.to_string());
    apply(&mut row, &seen);
    assert_eq!((row.status, row.intent_id.as_deref()), (Status::RequiresPaymentMethod, Some("pi_1")));
}

#[test]
fn an_unknown_outcome_is_asked_for_seven_times() {
    let waits: Vec<_> = (1..).map_while(ask_again).map(|wait| wait.num_minutes()).collect();
    assert_eq!(waits, [5, 60, 1440, 1440, 1440, 1440, 1440]);
}

#[test]
fn a_key_is_trusted_for_less_than_a_day() {
    let asked = Instant::UNIX_EPOCH;
    assert!(!is_forgotten(Some(asked), asked + TimeDelta::minutes(23 * 60 - 1)));
    assert!(is_forgotten(Some(asked), asked + TimeDelta::hours(23)));
    assert!(!is_forgotten(None, asked));
}

#[test]
fn webhooks_are_told_apart_by_their_type() {
    for (kind, expected) in [
        ("payment_intent.succeeded", Subject::Intent),
        ("payment_intent.some_new_thing", Subject::Intent),
        ("charge.refunded", Subject::Charge),
        ("charge.refund.updated", Subject::Refund),
        ("refund.created", Subject::Refund),
        ("charge.dispute.created", Subject::Dispute),
        ("charge.dispute.funds_withdrawn", Subject::Dispute),
        ("issuing_dispute.created", Subject::Nothing),
        ("customer.created", Subject::Nothing),
        ("unparseable", Subject::Nothing),
    ] {
        assert_eq!(subject(kind), expected, "{kind}");
    }
}

/// Everything that Stripe could be seen to say of one payment.
fn any_look() -> impl Strategy<Value = Intent> {
    prop_oneof![
        Just(intent(IntentStatus::RequiresPaymentMethod)),
        Just(intent(IntentStatus::RequiresConfirmation)),
        Just(intent(IntentStatus::RequiresAction)),
        Just(intent(IntentStatus::Processing)),
        Just(declined("ch_1")),
        Just(declined("ch_2")),
        Just(intent(IntentStatus::Canceled)),
    ]
}

/// The same of a payment that is only authorised at first.
fn any_look_at_a_request() -> impl Strategy<Value = Intent> {
    prop_oneof![3 => any_look(), 1 => Just(authorised())]
}

fn any_refund_look() -> impl Strategy<Value = RefundStatus> {
    prop::sample::select(vec![
        RefundStatus::Pending,
        RefundStatus::RequiresAction,
        RefundStatus::Succeeded,
        RefundStatus::Failed,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn every_order_with_success_ends_as_success_and_says_so_once(
        looks in prop::collection::vec(any_look(), 0..8),
        order in any::<prop::sample::Index>(),
        again in 1_usize..4,
    ) {
        let mut looks = looks;
        for _ in 0..again {
            looks.insert(order.index(looks.len() + 1), intent(IntentStatus::Succeeded));
        }
        let mut row = payment();
        let mut ranks = vec![rank(row.status)];
        let mut settled = 0;
        for seen in &looks {
            settled += usize::from(apply(&mut row, seen) == Some(News::Settled));
            ranks.push(rank(row.status));
        }
        prop_assert_eq!((row.status, row.captured, settled), (Status::Succeeded, PRICE.minor, 1));
        prop_assert!(ranks.is_sorted(), "only forward: {:?}", ranks);
    }

    #[test]
    fn every_order_of_a_capture_ends_as_captured_and_says_each_thing_once(
        looks in prop::collection::vec(any_look_at_a_request(), 0..8),
        order in any::<prop::sample::Index>(),
    ) {
        let mut looks = looks;
        looks.insert(order.index(looks.len() + 1), intent(IntentStatus::Succeeded));
        let mut row = to_authorise();
        let mut news = Vec::new();
        for seen in &looks {
            news.extend(apply(&mut row, seen));
        }
        let count = |which| news.iter().filter(|one| **one == which).count();
        prop_assert_eq!((row.status, row.captured, count(News::Settled)), (Status::Succeeded, PRICE.minor, 1));
        prop_assert!(count(News::Authorised) <= 1 && count(News::Lost) <= count(News::Authorised));
    }

    #[test]
    fn every_order_of_a_cancellation_ends_as_cancelled(looks in prop::collection::vec(any_look(), 0..8)) {
        let mut row = payment();
        for seen in looks.iter().chain([&intent(IntentStatus::Canceled)]).chain(&looks) {
            apply(&mut row, seen);
        }
        prop_assert_eq!((row.status, row.captured), (Status::Cancelled, 0));
    }

    #[test]
    fn seeing_the_same_twice_changes_nothing(looks in prop::collection::vec(any_look(), 1..8)) {
        let mut row = payment();
        for seen in &looks {
            apply(&mut row, seen);
            let before = row.clone();
            prop_assert_eq!(step(&row, seen), None);
            prop_assert_eq!(&row, &before);
        }
    }

    #[test]
    fn every_order_of_a_refund_ends_in_the_furthest_state(looks in prop::collection::vec(any_refund_look(), 1..8)) {
        let mut status = refund::Status::Pending;
        for seen in &looks {
            status = refund_advance(status, *seen).unwrap_or(status);
        }
        let expected = if looks.contains(&RefundStatus::Failed) {
            refund::Status::Failed
        } else if looks.contains(&RefundStatus::Succeeded) {
            refund::Status::Succeeded
        } else {
            refund::Status::Pending
        };
        prop_assert_eq!(status, expected);
    }
}

proptest! {
    /// Any series of partial refunds, the last of all that is left: together they are what was paid.
    #[test]
    fn refunds_in_another_currency_add_up_to_what_was_paid(
        paid in 1_i64..10_000_000, worth in 1_i64..10_000_000, shares in prop::collection::vec(1_i64..1_000, 0..12),
        currency in prop::sample::select(Currency::ALL), listing in prop::sample::select(Currency::ALL),
    ) {
        let (paid, worth) = (paid * currency.step(), worth * listing.step());
        let mut payment = payment::Model {
            currency, amount: paid, captured: paid,
            listing_currency: listing, listing_amount: worth,
            ..payment()
        };
        let mut back = Vec::new();
        for of_thousand in shares.iter().copied().map(Some).chain([None]) {
            let left = left(&payment);
            let part = match of_thousand {
                Some(share) => left.worth.part(share, 1_000).unwrap(),
                None => left.worth,
            };
            let amount = share(&payment, part).unwrap();
            prop_assert!((0..=left.paid.minor).contains(&amount.minor) && amount.minor % currency.step() == 0);
            // Its share, to half a step, unless less than that or all the rest is left.
            let exact = i128::from(paid) * i128::from(part.minor);
            let off = (i128::from(amount.minor) * i128::from(worth) - exact).abs() * 2;
            let is_share = off <= i128::from(worth) * i128::from(currency.step());
            prop_assert!(is_share || amount == left.paid);
            payment.refunded += amount.minor;
            payment.listing_refunded += part.minor;
            back.push(amount.minor);
        }
        prop_assert_eq!(back.iter().sum::<i64>(), paid);
        prop_assert_eq!(left(&payment).worth.minor, 0);
    }
}

#[test]
fn nothing_is_left_of_what_never_came() {
    let left = left(&payment());
    assert_eq!((left.paid.minor, left.worth.minor), (0, 0));
}
