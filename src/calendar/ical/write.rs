//! Writing a calendar for other sites: whole days, no names. Which nights it tells of is decided elsewhere.

use std::fmt::Write;

use chrono::NaiveDate;

use super::when::next;
use crate::kernel::clock::Instant;

/// An event of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names it for good.
    pub uid: String,
    /// One of our own few words.
    pub summary: &'static str,
    /// First night.
    pub first: NaiveDate,
    /// Last night, included.
    pub last: NaiveDate,
    /// When it came to be; it must not change while the event doesn't.
    pub stamp: Instant,
}

/// The calendar as text. The same entries are the same text.
pub fn write(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut line = |content: &str| fold(&mut text, content);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//Sojourn//Calendar//EN");
    line("CALSCALE:GREGORIAN");
    for entry in entries {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}", entry.uid));
        line(&format!("DTSTAMP:{}", entry.stamp.format("%Y%m%dT%H%M%SZ")));
        line(&format!("DTSTART;VALUE=DATE:{}", entry.first.format("%Y%m%d")));
        line(&format!("DTEND;VALUE=DATE:{}", next(entry.last).format("%Y%m%d")));
        line(&format!("SUMMARY:{}", entry.summary));
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    text
}

/// A line of at most 75 bytes, the rest on lines that begin with a space. Ours are all ASCII.
fn fold(text: &mut String, content: &str) {
    let mut rest = content;
    let mut width = 75;
    while let Some((head, tail)) = rest.split_at_checked(width).filter(|(_, tail)| !tail.is_empty()) {
        // Writing to a string can't fail.
        let _ = write!(text, "{head}\r\n ");
        rest = tail;
        width = 74;
    }
    let _ = write!(text, "{rest}\r\n");
}
