//! Scalars that a frontend can rely on: one written form each, checked when it comes in. No domain rule.

use std::fmt::Display;

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, NaiveTime, SecondsFormat, Utc};

use crate::kernel::{self, clock::Instant};

fn text<V: InputType>(value: Value, read: impl FnOnce(&str) -> Result<V, String>) -> InputValueResult<V> {
    match &value {
        Value::String(text) => read(text).map_err(InputValueError::custom),
        _ => Err(InputValueError::expected_type(value)),
    }
}

/// Asked when a document is validated, whose answer names the very field; what parsing says names only the type.
fn is_one<S: ScalarType>(value: &Value) -> bool {
    S::parse(value.clone()).is_ok()
}

fn shown(value: impl Display) -> Value {
    Value::String(value.to_string())
}

/// A local date, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A local date, `YYYY-MM-DD`.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
            date.map(Self).ok_or_else(|| "a date is written YYYY-MM-DD".into())
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        shown(self.0)
    }
}

/// A local time of a day, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime(pub NaiveTime);

/// A local time of a day, `HH:MM`.
#[Scalar(name = "LocalTime", specified_by_url = "https://scalars.graphql.org/apollographql/localtime-v0.1")]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| {
            let time = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5);
            time.map(Self).ok_or_else(|| "a time is written HH:MM".into())
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        shown(self.0.format("%H:%M"))
    }
}

/// An instant, RFC 3339: `2027-03-01T15:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub Instant);

/// An instant, RFC 3339: `2027-03-01T15:00:00Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| {
            let at = chrono::DateTime::parse_from_rfc3339(text);
            at.map(|at| Self(at.with_timezone(&Utc)))
                .map_err(|_| "an instant is written as RFC 3339 says".into())
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// A decimal number as a string, never a float: `"12.50"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

/// A decimal number as a string, never a float: `"12.50"`.
#[Scalar(name = "Decimal", specified_by_url = "https://scalars.graphql.org/chillicream/decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
            let plain = |s: &str| (1..=18).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
            if plain(whole) && plain(part) {
                Ok(Self(text.to_owned()))
            } else {
                Err("a decimal is a string of digits with at most one point".into())
            }
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An ISO 4217 currency code that this market supports; see `Query.currencies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyCode(pub kernel::Currency);

/// An ISO 4217 currency code that this market supports; see `Query.currencies`.
#[Scalar(name = "CurrencyCode", specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| text.parse().map(Self).map_err(|e: kernel::money::UnknownCurrency| e.to_string()))
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        shown(self.0)
    }
}

/// An ISO 3166-1 alpha-2 country code, upper case: `PT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryCode(pub String);

/// An ISO 3166-1 alpha-2 country code, upper case: `PT`.
#[Scalar(name = "CountryCode", specified_by_url = "https://www.iso.org/iso-3166-country-codes.html")]
impl ScalarType for CountryCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| {
            let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
            if fits {
                Ok(Self(text.to_ascii_uppercase()))
            } else {
                Err("a country code has two letters".into())
            }
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An email address, compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(pub kernel::EmailAddress);

/// An email address, compared in lower case.
#[Scalar(
    name = "EmailAddress",
    specified_by_url = "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address"
)]
impl ScalarType for EmailAddress {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| text.parse().map(Self).map_err(|e: kernel::email::NotAnEmail| e.to_string()))
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        shown(&self.0)
    }
}

/// An absolute URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(pub String);

/// An absolute URL.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| url::Url::parse(text).map(|u| Self(u.into())).map_err(|e| e.to_string()))
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An IANA time zone: `Europe/Lisbon`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(pub String);

/// An IANA time zone: `Europe/Lisbon`.
#[Scalar(name = "TimeZone", specified_by_url = "https://www.iana.org/time-zones")]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| match text.parse::<chrono_tz::Tz>() {
            Ok(zone) => Ok(Self(zone.name().to_owned())),
            Err(_) => Err("there is no such time zone".into()),
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A BCP 47 language tag: `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(pub String);

/// A BCP 47 language tag: `pt-BR`.
#[Scalar(name = "Locale", specified_by_url = "https://www.rfc-editor.org/rfc/rfc5646")]
impl ScalarType for Locale {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |text| {
            let part = |p: &str| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
            let fits = text.len() <= 35
                && text.split('-').all(part)
                && text.starts_with(|c: char| c.is_ascii_alphabetic());
            if fits {
                Ok(Self(text.to_owned()))
            } else {
                Err("a locale is a language tag such as en or pt-BR".into())
            }
        })
    }

    fn is_valid(value: &Value) -> bool {
        is_one::<Self>(value)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: ScalarType>(texts: &[&str]) {
        for text in texts {
            assert!(T::parse(Value::from(*text)).is_err(), "{text}");
        }
        assert!(T::parse(Value::from(1)).is_err());
    }

    #[test]
    fn scalars_take_their_one_form() {
        refused::<Date>(&["2027-2-3", "2027-02-30", "2027-02-03T00:00:00Z", "", "99999-01-01"]);
        refused::<LocalTime>(&["24:00", "9:00", "09:00:00"]);
        refused::<DateTime>(&["2027-02-03", "yesterday"]);
        refused::<Decimal>(&["1e3", "1,5", ".5", "5.", "--1", "NaN", "1234567890123456789"]);
        refused::<CurrencyCode>(&["XXX", "euro", ""]);
        refused::<CountryCode>(&["PRT", "1A", ""]);
        refused::<TimeZone>(&["Europe/Nowhere", ""]);
        refused::<Locale>(&["-en", "en-", "1en"]);
        let date = <Date as ScalarType>::parse(Value::from("2027-02-03")).unwrap();
        assert_eq!(ScalarType::to_value(&date), Value::from("2027-02-03"));
    }
}
