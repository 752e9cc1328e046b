//! Events that come again (RRULE): the dates of a rule, by its own calendar arithmetic. Times of day stay as they are.
//!
//! Each period (day, week, month, year) is walked day by day, and a day belongs to it if it fits every part of the rule:
//! slower than arithmetic, and plainly right. What a feed may cost is bounded by the days that all its rules together
//! may look at.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule, as far as it can matter for nights: parts of a day are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    frequency: Frequency,
    interval: u32,
    /// At most so many.
    pub count: Option<u32>,
    /// The last value, as it was written.
    pub until: Option<String>,
    by_month: Vec<u32>,
    by_month_day: Vec<i32>,
    by_year_day: Vec<i32>,
    /// The weekday, and which of the month or of the year; 0 for each.
    by_day: Vec<(i32, Weekday)>,
    by_set_pos: Vec<i32>,
    week_start: Weekday,
}

/// What is left of the days that rules may look at.
#[derive(Debug, Clone, Copy)]
pub struct Budget(pub u32);

/// The rules look at more days than they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl Rule {
    /// Reads `FREQ=WEEKLY;BYDAY=FR;…`. `None` for what is no rule, comes more than once a day, or counts in weeks of the
    /// year.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            by_month: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_day: Vec::new(),
            by_set_pos: Vec::new(),
            week_start: Weekday::Mon,
        };
        let mut said = false;
        for (name, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            let value = value.trim().to_ascii_uppercase();
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => {
                    said = true;
                    rule.frequency = match value.as_str() {
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        "YEARLY" => Frequency::Yearly,
                        _ => return None,
                    };
                }
                "INTERVAL" => rule.interval = value.parse().ok().filter(|n| (1..=10_000).contains(n))?,
                "COUNT" => rule.count = Some(value.parse().ok().filter(|n| *n > 0)?),
                "UNTIL" => rule.until = Some(value),
                "BYMONTH" => rule.by_month = numbers(&value, 1..=12)?,
                "BYMONTHDAY" => rule.by_month_day = numbers(&value, -31..=31)?,
                "BYYEARDAY" => rule.by_year_day = numbers(&value, -366..=366)?,
                "BYSETPOS" => rule.by_set_pos = numbers(&value, -366..=366)?,
                "BYDAY" => rule.by_day = value.split(',').map(weekday).collect::<Option<_>>()?,
                "WKST" => rule.week_start = weekday(&value)?.1,
                "BYWEEKNO" => return None,
                _ => {}
            }
        }
        said.then_some(rule)
    }

    /// The dates up to `last` on which the rule falls, from `start` on, which is always the first of them.
    pub fn dates(
        &self,
        start: NaiveDate,
        last: NaiveDate,
        budget: &mut Budget,
    ) -> Result<Vec<NaiveDate>, Exhausted> {
        let most = self.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        let mut dates = vec![start];
        for n in 0.. {
            let Some((from, to)) = self.period(start, n) else { break };
            if from > last || dates.len() >= most {
                break;
            }
            let days = u32::try_from((to - from).num_days()).unwrap_or(0);
            budget.0 = budget.0.checked_sub(days).ok_or(Exhausted)?;
            let fits = from.iter_days().take_while(|day| *day < to).filter(|day| self.has(*day, start));
            let of_period = self.chosen(fits.collect());
            let rest = most - dates.len();
            dates.extend(of_period.into_iter().filter(|day| *day > start && *day <= last).take(rest));
        }
        Ok(dates)
    }

    /// The first day of the nth period, and the first that is after it.
    fn period(&self, start: NaiveDate, n: u32) -> Option<(NaiveDate, NaiveDate)> {
        let by = n.checked_mul(self.interval)?;
        match self.frequency {
            Frequency::Daily => {
                let day = start.checked_add_days(Days::new(by.into()))?;
                Some((day, day.succ_opt()?))
            }
            Frequency::Weekly => {
                let into = start.weekday().days_since(self.week_start);
                let week = start.checked_sub_days(Days::new(into.into()))?;
                let week = week.checked_add_days(Days::new(u64::from(by).checked_mul(7)?))?;
                Some((week, week.checked_add_days(Days::new(7))?))
            }
            Frequency::Monthly => {
                let month = start.with_day(1)?.checked_add_months(Months::new(by))?;
                Some((month, month.checked_add_months(Months::new(1))?))
            }
            Frequency::Yearly => {
                let year = start.year().checked_add(i32::try_from(by).ok()?)?;
                Some((
                    NaiveDate::from_ymd_opt(year, 1, 1)?,
                    NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?,
                ))
            }
        }
    }

    /// Whether a day fits every part of the rule; what the rule leaves open is as on the first day.
    fn has(&self, day: NaiveDate, start: NaiveDate) -> bool {
        let open = self.by_day.is_empty() && self.by_month_day.is_empty() && self.by_year_day.is_empty();
        let as_first = match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => day.weekday() == start.weekday(),
            Frequency::Monthly => day.day() == start.day(),
            Frequency::Yearly => {
                day.day() == start.day() && (!self.by_month.is_empty() || day.month() == start.month())
            }
        };
        let year = if day.leap_year() { 366 } else { 365 };
        (self.by_month.is_empty() || self.by_month.contains(&day.month()))
            && is_among(&self.by_month_day, day.day(), day.num_days_in_month().into())
            && is_among(&self.by_year_day, day.ordinal(), year)
            && (self.by_day.is_empty() || self.by_day.iter().any(|wanted| self.is_the(*wanted, day, year)))
            && (!open || as_first)
    }

    /// Whether a day is this weekday: any of them, or the nth of its month or its year.
    fn is_the(&self, (nth, weekday): (i32, Weekday), day: NaiveDate, year: u32) -> bool {
        let in_month = self.frequency == Frequency::Monthly || !self.by_month.is_empty();
        let (at, of) =
            if in_month { (day.day(), u32::from(day.num_days_in_month())) } else { (day.ordinal(), year) };
        let counts = matches!(self.frequency, Frequency::Monthly | Frequency::Yearly) && nth != 0;
        let from = if nth > 0 { at - 1 } else { of - at };
        day.weekday() == weekday && (!counts || from / 7 + 1 == nth.unsigned_abs())
    }

    /// Those of a period's days that BYSETPOS wants.
    fn chosen(&self, days: Vec<NaiveDate>) -> Vec<NaiveDate> {
        if self.by_set_pos.is_empty() {
            return days;
        }
        let of = u32::try_from(days.len()).unwrap_or(u32::MAX);
        let wanted = |at: &usize| is_among(&self.by_set_pos, u32::try_from(*at + 1).unwrap_or(0), of);
        (0..days.len()).filter(wanted).map(|at| days[at]).collect()
    }
}

/// Whether the `at`th of `of` is among the numbers, negative ones counted from the end; no numbers want all.
fn is_among(numbers: &[i32], at: u32, of: u32) -> bool {
    let is = |number: &i32| match number.unsigned_abs() {
        n if *number < 0 => n <= of && of - n + 1 == at,
        n => n == at,
    };
    numbers.is_empty() || numbers.iter().any(is)
}

fn numbers<N>(text: &str, range: std::ops::RangeInclusive<N>) -> Option<Vec<N>>
where
    N: std::str::FromStr + PartialOrd,
{
    text.split(',').map(|number| number.trim().parse().ok().filter(|n| range.contains(n))).collect()
}

/// `FR`, `1FR`, `-1FR`.
fn weekday(text: &str) -> Option<(i32, Weekday)> {
    let text = text.trim();
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = match name {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let nth = if nth.is_empty() { 0 } else { nth.parse().ok().filter(|n| (-53..=53).contains(n))? };
    Some((nth, weekday))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(rule: &str, start: &str, last: &str) -> Vec<String> {
        let rule = Rule::parse(rule).unwrap();
        let mut budget = Budget(100_000);
        let found = rule.dates(start.parse().unwrap(), last.parse().unwrap(), &mut budget).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rules_fall_where_the_standard_says() {
        // From the examples of RFC 5545, 3.8.5.3.
        for (rule, start, last, expected) in [
            ("FREQ=DAILY;COUNT=3", "1997-09-02", "1998-01-01", "1997-09-02 1997-09-03 1997-09-04"),
            (
                "FREQ=DAILY;INTERVAL=10;COUNT=3",
                "1997-09-02",
                "1998-01-01",
                "1997-09-02 1997-09-12 1997-09-22",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=4;BYDAY=TU,TH",
                "1997-09-02",
                "1998-01-01",
                "1997-09-02 1997-09-04 1997-09-16 1997-09-18",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
                "1997-08-05",
                "1998-01-01",
                "1997-08-05 1997-08-10 1997-08-19 1997-08-24",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
                "1997-08-05",
                "1998-01-01",
                "1997-08-05 1997-08-17 1997-08-19 1997-08-31",
            ),
            (
                "FREQ=MONTHLY;COUNT=3;BYDAY=1FR",
                "1997-09-05",
                "1998-12-01",
                "1997-09-05 1997-10-03 1997-11-07",
            ),
            (
                "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO",
                "1997-09-22",
                "1998-12-01",
                "1997-09-22 1997-10-20 1997-11-17",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "1997-12-01", "1997-09-28 1997-10-29 1997-11-28"),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
                "1998-02-13",
                "1999-01-01",
                "1998-02-13 1998-03-13 1998-11-13",
            ),
            ("FREQ=MONTHLY;COUNT=3", "2027-01-31", "2028-01-01", "2027-01-31 2027-03-31 2027-05-31"),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
                "1997-09-29",
                "1997-12-31",
                "1997-09-29 1997-10-30 1997-11-27 1997-12-30",
            ),
            ("FREQ=YEARLY;COUNT=3", "2028-02-29", "2040-01-01", "2028-02-29 2032-02-29 2036-02-29"),
            (
                "FREQ=YEARLY;BYDAY=20MO;COUNT=3",
                "1997-05-19",
                "2000-01-01",
                "1997-05-19 1998-05-18 1999-05-17",
            ),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
                "1997-03-13",
                "1998-03-07",
                "1997-03-13 1997-03-20 1997-03-27 1998-03-05",
            ),
            (
                "FREQ=YEARLY;INTERVAL=3;COUNT=3;BYYEARDAY=1",
                "1997-01-01",
                "2010-01-01",
                "1997-01-01 2000-01-01 2003-01-01",
            ),
        ] {
            assert_eq!(dates(rule, start, last).join(" "), expected, "{rule}");
        }
    }

    #[test]
    fn what_is_no_rule_for_nights_is_refused() {
        for text in [
            "",
            "COUNT=3",
            "FREQ=HOURLY",
            "FREQ=SECONDLY;COUNT=9",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;COUNT=99999999999",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=WEEKLY;BYDAY=é",
            "FREQ=YEARLY;BYWEEKNO=20",
            "FREQ=YEARLY;BYMONTH=13",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }

    #[test]
    fn rules_without_end_cost_no_more_than_they_may() {
        let (start, last) = ("0001-01-01".parse().unwrap(), "2028-01-01".parse().unwrap());
        let endless = Rule::parse("FREQ=DAILY").unwrap();
        assert_eq!(endless.dates(start, last, &mut Budget(40_000)), Err(Exhausted));
        let never = Rule::parse("FREQ=YEARLY;INTERVAL=10000;BYMONTH=2;BYMONTHDAY=30").unwrap();
        assert_eq!(never.dates(start, last, &mut Budget(40_000)), Ok(vec![start]));
    }
}
