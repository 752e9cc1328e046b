//! The example operations: the road from the search to the cancelled stay, one file each beside this one.
//! No request is made here; `tests/it/server/examples.rs` plays them in their order.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// One example: a tab of GraphiQL.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Example {
    /// What it shows, in a word or two.
    pub title: String,
    /// The document, with one named operation.
    pub query: String,
    /// Its variables, a JSON object.
    pub variables: Value,
}

/// What the examples are about, so that they can be run as they stand.
#[derive(Clone, Debug)]
pub struct Occasion {
    /// The global id of a published listing; empty where there is none yet.
    pub listing: String,
    /// The first night, some weeks ahead.
    pub check_in: NaiveDate,
    /// The day of leaving, after `check_in`.
    pub check_out: NaiveDate,
    /// The server's time.
    pub now: DateTime<Utc>,
}

/// A title, a document, and its variables: JSON with `<listing>`, `<check-in>`, `<check-out>`, `<in-an-hour>` and
/// `<new-key>` where the occasion is to be filled in, and `<paste …>` where the reader is to.
type Draft = (&'static str, &'static str, &'static str);

macro_rules! draft {
    ($title:literal, $name:literal) => {
        (
            $title,
            include_str!(concat!("examples/", $name, ".graphql")),
            include_str!(concat!("examples/", $name, ".json")),
        )
    };
}

const DRAFTS: [Draft; 14] = [
    draft!("Search", "search"),
    draft!("Listing", "listing"),
    draft!("Quote", "quote"),
    draft!("Book", "book"),
    draft!("Pay", "pay"),
    draft!("Live notifications", "notifications"),
    draft!("My trips", "trips"),
    draft!("Cancel: preview", "cancel_preview"),
    draft!("Cancel", "cancel"),
    draft!("Hosting", "hosting"),
    draft!("Advance the clock", "advance_clock"),
    draft!("Sign up", "sign_up"),
    draft!("Verify the address", "verify_email"),
    draft!("Sign in", "sign_in"),
];

/// The examples in the order of the road, filled in for this occasion.
pub fn examples(occasion: &Occasion) -> Vec<Example> {
    let in_an_hour = (occasion.now + TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let fill = |text: &str| -> String {
        text.replace("<listing>", &occasion.listing)
            .replace("<check-in>", &occasion.check_in.to_string())
            .replace("<check-out>", &occasion.check_out.to_string())
            .replace("<in-an-hour>", &in_an_hour)
            .replace("<new-key>", &Uuid::now_v7().to_string())
    };
    let example = |(title, query, variables): Draft| {
        let variables = serde_json::from_str(variables).unwrap_or_default();
        Example { title: title.to_owned(), query: query.to_owned(), variables: each_text(variables, &fill) }
    };
    DRAFTS.into_iter().map(example).collect()
}

/// `value` with `change` applied to every string in it, so that no filled-in text can break out of its quotes.
fn each_text(value: Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => items.into_iter().map(|item| each_text(item, change)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, field)| (name, each_text(field, change))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_one_named_operation_with_an_object_of_variables() {
        let day = |day| NaiveDate::from_ymd_opt(2031, 5, day).unwrap();
        let occasion = Occasion {
            listing: "a\"b".to_owned(),
            check_in: day(1),
            check_out: day(4),
            now: DateTime::UNIX_EPOCH,
        };
        for Example { title, query, variables } in examples(&occasion) {
            let document =
                async_graphql::parser::parse_query(&query).unwrap_or_else(|e| panic!("{title}: {e}"));
            assert_eq!(document.operations.iter().count(), 1, "{title}");
            assert!(document.operations.iter().all(|(name, _)| name.is_some()), "{title}");
            assert!(variables.is_object(), "{title}");
            let text = variables.to_string();
            let marks = text.split('<').skip(1).filter(|rest| !rest.starts_with("paste "));
            assert_eq!(marks.collect::<Vec<_>>(), Vec::<&str>::new(), "{title}: marks that nobody fills in");
        }
        let quote = &examples(&occasion)[2];
        assert_eq!(quote.variables["input"]["listingId"], "a\"b");
        assert_eq!(quote.variables["input"]["stay"]["checkIn"], "2031-05-01");
        assert_eq!(examples(&occasion)[10].variables["input"]["to"], "1970-01-01T01:00:00Z");
    }
}
