//! Calendars as the world writes them, and as nobody should.

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::{
    nights::{Place, runs},
    read::{Event, MOST_EVENTS, NotRead, Reading, read},
    write::{Entry, write},
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn lisbon() -> Place {
    Place { zone: Tz::Europe__Lisbon, check_in: NaiveTime::from_hms_opt(15, 0, 0).unwrap() }
}

fn read_all(text: &str) -> Result<Reading, NotRead> {
    read(text.as_bytes(), lisbon(), day("2027-01-01"), day("2028-12-31"))
}

fn calendar(events: &[&str]) -> String {
    let events: String = events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nPRODID:-//Test//EN\n{events}END:VCALENDAR\n")
}

/// `first..last` of each event.
fn nights(events: &[&str]) -> Vec<String> {
    let found = read_all(&calendar(events)).unwrap();
    found.events.iter().map(|event| format!("{}..{}", event.first, event.last)).collect()
}

fn skipped(events: &[&str]) -> usize {
    read_all(&calendar(events)).unwrap().skipped
}

#[test]
fn whole_days_end_before_their_end() {
    assert_eq!(
        nights(&["DTSTART;VALUE=DATE:20270301\nDTEND;VALUE=DATE:20270304"]),
        ["2027-03-01..2027-03-03"]
    );
    assert_eq!(nights(&["DTSTART:20270301"]), ["2027-03-01..2027-03-01"]);
    assert_eq!(nights(&["DTSTART:20270301\nDTEND:20270301"]), ["2027-03-01..2027-03-01"]);
    assert_eq!(nights(&["DTSTART:20270301\nDURATION:P1W"]), ["2027-03-01..2027-03-07"]);
    assert_eq!(nights(&["DTSTART:2027-03-01\nDTEND:2027-03-02"]), ["2027-03-01..2027-03-01"]);
    let hundred_years = ["DTSTART:19800101\nDTEND:20800101"];
    assert_eq!(nights(&hundred_years), ["1980-01-01..2079-12-31"]);
}

#[test]
fn what_cannot_be_is_left_out_and_counted() {
    for event in [
        "DTSTART:20270304\nDTEND:20270301",
        "DTSTART:20270304T100000Z\nDTEND:20270304T090000Z",
        "DTSTART:20270230",
        "DTSTART:99991231\nDTEND:20270301",
        "DTSTART:00000101",
        "DTSTART:20270301T250000",
        "DTSTART:tomorrow",
        "DTSTART:20270301\nDTEND:whenever",
        "DTSTART:20270301\nDURATION:P99999999999999999999D",
        "DTSTART:20270301\nDURATION:-P2D",
        "SUMMARY:no start",
    ] {
        assert_eq!(nights(&[event, "DTSTART:20270501"]), ["2027-05-01..2027-05-01"], "{event}");
        assert_eq!(skipped(&[event, "DTSTART:20270501"]), 1, "{event}");
    }
}

#[test]
fn times_of_foreign_zones_take_the_nights_of_the_listing() {
    for (event, expected) in [
        // From check-in to check-out, in Lisbon's own time, in UTC in summer, and in Tokyo's.
        ("DTSTART:20270301T150000\nDTEND:20270303T110000", "2027-03-01..2027-03-02"),
        ("DTSTART:20270701T140000Z\nDTEND:20270703T100000Z", "2027-07-01..2027-07-02"),
        (
            "DTSTART;TZID=Asia/Tokyo:20270302T003000\nDTEND;TZID=Asia/Tokyo:20270303T190000",
            "2027-03-01..2027-03-02",
        ),
        ("DTSTART;TZID=\"Tokyo Standard Time\":20270302T003000\nDURATION:PT42H", "2027-03-01..2027-03-02"),
        // From midnight to midnight is whole days.
        ("DTSTART:20270301T000000\nDTEND:20270303T000000", "2027-03-01..2027-03-02"),
        // Whoever is there in the small hours has slept there; whoever comes by day takes that night.
        ("DTSTART:20270302T010000\nDTEND:20270302T050000", "2027-03-01..2027-03-01"),
        ("DTSTART:20270302T090000\nDTEND:20270302T120000", "2027-03-02..2027-03-02"),
        ("DTSTART:20270302T200000", "2027-03-02..2027-03-02"),
        // A time that doesn't exist, on the night of the change.
        (
            "DTSTART;TZID=Europe/Berlin:20270328T023000\nDTEND;TZID=Europe/Berlin:20270328T110000",
            "2027-03-27..2027-03-27",
        ),
    ] {
        assert_eq!(nights(&[event]), [expected], "{event}");
        assert_eq!(skipped(&[event]), 0, "{event}");
    }
    let nowhere = "DTSTART;TZID=Mars/Olympus:20270301T150000\nDTEND;TZID=Mars/Olympus:20270302T110000";
    assert_eq!((nights(&[nowhere]), skipped(&[nowhere])), (vec!["2027-03-01..2027-03-01".to_owned()], 1));
}

#[test]
fn a_calendar_may_say_what_its_zones_are_called() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Here:20270301T230000\nDTEND;TZID=Here:20270302T230000\nEND:VEVENT\n\
                BEGIN:VTIMEZONE\nTZID:Here\nX-LIC-LOCATION:America/New_York\nBEGIN:STANDARD\nTZOFFSETFROM:-0400\nEND:STANDARD\n\
                END:VTIMEZONE\nEND:VCALENDAR";
    let found = read_all(text).unwrap();
    assert_eq!(
        (found.events[0].first, found.events[0].last, found.skipped),
        (day("2027-03-01"), day("2027-03-02"), 0)
    );
}

#[test]
fn events_come_again_but_for_their_exceptions() {
    let weekly = "UID:w\nDTSTART:20270305\nDTEND:20270307\nRRULE:FREQ=WEEKLY;COUNT=4";
    assert_eq!(
        nights(&[weekly]),
        [
            "2027-03-05..2027-03-06",
            "2027-03-12..2027-03-13",
            "2027-03-19..2027-03-20",
            "2027-03-26..2027-03-27"
        ]
    );
    let without = format!("{weekly}\nEXDATE;VALUE=DATE:20270312,20270326");
    assert_eq!(nights(&[&without]), ["2027-03-05..2027-03-06", "2027-03-19..2027-03-20"]);
    let also = "DTSTART:20270305\nDTEND:20270307\nRDATE;VALUE=DATE:20270401,20270410";
    assert_eq!(
        nights(&[also]),
        ["2027-03-05..2027-03-06", "2027-04-01..2027-04-02", "2027-04-10..2027-04-11"]
    );
    let moved = "UID:w\nRECURRENCE-ID;VALUE=DATE:20270312\nDTSTART:20270315\nDTEND:20270316";
    let cancelled = "UID:w\nRECURRENCE-ID;VALUE=DATE:20270319\nDTSTART:20270319\nSTATUS:CANCELLED";
    assert_eq!(
        nights(&[moved, weekly, cancelled]),
        ["2027-03-05..2027-03-06", "2027-03-15..2027-03-15", "2027-03-26..2027-03-27"]
    );
    // The rule counts the hours of New York, over the change of its clocks; an exception may be written in UTC.
    let there = "UID:t\nDTSTART;TZID=America/New_York:20270312T180000\nDTEND;TZID=America/New_York:20270313T060000\n\
                 RRULE:FREQ=DAILY;UNTIL=20270315T220000Z\nEXDATE:20270314T220000Z";
    assert_eq!(
        nights(&[there]),
        ["2027-03-12..2027-03-12", "2027-03-13..2027-03-13", "2027-03-15..2027-03-15"]
    );
    let period = "DTSTART:20270301T160000Z\nDTEND:20270302T100000Z\nRDATE;VALUE=PERIOD:20270310T160000Z/P3D,20270320T160000Z/20270322T100000Z";
    assert_eq!(
        nights(&[period]),
        ["2027-03-01..2027-03-01", "2027-03-10..2027-03-13", "2027-03-20..2027-03-21"]
    );
    let hourly = "DTSTART:20270301\nRRULE:FREQ=HOURLY";
    assert_eq!((nights(&[hourly]), skipped(&[hourly])), (vec!["2027-03-01..2027-03-01".to_owned()], 1));
}

#[test]
fn lines_come_in_every_form() {
    let text = "\u{feff}begin:vcalendar\rPRODID:x\rBegin:VEvent\rSUMM\r ARY:Zo\\, e\rUID:1\rDTSTART;X-A=\"a;b:c\";VALUE=DATE:2027\r\t0301\r\
                BEGIN:VALARM\rDTSTART:20270501\rEND:VALARM\rthis is no line\rEND:VEVENT\rEND:VCALENDAR";
    let found = read_all(text).unwrap();
    let expected =
        Event { first: day("2027-03-01"), last: day("2027-03-01"), uid: "1".into(), summary: "Zo, e".into() };
    assert_eq!(found.events, [expected]);
    // A fold inside of a character.
    let mut bytes = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20270301\r\nSUMMARY:caf\xc3\r\n \xa9\xff\r\nEND:VEVENT\r\n".to_vec();
    bytes.extend(b"END:VCALENDAR");
    let found = read(&bytes, lisbon(), day("2027-01-01"), day("2028-01-01")).unwrap();
    assert_eq!(found.events[0].summary, "café\u{fffd}");
}

#[test]
fn what_is_no_whole_calendar_is_refused() {
    for text in [
        "",
        "\r\n\r\n",
        "<!DOCTYPE html><html>BEGIN:VCALENDAR</html>",
        "{}",
        "BEGIN:VEVENT\nEND:VEVENT",
        "\u{1f}\u{8b}\u{8}",
    ] {
        assert_eq!(read_all(text), Err(NotRead::NotACalendar), "{text:?}");
    }
    let whole = calendar(&["DTSTART:20270301\nDTEND:20270304", "DTSTART:20270401"]);
    let end = whole.find("END:VCALENDAR").unwrap() + "END:VCALENDAR".len();
    for cut in ("BEGIN:VCALENDAR".len()..end).filter(|cut| whole.is_char_boundary(*cut)) {
        assert_eq!(read_all(&whole[..cut]), Err(NotRead::CutShort), "{cut}");
    }
    assert_eq!(read_all(&format!("BEGIN:VCALENDAR\n{}", "BEGIN:A\n".repeat(200_000))), Err(NotRead::TooMany));
    let many = "BEGIN:VEVENT\nDTSTART:20270301\nEND:VEVENT\n".repeat(MOST_EVENTS + 1);
    assert_eq!(read_all(&format!("BEGIN:VCALENDAR\n{many}END:VCALENDAR")), Err(NotRead::TooMany));
    let often = vec!["DTSTART:20270101\nRRULE:FREQ=DAILY"; 20];
    assert_eq!(read_all(&calendar(&often)), Err(NotRead::TooMany));
    let ancient = vec!["DTSTART:00010101\nRRULE:FREQ=DAILY;UNTIL=20200101"; 20];
    assert_eq!(read_all(&calendar(&ancient)), Err(NotRead::TooMany));
}

#[test]
fn cancelled_events_are_gone_and_free_ones_are_not() {
    assert_eq!(nights(&["DTSTART:20270301\nSTATUS:CANCELLED"]), [] as [&str; 0]);
    assert_eq!(nights(&["DTSTART:20270301\nTRANSP:TRANSPARENT"]), ["2027-03-01..2027-03-01"]);
}

#[test]
fn runs_have_no_gap() {
    let nights = ["2027-02-28", "2027-03-01", "2027-03-03"].map(day);
    assert_eq!(runs(nights), [(nights[0], nights[1]), (nights[2], nights[2])]);
}

proptest! {
    #[test]
    fn reading_never_panics(parts in prop::collection::vec(prop_oneof![
        Just("BEGIN:VCALENDAR\r\n".to_owned()), Just("BEGIN:VEVENT\r\n".to_owned()), Just("END:VEVENT\r\n".to_owned()),
        Just("END:VCALENDAR\r\n".to_owned()), Just("BEGIN:VTIMEZONE\r\nTZID:x\r\n".to_owned()), Just("\r\n ".to_owned()),
        "(DTSTART|DTEND|RDATE|EXDATE|RECURRENCE-ID)(;TZID=[A-Z/a-z\"]{0,8}|;VALUE=[A-Z]{0,6})?:[0-9TZ,/P]{0,18}\r\n",
        "DTSTART:(0001|2027|9998|9999)(01|02|12)(01|29|31)(T235960Z?)?\r\n",
        "DURATION:[-+]?P[0-9]{0,20}[WDT]?[0-9]{0,20}[HMS]?\r\n",
        "RRULE:FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY);(INTERVAL|COUNT|BYMONTHDAY|BYSETPOS|BYYEARDAY|BYMONTH)=-?[0-9]{1,5}(;UNTIL=[0-9TZ]{8,16})?\r\n",
        "RRULE:FREQ=(MONTHLY|YEARLY|WEEKLY);BYDAY=(-?[0-9]{0,2}(MO|FR|SU|é),?){1,3}\r\n",
        "\\PC{0,30}", "[ -~]{0,20}:[ -~]{0,20}\r\n",
    ], 0..40)) {
        let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n", parts.concat());
        for text in [&text, &parts.concat()] {
            if let Ok(found) = read(text.as_bytes(), lisbon(), day("2027-01-01"), day("2028-12-31")) {
                prop_assert!(found.events.iter().all(|event| event.first <= event.last));
                prop_assert!(found.events.iter().all(|event| event.last >= day("2027-01-01")));
            }
        }
    }

    #[test]
    fn bytes_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let whole = [b"BEGIN:VCALENDAR\n".as_slice(), &bytes, b"\nEND:VCALENDAR"].concat();
        let _ = read(&whole, lisbon(), day("2027-01-01"), day("2028-12-31"));
    }

    #[test]
    fn what_we_write_is_what_we_read(ranges in prop::collection::btree_set((0_u64..600, 0_u64..30), 0..20)) {
        let entries: Vec<Entry> = ranges.iter().enumerate().map(|(n, (from, nights))| {
            let first = day("2027-01-01") + Days::new(*from);
            let uid = format!("stay-{n}@{}.sojourn", "0123456789abcdef".repeat(5));
            Entry { uid, summary: "Reserved", first, last: first + Days::new(*nights), stamp: first.and_time(NaiveTime::MIN).and_utc() }
        }).collect();
        let text = write(&entries);
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 75));
        let found = read_all(&text).unwrap();
        let ours = entries.into_iter().map(|e| Event { first: e.first, last: e.last, uid: e.uid, summary: e.summary.into() });
        let mut ours: Vec<_> = ours.collect();
        ours.sort();
        prop_assert_eq!((found.events, found.skipped), (ours, 0));
    }
}
