//! Every rule of a calendar: what it says when it is broken, and what no calendar takes.

use chrono::{Days, NaiveDate, TimeDelta, Timelike, Weekday};
use serde_json::{Value, json};

use super::{availability, broken, change, set, weekday};
use crate::{
    both,
    support::{ListingAsk, people::in_days},
};

/// The only violation of an answer.
fn only(answer: &Value) -> Value {
    let violations = answer["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 1, "{answer:#}");
    assert_eq!(answer["isAvailable"], false);
    violations[0].clone()
}

both! {
    async fn every_broken_rule_says_what_helps_to_choose_another_stay(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let stranger = world.stranger();
        let monday = weekday(in_days(world, 30), Weekday::Mon);
        let asks = async |check_in: NaiveDate, nights: u64| availability(&stranger, &listing, check_in, nights).await;

        // Lengths: the listing's, a weekday's, a range's; the narrowest holds, each for itself.
        set(&host, &listing, json!({
            "minNights": 2, "maxNights": 20,
            "weekdayNights": [{ "weekday": "FRIDAY", "min": 3 }, { "weekday": "MONDAY", "max": 5 }],
            "rangeNights": [{ "first": monday + Days::new(15), "last": monday + Days::new(20), "min": 7 }],
        })).await;
        for (check_in, nights, code, limit) in [
            (monday + Days::new(1), 1, "MIN_NIGHTS", 2),
            (monday + Days::new(1), 21, "MAX_NIGHTS", 20),
            (monday, 6, "MAX_NIGHTS", 5),
            (monday + Days::new(4), 2, "MIN_NIGHTS", 3),
            (monday + Days::new(18), 6, "MIN_NIGHTS", 7),
            (monday + Days::new(15), 6, "MIN_NIGHTS", 7),
        ] {
            let violation = only(&asks(check_in, nights).await);
            assert_eq!((&violation["code"], &violation["limit"]), (&json!(code), &json!(limit)), "{check_in} {nights}");
        }
        assert_eq!(asks(monday + Days::new(1), 2).await["isAvailable"], true);
        assert_eq!(asks(monday + Days::new(15), 7).await["isAvailable"], true);
        // A day earlier, no range says anything.
        assert_eq!(asks(monday + Days::new(14), 3).await["isAvailable"], true);
        set(&host, &listing, json!({ "minNights": 1, "weekdayNights": [], "rangeNights": [] })).await;
        assert_eq!(asks(monday, 6).await["isAvailable"], true);

        // Closed weekdays.
        set(&host, &listing, json!({ "closedToArrival": ["SATURDAY", "SUNDAY"], "closedToDeparture": ["MONDAY"] })).await;
        let arrival = only(&asks(monday + Days::new(5), 1).await);
        assert_eq!((&arrival["code"], &arrival["weekday"]), (&json!("CLOSED_TO_ARRIVAL"), &json!("SATURDAY")));
        let departure = only(&asks(monday + Days::new(4), 3).await);
        assert_eq!((&departure["code"], &departure["weekday"]), (&json!("CLOSED_TO_DEPARTURE"), &json!("MONDAY")));
        assert_eq!(broken(&stranger, &listing, monday + Days::new(6), 1).await, ["CLOSED_TO_ARRIVAL", "CLOSED_TO_DEPARTURE"]);
        set(&host, &listing, json!({ "closedToArrival": [], "closedToDeparture": [] })).await;

        // Notice and window, in the listing's own days.
        let today = world.now().with_timezone(&chrono_tz::Europe::Lisbon).date_naive();
        for days in [1, 2, 3, 7] {
            set(&host, &listing, json!({ "noticeDays": days })).await;
            let soon = only(&asks(today, 2).await);
            assert_eq!((&soon["code"], &soon["hour"]), (&json!("ADVANCE_NOTICE"), &Value::Null));
            assert_eq!(soon["date"], json!(today + Days::new(days)));
            assert_eq!(asks(today + Days::new(days), 2).await["isAvailable"], true);
        }
        set(&host, &listing, json!({ "noticeDays": 0, "windowMonths": 2 })).await;
        let latest = today + chrono::Months::new(2);
        let far = only(&asks(latest, 1).await);
        assert_eq!((&far["code"], &far["date"]), (&json!("BOOKING_WINDOW"), &json!(latest)));
        assert_eq!(asks(latest - Days::new(1), 1).await["isAvailable"], true);

        // Everything at once.
        set(&host, &listing, json!({
            "noticeDays": 3, "minNights": 3, "closedToArrival": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
            "closedToDeparture": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
            "block": [{ "first": today + Days::new(1), "last": today + Days::new(1) }],
        })).await;
        let all = ["MIN_NIGHTS", "ADVANCE_NOTICE", "CLOSED_TO_ARRIVAL", "CLOSED_TO_DEPARTURE", "NIGHTS_TAKEN"];
        let answer = asks(today + Days::new(1), 2).await;
        assert_eq!(broken(&stranger, &listing, today + Days::new(1), 2).await, all, "{answer:#}");
        assert_eq!(answer["alternatives"], json!([]));
    }
}

both! {
    async fn the_same_day_can_be_booked_until_the_hour_on_the_clock_of_the_place(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let lisbon = chrono_tz::Europe::Lisbon;
        // Tomorrow at nine in Lisbon, wherever the server is.
        let day = world.now().with_timezone(&lisbon).date_naive() + Days::new(1);
        let at = |hour: u32| sojourn::kernel::zone::at(day, chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap(), lisbon);
        world.advance_to(at(9)).await;
        set(&host, &listing, json!({ "noticeDays": 0, "cutOffHour": 18 })).await;
        let stranger = world.stranger();
        assert_eq!(availability(&stranger, &listing, day, 2).await["isAvailable"], true);

        world.advance_to(at(18)).await;
        assert_eq!(world.now().with_timezone(&lisbon).hour(), 18);
        let late = only(&availability(&stranger, &listing, day, 2).await);
        assert_eq!((&late["code"], &late["hour"], &late["date"]), (&json!("ADVANCE_NOTICE"), &json!(18), &json!(day + Days::new(1))));
        assert_eq!(availability(&stranger, &listing, day + Days::new(1), 2).await["isAvailable"], true);
        let guest = world.guest("Gustavo").await;
        assert_eq!(guest.quote(&listing, day, 2).await["errors"][0]["code"], "NOT_AVAILABLE");

        set(&host, &listing, json!({ "cutOffHour": null })).await;
        assert_eq!(availability(&stranger, &listing, day, 2).await["isAvailable"], true);
        world.advance(TimeDelta::hours(1)).await;
    }
}

both! {
    async fn the_nearest_stays_are_found_however_far_they_are(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let stranger = world.stranger();
        let (from, to) = (in_days(world, 2), in_days(world, 200));
        set(&host, &listing, json!({ "block": [{ "first": from, "last": to }] })).await;
        let answer = availability(&stranger, &listing, in_days(world, 60), 3).await;
        let stays: Vec<NaiveDate> = answer["alternatives"].as_array().unwrap().iter()
            .map(|stay| stay["checkIn"].as_str().unwrap().parse().unwrap())
            .collect();
        assert_eq!(stays, [to + Days::new(1), to + Days::new(2), to + Days::new(3)]);
        for check_in in stays {
            assert_eq!(availability(&stranger, &listing, check_in, 3).await["isAvailable"], true);
        }
    }
}

both! {
    async fn rules_that_cannot_be_are_refused_by_name_and_change_nothing(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        set(&host, &listing, json!({ "minNights": 2, "maxNights": 10 })).await;
        let day = |n: u64| in_days(world, n);
        let range = |first: u64, last: u64, min: i32| json!({ "first": day(first), "last": day(last), "min": min });
        let friday = |min: Value, max: Value| json!({ "weekday": "FRIDAY", "min": min, "max": max });
        let many: Vec<Value> = (0..101).map(|n| range(n * 2, n * 2, 3)).collect();
        for (what, code, field) in [
            (json!({ "rangeNights": [range(10, 20, 3), range(20, 30, 3)] }), "OVERLAPPING_RANGES", "rangeNights"),
            (json!({ "rangeNights": [range(10, 30, 3), range(15, 16, 3)] }), "OVERLAPPING_RANGES", "rangeNights"),
            (json!({ "rangeNights": [range(10, 20, 3), range(10, 20, 3)] }), "OVERLAPPING_RANGES", "rangeNights"),
            (json!({ "rangeNights": [range(20, 10, 3)] }), "INVALID_RANGE", "rangeNights"),
            (json!({ "rangeNights": many }), "INVALID_RANGE", "rangeNights"),
            (json!({ "rangeNights": [range(10, 20, 0)] }), "OUT_OF_RANGE", "rangeNights"),
            (json!({ "rangeNights": [range(10, 20, 366)] }), "OUT_OF_RANGE", "rangeNights"),
            (json!({ "rangeNights": [range(10, 20, 11)] }), "OUT_OF_RANGE", "rangeNights"),
            (json!({ "rangeNights": [{ "first": day(10), "last": day(20) }] }), "NO_LIMIT", "rangeNights"),
            (json!({ "weekdayNights": [friday(json!(3), Value::Null), friday(json!(4), Value::Null)] }), "WEEKDAY_TWICE", "weekdayNights"),
            (json!({ "weekdayNights": [friday(json!(0), Value::Null)] }), "OUT_OF_RANGE", "weekdayNights"),
            (json!({ "weekdayNights": [friday(json!(5), json!(4))] }), "OUT_OF_RANGE", "weekdayNights"),
            (json!({ "weekdayNights": [friday(Value::Null, json!(1))] }), "OUT_OF_RANGE", "weekdayNights"),
            (json!({ "weekdayNights": [friday(Value::Null, Value::Null)] }), "NO_LIMIT", "weekdayNights"),
            // No stay could begin on a Friday within the range: at least 8 nights by the range, at most 7 by the weekday.
            (json!({ "rangeNights": [range(10, 20, 8)], "weekdayNights": [friday(Value::Null, json!(7))] }), "OUT_OF_RANGE", "rangeNights"),
            (json!({ "cutOffHour": 24 }), "OUT_OF_RANGE", "cutOffHour"),
            (json!({ "cutOffHour": 0 }), "OUT_OF_RANGE", "cutOffHour"),
            (json!({ "cutOffHour": -1 }), "OUT_OF_RANGE", "cutOffHour"),
            (json!({ "windowMonths": 0 }), "OUT_OF_RANGE", "windowMonths"),
            (json!({ "windowMonths": 25 }), "OUT_OF_RANGE", "windowMonths"),
            (json!({ "preparationBefore": 3 }), "OUT_OF_RANGE", "preparationBefore"),
            (json!({ "preparationAfter": -1 }), "OUT_OF_RANGE", "preparationAfter"),
        ] {
            let payload = change(&host, &listing, what.clone()).await;
            assert_eq!(payload["rules"], Value::Null, "{what}");
            assert_eq!(payload["errors"][0]["code"], code, "{what}");
            assert_eq!(payload["errors"][0]["path"].as_array().unwrap().last().unwrap(), field, "{what}");
        }
        let rules = host.get(
            "query($id: ID!) { listing(by: { id: $id }) { calendarRules { minNights maxNights noticeDays cutOffHour windowMonths
               preparationBefore preparationAfter closedToArrival closedToDeparture weekdayNights { weekday min max }
               rangeNights { first last min max } } } }",
            json!({ "id": listing }),
        ).await;
        assert_eq!(rules["calendarRules"], json!({
            "minNights": 2, "maxNights": 10, "noticeDays": 0, "cutOffHour": null, "windowMonths": 12,
            "preparationBefore": 0, "preparationAfter": 0, "closedToArrival": [], "closedToDeparture": [],
            "weekdayNights": [], "rangeNights": [],
        }));
    }
}
