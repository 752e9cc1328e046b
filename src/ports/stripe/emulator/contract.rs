//! Whether what the emulator says is what Stripe could say: every answer, refusal and event is read with the types that
//! Stripe's library has of it, made from Stripe's own description, and written again. In debug builds only; nothing here
//! changes an answer.

use std::{cell::RefCell, fmt::Debug, sync::LazyLock};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use stripe_shared as lib;
use tracing::{Dispatch, Event, Subscriber, dispatcher, field::Field, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    layer::{self, SubscriberExt},
};

/// What of an answer or refusal is not Stripe's.
pub fn of_answer(body: &Value) -> Vec<String> {
    match body.get("error") {
        Some(error) => misfits::<lib::ApiErrors>("error", error),
        None => of_object("", body),
    }
}

/// What of an event is not Stripe's.
pub fn of_event(body: &Value) -> Vec<String> {
    let kind = body["type"].as_str().unwrap_or_default();
    let known = !matches!(kind.parse(), Ok(lib::event::EventType::Unknown(_)));
    let mut found = if known { vec![] } else { vec![format!("{kind} is no type of event")] };
    found.extend(of_object(kind, &body["data"]["object"]));
    found
}

fn of_object(place: &str, object: &Value) -> Vec<String> {
    let noun = object["object"].as_str().unwrap_or_default();
    let place = if place.is_empty() { noun } else { place };
    match noun {
        "account" => misfits::<lib::Account>(place, object),
        "account_link" => missing(place, object, &["object", "created", "expires_at", "url"]),
        "balance_transaction" => misfits::<lib::BalanceTransaction>(place, object),
        "charge" => misfits::<lib::Charge>(place, object),
        "dispute" => misfits::<lib::Dispute>(place, object),
        "payment_intent" => misfits::<lib::PaymentIntent>(place, object),
        "refund" => misfits::<lib::Refund>(place, object),
        "transfer" => misfits::<lib::Transfer>(place, object),
        "transfer_reversal" => misfits::<lib::TransferReversal>(place, object),
        "list" => {
            let mut found = missing(place, object, &["object", "data", "has_more", "url"]);
            let items = object["data"].as_array().into_iter().flatten();
            found.extend(items.flat_map(|item| of_object("", item)));
            found
        }
        _ => vec![format!("{place}: {noun:?} is no object that is known here")],
    }
}

/// The names of an object whose type can't be written again: all of them, and no other.
fn missing(place: &str, object: &Value, names: &[&str]) -> Vec<String> {
    let has = |name: &str| object.get(name).is_some();
    let lacks = names.iter().filter(|name| !has(name)).map(|name| format!("{place}.{name} is missing"));
    let others = object.as_object().into_iter().flatten().filter(|(name, _)| !names.contains(&name.as_str()));
    lacks.chain(others.map(|(name, _)| format!("{place}.{name} is not Stripe's"))).collect()
}

/// Reads an object as the library does, which fails where something is missing; writes it again, which loses what the
/// type does not have; and hears what the library warns of, which is each word that a type does not know.
fn misfits<T: DeserializeOwned + Serialize>(place: &str, object: &Value) -> Vec<String> {
    let read = dispatcher::with_default(&EAR, || serde_json::from_value::<T>(object.clone()));
    let mut found: Vec<String> = WARNINGS.take().into_iter().map(|it| format!("{place}: {it}")).collect();
    let read = match read {
        Ok(read) => read,
        Err(error) => return vec![format!("{place}: {error}")],
    };
    match serde_json::to_value(&read) {
        Ok(written) => compare(place, object, &written, &mut found),
        Err(error) => found.push(format!("{place}: {error}")),
    }
    found
}

/// Words that Stripe says although its own description does not have them.
const UNDOCUMENTED: [&str; 1] = ["insufficient_capabilities_for_transfer"];

thread_local! {
    /// What the library has warned of while this thread read.
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Hears the library's warnings; one for all, since each new listener makes everybody's logging be judged anew.
static EAR: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::registry().with(LevelFilter::WARN).with(Ear)));

struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        event.record(&mut |field: &Field, value: &dyn Debug| {
            let warning = format!("{value:?}");
            if field.name() == "message" && !UNDOCUMENTED.iter().any(|word| warning.contains(word)) {
                WARNINGS.with_borrow_mut(|warnings| warnings.push(warning));
            }
        });
    }
}

/// What was said and is not there any more, or not the same.
fn compare(place: &str, said: &Value, written: &Value, found: &mut Vec<String>) {
    match (said, written) {
        (Value::Object(said), Value::Object(written)) => {
            for (name, value) in said {
                let place = format!("{place}.{name}");
                match written.get(name) {
                    Some(written) => compare(&place, value, written, found),
                    // What kind of object it is, the type itself says.
                    None if name == "object" => {}
                    None => found.push(format!("{place} is not Stripe's")),
                }
            }
        }
        (Value::Array(said), Value::Array(written)) if said.len() == written.len() => {
            for (said, written) in said.iter().zip(written) {
                compare(place, said, written, found);
            }
        }
        _ if said == written => {}
        _ => found.push(format!("{place}: {said} is read as {written}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link() -> Value {
        json!({ "object": "account_link", "created": 1, "expires_at": 2, "url": "http://x.test" })
    }

    #[test]
    fn what_is_not_stripes_is_found() {
        let reversal = json!({
            "id": "trr_1", "object": "transfer_reversal", "amount": 1, "balance_transaction": "txn_1", "created": 1,
            "currency": "eur", "destination_payment_refund": null, "metadata": {}, "source_refund": null,
            "transfer": "tr_1",
        });
        assert_eq!(of_answer(&reversal), [] as [String; 0]);
        assert_eq!(of_answer(&link()), [] as [String; 0]);
        let changed = |name: &str, value: Value| {
            let mut changed = reversal.clone();
            changed[name] = value;
            of_answer(&changed)
        };
        assert_eq!(changed("colour", Value::Null), ["transfer_reversal.colour is not Stripe's"]);
        assert_eq!(changed("amount", json!("1")).len(), 1);
        let mut short = reversal.clone();
        short.as_object_mut().unwrap().remove("transfer");
        assert!(of_answer(&short)[0].contains("transfer"), "{:?}", of_answer(&short));
        let list = json!({ "object": "list", "data": [short, reversal], "has_more": false, "url": "/" });
        assert_eq!(of_answer(&list).len(), 1);
        let refusal = json!({ "error": { "type": "invalid_request_error", "code": "no_such_code" } });
        assert_eq!(of_answer(&refusal), ["error: Unknown value 'no_such_code' for enum 'ApiErrorsCode'"]);
        let event = json!({ "type": "transfer.vanished", "data": { "object": link() } });
        assert_eq!(of_event(&event), ["transfer.vanished is no type of event"]);
    }
}
