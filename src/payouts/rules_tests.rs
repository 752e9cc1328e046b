//! Tests of the judgements on payouts, with plain values.

use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{BookingId, Currency, PayoutAccountId, PayoutId, PayoutLegId, TransferReversalId, UserId},
    payments::testing::{plain_payment, start_of_test},
};

fn captured(amount: Money, worth: Money) -> payment::Model {
    payment::Model { captured: amount.minor, ..plain_payment(amount, worth) }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn account(can_receive: bool, held_until: Option<Instant>) -> payout_account::Model {
    payout_account::Model {
        id: PayoutAccountId::new(),
        host_id: UserId::new(),
        number: 1,
        country: "PT".to_owned(),
        provider_id: Some("acct_1".to_owned()),
        can_receive,
        submitted: can_receive,
        missing: payout_account::Missing::default(),
        disabled_reason: None,
        held_until,
        asked_at: None,
        created_at: start_of_test(),
        updated_at: start_of_test(),
    }
}

#[test]
fn money_goes_to_an_account_that_can_receive_it_and_is_not_new() {
    let now = start_of_test();
    assert_eq!(judge(&[], None, now), Verdict::Wait);
    assert_eq!(judge(&[], Some(&account(false, None)), now), Verdict::Wait);
    assert_eq!(judge(&[], Some(&account(true, None)), now), Verdict::Send("acct_1".to_owned()));
    let until = now + TimeDelta::seconds(1);
    assert_eq!(judge(&[], Some(&account(true, Some(until))), now), Verdict::HoldUntil(until));
    assert_eq!(judge(&[], Some(&account(true, Some(until))), until), Verdict::Send("acct_1".to_owned()));
    let unmade = payout_account::Model { provider_id: None, ..account(true, None) };
    assert_eq!(judge(&[], Some(&unmade), now), Verdict::Wait);
}

#[test]
fn platform_and_host_are_of_one_region() {
    assert!(is_served("IE", "PT") && is_served("US", "US") && is_served("GB", "CH"));
    assert!(!is_served("IE", "US") && !is_served("US", "CA") && !is_served("JP", "IE"));
}

#[test]
fn a_part_is_in_the_currency_that_was_paid() {
    let payment = captured(Money::new(46_145, Currency::USD), eur(39_780));
    let parts = parts(eur(32_980), std::slice::from_ref(&payment)).unwrap();
    // 461.45 × 329.80 / 397.80
    let amount = Money::new(38_257, Currency::USD);
    assert_eq!(parts, [Part { payment: payment.id, amount, worth: eur(32_980) }]);

    let unpaid = plain_payment(eur(100), eur(100));
    assert_eq!(super::parts(eur(97), &[unpaid]).unwrap(), []);
}

#[test]
fn what_is_too_little_for_a_coin_is_one_coin() {
    let won = |minor| Money::new(minor, Currency::KRW);
    let payment = captured(eur(61), won(1_000));
    assert_eq!(parts(won(5), &[payment]).unwrap()[0].amount, eur(1));
}

#[test]
fn a_payout_is_where_its_parts_are() {
    use payout_leg::Status::{Failed, Paid, Pending, Unknown};
    assert_eq!(status_of(&[Paid, Paid]), payout::Status::Paid);
    assert_eq!(status_of(&[Paid, Pending]), payout::Status::Sending);
    assert_eq!(status_of(&[Pending, Unknown]), payout::Status::Unknown);
    assert_eq!(status_of(&[Paid, Unknown, Failed]), payout::Status::Failed);
}

proptest! {
    /// Whatever was paid in however many payments, and whatever has gone back: the parts are worth the whole, and none
    /// is more than was paid.
    #[test]
    fn parts_add_up(
        paid in prop::collection::vec((1_i64..1_000_000, 1_i64..1_000_000, 0_i64..1_000_000), 1..5),
        share in 1_i64..=97, currency in prop::sample::select(Currency::ALL),
    ) {
        let payments: Vec<_> = paid.iter().map(|(amount, worth, gone)| payment::Model {
            listing_refunded: *gone.min(worth),
            ..captured(Money::new(amount * currency.step(), currency), eur(*worth))
        }).collect();
        let left: i64 = payments.iter().map(|it| payments::rules::left(it).worth.minor).sum();
        let all: i64 = payments.iter().map(|it| it.listing_amount).sum();
        let worth = eur((if left == 0 { all } else { left } * share / 100).max(1));
        let parts = parts(worth, &payments).unwrap();
        prop_assert_eq!(parts.iter().map(|part| part.worth.minor).sum::<i64>(), worth.minor);
        for part in parts {
            let of = payments.iter().find(|it| it.id == part.payment).unwrap();
            prop_assert!(part.amount.minor > 0 && part.worth.minor > 0);
            if currency == Currency::EUR {
                prop_assert_eq!(part.amount, part.worth);
            } else {
                // Half a step of rounding at most, and a coin at least.
                prop_assert!(part.amount.minor <= of.captured + currency.step());
            }
        }
    }
}

#[test]
fn who_is_argued_with_is_not_paid_whatever_the_account_is_like() {
    let now = start_of_test();
    for account in [None, Some(account(true, None)), Some(account(true, Some(now + TimeDelta::days(3))))] {
        let holds = [HeldFor::Chargeback, HeldFor::Dispute];
        assert_eq!(judge(&holds, account.as_ref(), now), Verdict::Hold(HeldFor::Chargeback));
    }
}

fn sent(amount: Money, worth: i64) -> payout_leg::Model {
    let id = PayoutLegId::new();
    payout_leg::Model {
        id,
        payout_id: PayoutId::new(),
        payment_id: PaymentId::new(),
        status: payout_leg::Status::Paid,
        destination: "acct_1".to_owned(),
        source_charge: None,
        currency: amount.currency,
        amount: amount.minor,
        worth,
        round: 0,
        provider_id: Some(format!("tr_{id}")),
        problem: None,
        attempts: 1,
        asked_at: None,
        created_at: start_of_test(),
        updated_at: start_of_test(),
    }
}

fn taken(
    leg: &payout_leg::Model,
    amount: i64,
    worth: Money,
    status: transfer_reversal::Status,
) -> transfer_reversal::Model {
    transfer_reversal::Model {
        id: TransferReversalId::new(),
        payout_id: leg.payout_id,
        leg_id: leg.id,
        booking_id: BookingId::new(),
        host_id: UserId::new(),
        status,
        currency: leg.currency,
        amount,
        listing_currency: worth.currency,
        worth: worth.minor,
        provider_id: None,
        problem: None,
        attempts: 1,
        asked_at: None,
        created_at: start_of_test(),
        updated_at: start_of_test(),
    }
}

#[test]
fn no_more_is_taken_back_than_was_sent_and_what_the_host_did_not_have_counts_for_nothing() {
    use transfer_reversal::Status::{Done, Failed, Pending};
    let leg = sent(eur(10_000), 10_000);
    let legs = [leg.clone()];
    let amounts = |owed, known: &[transfer_reversal::Model]| -> Vec<i64> {
        to_take_back(eur(owed), &legs, known).unwrap().iter().map(|part| part.amount.minor).collect()
    };
    assert_eq!(amounts(4_000, &[]), [4_000]);
    assert_eq!(amounts(40_000, &[]), [10_000]);
    assert_eq!(amounts(0, &[]), [] as [i64; 0]);
    let known = [
        taken(&leg, 4_000, eur(4_000), Done),
        taken(&leg, 5_000, eur(5_000), Pending),
        taken(&leg, 9_000, eur(9_000), Failed),
    ];
    assert_eq!(amounts(4_000, &known), [1_000]);
    let unsent = payout_leg::Model { status: payout_leg::Status::Unknown, ..leg.clone() };
    assert_eq!(to_take_back(eur(4_000), &[unsent], &[]).unwrap(), []);
}

proptest! {
    /// In whatever pieces it is taken, and in whatever currency it was sent: all of it is exactly what was sent.
    #[test]
    fn what_is_taken_back_in_pieces_is_what_was_sent(
        amount in 1_i64..10_000_000, worth in 100_i64..10_000_000, pieces in prop::collection::vec(1_i64..5_000_000, 1..6),
        currency in prop::sample::select(Currency::ALL),
    ) {
        let leg = sent(Money::new(amount * currency.step(), currency), worth);
        let legs = [leg.clone()];
        let mut known = Vec::new();
        for piece in pieces.into_iter().chain([i64::MAX / 4]) {
            for part in to_take_back(eur(piece), &legs, &known).unwrap() {
                prop_assert!(part.amount.minor > 0 && part.worth.minor > 0);
                known.push(taken(&leg, part.amount.minor, part.worth, transfer_reversal::Status::Done));
            }
            let sum: i64 = known.iter().map(|it| it.amount).sum();
            prop_assert!(sum <= leg.amount);
        }
        let sums = known.iter().fold((0, 0), |(a, w), it| (a + it.amount, w + it.worth));
        // Where pieces were so small that rounding took every coin first, the rest has none left.
        prop_assert!(sums == (leg.amount, leg.worth) || sums.0 == leg.amount);
    }
}
