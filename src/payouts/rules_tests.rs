//! Tests of the judgements on payouts, with plain values.

use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{Currency, PayoutAccountId, UserId},
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
    assert_eq!(judge(None, now), Verdict::Wait);
    assert_eq!(judge(Some(&account(false, None)), now), Verdict::Wait);
    assert_eq!(judge(Some(&account(true, None)), now), Verdict::Send("acct_1".to_owned()));
    let until = now + TimeDelta::seconds(1);
    assert_eq!(judge(Some(&account(true, Some(until))), now), Verdict::HoldUntil(until));
    assert_eq!(judge(Some(&account(true, Some(until))), until), Verdict::Send("acct_1".to_owned()));
    let unmade = payout_account::Model { provider_id: None, ..account(true, None) };
    assert_eq!(judge(Some(&unmade), now), Verdict::Wait);
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
