//! Tests of the judgements on disputes, with plain values.

use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{BookingId, Currency, DisputeId, ListingId, PaymentId, QuoteId, RefundId, UserId},
    listings::listing::CancellationPolicy,
    payments::testing::{plain_payment, start_of_test},
    ports::stripe::{BalanceLine, DisputeStatus},
    pricing::{RatePlan, price::Price},
};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// A stay from the 4th to the 6th of March.
fn stay(status: Stay) -> booking::Model {
    let currency = Currency::EUR;
    booking::Model {
        id: BookingId::new(),
        code: "ABCDEFGHJK".to_owned(),
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
        hold_ends_at: at("2027-02-28T12:15:00Z"),
        hold_extended: false,
        by_request: false,
        requested_at: None,
        accepted_at: None,
        confirmed_at: Some(at("2027-02-28T12:05:00Z")),
        cancelled_at: None,
        idempotency_key: None,
        created_at: at("2027-02-28T12:00:00Z"),
    }
}

#[test]
fn a_dispute_can_be_opened_from_check_in_to_fourteen_days_after_check_out_to_the_second() {
    let second = TimeDelta::seconds(1);
    for status in [Stay::Confirmed, Stay::Completed] {
        let stay = stay(status);
        let end = stay.check_out_at + TimeDelta::days(14);
        assert_eq!(may_open(&stay, stay.check_in_at - second), Err(NotNow::TooEarly));
        assert_eq!(may_open(&stay, stay.check_in_at), Ok(()));
        assert_eq!(may_open(&stay, end), Ok(()));
        assert_eq!(may_open(&stay, end + second), Err(NotNow::TooLate));
    }
    for status in [Stay::PendingPayment, Stay::PendingApproval, Stay::Expired, Stay::Declined] {
        assert_eq!(may_open(&stay(status), at("2027-03-05T00:00:00Z")), Err(NotNow::NotStayed));
    }
}

#[test]
fn a_stay_that_was_called_off_can_be_argued_about_if_it_had_begun() {
    let now = at("2027-03-05T12:00:00Z");
    let called_off = |at| booking::Model { cancelled_at: Some(at), ..stay(Stay::Cancelled) };
    let check_in = stay(Stay::Cancelled).check_in_at;
    assert_eq!(may_open(&called_off(check_in), now), Ok(()));
    assert_eq!(may_open(&called_off(check_in - TimeDelta::seconds(1)), now), Err(NotNow::NotStayed));
    let never = booking::Model { confirmed_at: None, ..called_off(check_in) };
    assert_eq!(may_open(&never, now), Err(NotNow::NotStayed));
}

fn claim(status: Status) -> dispute::Model {
    let now = start_of_test();
    dispute::Model {
        id: DisputeId::new(),
        kind: Kind::Claim,
        booking_id: BookingId::new(),
        status,
        opened_by: Some(UserId::new()),
        open_key: None,
        claim: Some(dispute::Claim::NotClean),
        currency: Currency::EUR,
        amount: 10_000,
        text: "Dust".to_owned(),
        respond_by: Some(now + ANSWERED_WITHIN),
        answer: None,
        answered_at: None,
        refund: 0,
        host_bears: 0,
        platform_bears: 0,
        taxes_bear: 0,
        to_host: 0,
        decided_by: None,
        decision: None,
        payment_id: None,
        provider_id: None,
        bank_reason: None,
        paid_currency: Currency::EUR,
        paid_amount: 0,
        withdrawn: false,
        borne: false,
        fee_currency: Currency::EUR,
        fee: 0,
        problem: None,
        closed_at: None,
        created_at: now,
        updated_at: now,
    }
}

#[test]
fn the_other_side_has_72_hours_and_then_an_admin_decides() {
    let (end, second) = (start_of_test() + ANSWERED_WITHIN, TimeDelta::seconds(1));
    let open = claim(Status::Open);
    assert!(may_answer(&open, end - second) && !may_decide(&open, end - second));
    assert!(!may_answer(&open, end) && may_decide(&open, end));
    let answered = claim(Status::Answered);
    assert!(!may_answer(&answered, end - second) && may_decide(&answered, start_of_test()));
    for status in [Status::Resolved, Status::Withdrawn] {
        assert!(!may_answer(&claim(status), start_of_test()) && !may_decide(&claim(status), end));
    }
    let bank = dispute::Model { kind: Kind::Chargeback, ..open };
    assert!(!may_answer(&bank, start_of_test()) && !may_decide(&bank, end));
}

fn decision(refund: Money, borne: [i64; 3], to_host: Money) -> Decision {
    let [host, platform, taxes] = borne.map(|minor| Money::new(minor, refund.currency));
    Decision { refund, borne: Borne { host, platform, taxes }, to_host }
}

#[test]
fn a_decision_that_does_not_add_up_is_none() {
    let claimed = eur(10_000);
    let dismissed = |decision| super::dismissed(&decision, claimed);
    assert_eq!(dismissed(decision(eur(6_000), [4_000, 1_500, 500], eur(1_000))), Ok(eur(3_000)));
    assert_eq!(dismissed(decision(eur(0), [0, 0, 0], eur(0))), Ok(claimed));
    assert_eq!(dismissed(decision(eur(10_000), [10_000, 0, 0], eur(0))), Ok(eur(0)));
    for (wrong, why) in [
        (decision(eur(6_000), [4_000, 1_500, 499], eur(0)), Unfit::Split),
        (decision(eur(6_000), [7_000, -1_000, 0], eur(0)), Unfit::Split),
        (decision(eur(-1), [-1, 0, 0], eur(0)), Unfit::NotAnAmount(Part::Refund)),
        (decision(eur(0), [0, 0, 0], eur(-1)), Unfit::NotAnAmount(Part::ToHost)),
        (decision(eur(6_000), [6_000, 0, 0], eur(4_001)), Unfit::MoreThanClaimed(Part::Refund)),
        (decision(eur(i64::MAX), [i64::MAX, 0, 0], eur(i64::MAX)), Unfit::MoreThanClaimed(Part::Refund)),
        (decision(eur(0), [0, 0, 0], eur(10_001)), Unfit::MoreThanClaimed(Part::ToHost)),
        (decision(Money::new(5, Currency::USD), [5, 0, 0], eur(0)), Unfit::OtherCurrency),
        (decision(eur(0), [0, 0, 0], Money::new(5, Currency::USD)), Unfit::OtherCurrency),
    ] {
        assert_eq!(dismissed(wrong), Err(why), "{wrong:?}");
    }
    let fils = decision(Money::new(5, Currency::KWD), [5, 0, 0], Money::zero(Currency::KWD));
    assert_eq!(
        super::dismissed(&fils, Money::new(100, Currency::KWD)),
        Err(Unfit::NotAnAmount(Part::Refund))
    );
}

fn seen(amount: Money, withdrawn: i64) -> Seen {
    let line = BalanceLine {
        id: "txn_1".to_owned(),
        kind: "adjustment".to_owned(),
        source: Some("du_1".to_owned()),
        currency: amount.currency,
        amount: -withdrawn,
        fee: 1_500,
    };
    Seen {
        id: "du_1".to_owned(),
        status: DisputeStatus::Open,
        amount,
        charge: "ch_1".to_owned(),
        intent: Some("pi_1".to_owned()),
        reason: "fraudulent".to_owned(),
        lines: if withdrawn == 0 { vec![] } else { vec![line] },
    }
}

fn paid(amount: Money, worth: Money) -> payment::Model {
    payment::Model {
        captured: amount.minor,
        charge_id: Some("ch_1".to_owned()),
        ..plain_payment(amount, worth)
    }
}

#[test]
fn a_chargeback_of_another_amount_currency_or_charge_is_for_an_admin() {
    let payment = paid(eur(10_000), eur(10_000));
    for right in [seen(eur(10_000), 10_000), seen(eur(4_000), 4_000), seen(eur(10_000), 0)] {
        assert_eq!(problem(&payment, &right), None, "{right:?}");
    }
    let elsewhere = Seen { charge: "ch_2".to_owned(), ..seen(eur(10_000), 10_000) };
    for wrong in [
        seen(eur(10_001), 10_001),
        seen(eur(0), 0),
        seen(eur(-5), 0),
        seen(Money::new(10_000, Currency::USD), 10_000),
        seen(eur(10_000), 9_999),
        elsewhere,
    ] {
        assert!(problem(&payment, &wrong).is_some(), "{wrong:?}");
    }
    let unpaid = payment::Model { captured: 0, ..payment };
    assert!(problem(&unpaid, &seen(eur(10_000), 10_000)).is_some());
}

#[test]
fn a_chargeback_is_worth_its_share_at_the_kept_rate_and_all_of_it_all() {
    let payment = paid(Money::new(46_145, Currency::USD), eur(39_780));
    assert_eq!(worth(&payment, Money::new(46_145, Currency::USD)), Ok(eur(39_780)));
    assert_eq!(worth(&payment, Money::new(10_000, Currency::USD)), Ok(eur(8_621)));
}

fn waiting(amount: i64, from_escrow: i64) -> refund::Model {
    let now = start_of_test();
    refund::Model {
        id: RefundId::new(),
        payment_id: PaymentId::new(),
        status: refund::Status::Pending,
        reason: "test".to_owned(),
        currency: Currency::EUR,
        amount,
        listing_amount: amount,
        from_escrow,
        host_bears: amount - from_escrow,
        platform_bears: 0,
        taxes_bear: 0,
        asked_by: None,
        round: 0,
        provider_id: None,
        attempts: 0,
        asked_at: None,
        created_at: now,
        updated_at: now,
    }
}

#[test]
fn what_the_bank_has_taken_is_not_sent_a_second_time() {
    let covers = |amount: i64, refunds: &[refund::Model]| -> Vec<(i64, i64)> {
        let covers = super::covers(eur(amount), eur(amount), refunds);
        covers.iter().map(|cover| (cover.worth, cover.from_escrow)).collect()
    };
    let refunds = [waiting(6_000, 6_000), waiting(5_000, 2_000)];
    // All of both; all of the first and a part of the second; a part of the first.
    assert_eq!(covers(20_000, &refunds), [(6_000, 6_000), (5_000, 2_000)]);
    assert_eq!(covers(7_500, &refunds), [(6_000, 6_000), (1_500, 1_500)]);
    assert_eq!(covers(4_000, &refunds), [(4_000, 4_000), (0, 0)]);
    assert_eq!(covers(20_000, &[]), []);
    assert!(super::covers(eur(20_000), eur(20_000), &refunds)[0].is_all_of(&refunds[0]));
}

fn amounts(currency: Currency, [host, platform, taxes]: [i64; 3]) -> Borne {
    let money = |steps: i64| Money::new(steps * currency.step(), currency);
    Borne { host: money(host), platform: money(platform), taxes: money(taxes) }
}

#[test]
fn each_bears_a_share_of_what_it_has_and_the_platform_what_nobody_has() {
    let has = amounts(Currency::EUR, [32_980, 5_100, 1_700]);
    assert_eq!(bearers(eur(39_780), has), Ok(has));
    assert_eq!(bearers(eur(3_978), has), Ok(amounts(Currency::EUR, [3_298, 510, 170])));
    assert_eq!(bearers(eur(40_000), has), Ok(amounts(Currency::EUR, [32_980, 5_320, 1_700])));
    assert_eq!(bearers(eur(500), Borne::none(Currency::EUR)), Ok(Borne::by_platform(eur(500))));
}

proptest! {
    #[test]
    fn the_parts_of_any_decision_add_up_to_the_claim(
        claimed in 1_i64..10_000_000, refund in 0_i64..10_000_000, award in 0_i64..10_000_000,
        weights in (0_i64..100, 0_i64..100, 1_i64..100), currency in prop::sample::select(Currency::ALL),
    ) {
        let money = |steps: i64| Money::new(steps * currency.step(), currency);
        let borne = amounts(currency, [weights.0, weights.1, weights.2]).of_total(money(refund)).unwrap();
        let decision = Decision { refund: money(refund), borne, to_host: money(award) };
        match dismissed(&decision, money(claimed)) {
            Ok(rest) => {
                let sum = decision.refund.plus(decision.to_host).unwrap().plus(rest).unwrap();
                prop_assert_eq!(sum, money(claimed));
                prop_assert!(rest.minor >= 0 && rest.minor % currency.step() == 0);
                prop_assert_eq!(decision.borne.total().unwrap(), decision.refund);
            }
            Err(why) => {
                prop_assert!(matches!(why, Unfit::MoreThanClaimed(_)));
                prop_assert!(refund + award > claimed);
            }
        }
    }

    /// Whatever each has of a booking, and whatever is lost of it: all of it is borne, and but for the platform nobody
    /// bears more than it has.
    #[test]
    fn what_is_lost_is_borne_to_the_last_coin(
        host in 0_i64..1_000_000, platform in 0_i64..1_000_000, taxes in 0_i64..1_000_000, lost in 1_i64..4_000_000,
        currency in prop::sample::select(Currency::ALL),
    ) {
        let has = amounts(currency, [host, platform, taxes]);
        let rest = Money::new(lost * currency.step(), currency);
        let borne = bearers(rest, has).unwrap();
        prop_assert_eq!(borne.total().unwrap(), rest);
        prop_assert!(borne.is_of_parts());
        prop_assert!(borne.host.minor <= has.host.minor && borne.taxes.minor <= has.taxes.minor);
    }

    #[test]
    fn no_more_is_covered_than_was_taken_nor_than_waits(
        taken in 1_i64..100_000, waits in prop::collection::vec((1_i64..50_000, 0_i64..=100), 0..5),
    ) {
        let refunds: Vec<_> =
            waits.iter().map(|(amount, share)| waiting(*amount, amount * share / 100)).collect();
        let covers = covers(eur(taken), eur(taken), &refunds);
        prop_assert!(covers.iter().map(|cover| cover.worth).sum::<i64>() <= taken);
        for (cover, refund) in covers.iter().zip(&refunds) {
            prop_assert!(cover.worth <= refund.listing_amount && cover.paid <= refund.amount);
            prop_assert!(cover.from_escrow <= cover.worth && cover.from_escrow <= refund.from_escrow);
            prop_assert!(cover.is_all_of(refund) == (cover.paid == refund.amount));
        }
    }
}
