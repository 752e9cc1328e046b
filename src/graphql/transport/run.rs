//! The road of one operation, from its parameters to its response, the same on every transport. No HTTP, no socket.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{Executor, Request, Response, Value, Variables, parser::types::OperationType, value};
use axum::http::StatusCode;
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::Value as Json;

use super::{
    code::{Code, Refusal, polish},
    cost::Cost,
    door::{Allowance, Caller, Door, Gate, Who},
    limits::Limits,
    nulls::Setbacks,
};

/// What a refused operation costs.
const REFUSED: u64 = 1;

/// What a client asks for, as it came in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// The document.
    pub query: Option<String>,
    /// The SHA-256 of the document, in hexadecimal, in place of it or to register it.
    pub hash: Option<String>,
    /// Which operation of the document.
    pub operation_name: Option<String>,
    /// Its variables.
    pub variables: Variables,
}

impl Ask {
    /// Reads the parameters of GraphQL over HTTP; a wrong type is malformed, `null` is absent.
    pub fn from_json(json: Json, limits: &Limits) -> Result<Self, Refusal> {
        let mut fields = match json {
            Json::Object(fields) => fields,
            Json::Array(_) => return Err(Refusal::malformed("Batches are not accepted.")),
            _ => return Err(Refusal::malformed("The request must be a JSON object.")),
        };
        let mut text = |name: &str| match fields.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::malformed(format!("{name} must be a string."))),
        };
        let (query, operation_name) = (text("query")?, text("operationName")?);
        Ok(Self {
            query,
            operation_name: operation_name.filter(|name| !name.is_empty()),
            variables: variables(fields.remove("variables"), limits)?,
            hash: persisted(fields.remove("extensions"))?,
        })
    }

    /// Reads a query string; `variables` and `extensions` are JSON in it.
    pub fn from_query_string(text: &str, limits: &Limits) -> Result<Self, Refusal> {
        let mut fields = serde_json::Map::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let value = match name.as_ref() {
                "variables" | "extensions" if value.is_empty() => Json::Null,
                "variables" | "extensions" => serde_json::from_str(&value)
                    .map_err(|_| Refusal::malformed(format!("{name} must be JSON.")))?,
                _ => Json::String(value.into_owned()),
            };
            fields.insert(name.into_owned(), value);
        }
        Self::from_json(Json::Object(fields), limits)
    }
}

fn variables(json: Option<Json>, limits: &Limits) -> Result<Variables, Refusal> {
    let json = match json {
        None | Some(Json::Null) => return Ok(Variables::default()),
        Some(json @ Json::Object(_)) => json,
        Some(_) => return Err(Refusal::malformed("variables must be an object.")),
    };
    if json.to_string().len() > limits.variables_bytes {
        let message = format!("The variables may have at most {} bytes.", limits.variables_bytes);
        return Err(Refusal::new(Code::PayloadTooLarge, message));
    }
    if let Some(place) = overlong(&json, limits.list_items) {
        let message = format!("\"${place}\" may have at most {} items.", limits.list_items);
        return Err(Refusal::new(Code::BadUserInput, message));
    }
    serde_json::from_value(json).map_err(|_| Refusal::malformed("The variables can't be read."))
}

/// Where a list is that has more than `most` items.
fn overlong(json: &Json, most: usize) -> Option<String> {
    let within = |step: &str, json: &Json| {
        let below = overlong(json, most)?;
        Some(if below.is_empty() { step.to_owned() } else { format!("{step}.{below}") })
    };
    match json {
        Json::Array(items) if items.len() > most => Some(String::new()),
        Json::Array(items) => items.iter().enumerate().find_map(|(at, item)| within(&at.to_string(), item)),
        Json::Object(fields) => fields.iter().find_map(|(name, json)| within(name, json)),
        _ => None,
    }
}

fn persisted(extensions: Option<Json>) -> Result<Option<String>, Refusal> {
    let mut extensions = match extensions {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Object(extensions)) => extensions,
        Some(_) => return Err(Refusal::malformed("extensions must be an object.")),
    };
    match extensions.remove("persistedQuery") {
        None | Some(Json::Null) => Ok(None),
        Some(persisted) => match (&persisted["version"], &persisted["sha256Hash"]) {
            (Json::Number(version), Json::String(hash)) if version.as_u64() == Some(1) => {
                Ok(Some(hash.clone()))
            }
            _ => Err(Refusal::malformed("persistedQuery must have version 1 and a sha256Hash.")),
        },
    }
}

/// An operation that passed the guard and fits its budget.
pub struct Prepared {
    request: Request,
    setbacks: Setbacks,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it costs.
    pub cost: Cost,
}

/// Guards the document, chooses the operation, weighs it and gives it fresh data. Runs no resolver.
pub fn prepare(gate: &Gate, who: &Who, caller: &Arc<Caller>, ask: Ask) -> Result<Prepared, Refusal> {
    let document = gate.documents.find(ask.query.as_deref(), ask.hash.as_deref())?;
    let operation = &document.operation(ask.operation_name.as_deref())?.node;
    gate.inputs.check(operation, &ask.variables)?;
    let budget = if who.signed_in { gate.limits.cost_signed_in } else { gate.limits.cost_anonymous };
    let cost = Cost { requested: gate.costs.weigh(&document, operation, &ask.variables), budget };
    if cost.requested > budget {
        let message = format!("The operation costs {}, and may cost at most {budget}.", cost.requested);
        return Err(Refusal::new(Code::QueryLimitExceeded, message));
    }
    let mut request = Request::new(document.text()).variables(ask.variables);
    request.operation_name = ask.operation_name;
    request.set_parsed_query(document.parsed().clone());
    request.data = (who.data)();
    request.data.insert(cost);
    request.data.insert(Arc::clone(caller));
    let setbacks = Setbacks::default();
    request.data.insert(setbacks.clone());
    Ok(Prepared { request, setbacks, kind: operation.ty, cost })
}

/// Executes a query or a mutation, within its time. Every error of the response has its code, and a panic is one of
/// them.
pub async fn execute<D: Door>(
    door: &D,
    who: &Who,
    caller: &Caller,
    prepared: Prepared,
) -> Result<Response, Refusal> {
    let Prepared { mut request, setbacks, cost, .. } = prepared;
    let allowance = door.allow(who.person.as_deref(), caller, cost.requested).await?;
    if let Some(allowance) = allowance {
        request.data.insert(allowance);
    }
    let execution = AssertUnwindSafe(door.schema().execute(request)).catch_unwind();
    let limit = door.gate().limits.execution_time;
    let mut response = match tokio::time::timeout(limit, execution).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => return Err(broken(caller, "a resolver panicked")),
        Err(_late) => {
            let message = "The operation took too long.";
            let refusal = Refusal::new(Code::QueryLimitExceeded, message);
            return Err(refusal.with_status(StatusCode::SERVICE_UNAVAILABLE));
        }
    };
    response.errors.extend(setbacks.take());
    polish(&mut response, &caller.request_id);
    response.extensions.insert("cost".to_owned(), bill(cost, allowance));
    Ok(response)
}

/// What the client is told about its spending, with each answer.
fn bill(cost: Cost, allowance: Option<Allowance>) -> Value {
    let (requested, budget) = (cost.requested, cost.budget);
    match allowance {
        None => value!({ "requested": requested, "budget": budget }),
        Some(Allowance { left, per_minute }) => {
            value!({ "requested": requested, "budget": budget, "left": left, "perMinute": per_minute })
        }
    }
}

/// A refusal is work, too: whoever collects them is stopped at last.
pub(super) async fn charge<D: Door>(
    door: &D,
    person: Option<&str>,
    caller: &Caller,
    refusal: Refusal,
) -> Refusal {
    if refusal.code == Code::RateLimited {
        return refusal;
    }
    door.allow(person, caller, REFUSED).await.err().unwrap_or(refusal)
}

/// Executes an operation of any kind as a stream of responses: many for a subscription, one for the others.
pub async fn stream<D: Door>(
    door: &D,
    who: &Who,
    caller: &Arc<Caller>,
    prepared: Prepared,
) -> Result<impl Stream<Item = Response> + Send + 'static + use<D>, Refusal> {
    if prepared.kind != OperationType::Subscription {
        let response = execute(door, who, caller, prepared).await?;
        return Ok(futures_util::stream::iter([response]).left_stream());
    }
    door.allow(who.person.as_deref(), caller, prepared.cost.requested).await?;
    let caller = Arc::clone(caller);
    let Prepared { request, setbacks, .. } = prepared;
    let events = AssertUnwindSafe(door.schema().execute_stream(request, None)).catch_unwind();
    let events = events.map(move |event| match event {
        Ok(mut response) => {
            response.errors.extend(setbacks.take());
            polish(&mut response, &caller.request_id);
            response
        }
        Err(_panic) => broken(&caller, "a subscription panicked").into_response(&caller.request_id),
    });
    Ok(events.right_stream())
}

fn broken(caller: &Caller, what: &str) -> Refusal {
    tracing::error!(request_id = caller.request_id, "{what}");
    let message = "Something failed on our side. Please quote the request's id if you ask us about it.";
    Refusal::new(Code::Internal, message).with_status(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Json) -> Result<Ask, Code> {
        Ask::from_json(json, &Limits::default()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn parameters_have_their_types() {
        assert_eq!(read(json!({"query": null, "variables": null, "operationName": ""})), Ok(Ask::default()));
        for wrong in [
            json!([]),
            json!([{"query": "{a}"}]),
            json!("{a}"),
            json!({"query": 1}),
            json!({"operationName": {}}),
            json!({"variables": []}),
            json!({"extensions": "x"}),
            json!({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "00"}}}),
            json!({"extensions": {"persistedQuery": "x"}}),
            json!({"variables": {"a": {"b": vec![1; 251]}}}),
        ] {
            assert_eq!(read(wrong.clone()), Err(Code::BadUserInput), "{wrong}");
        }
        assert_eq!(read(json!({"variables": {"a": "x".repeat(256 * 1024)}})), Err(Code::PayloadTooLarge));
        let hash = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}});
        assert_eq!(read(hash).unwrap().hash.as_deref(), Some("00"));
    }

    #[test]
    fn a_query_string_says_the_same() {
        let limits = Limits::default();
        let text = "query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=A&extensions=";
        let ask = Ask::from_query_string(text, &limits).unwrap();
        let same = json!({"query": "{a}", "variables": {"x": 1}, "operationName": "A"});
        assert_eq!(ask, read(same).unwrap());
        assert!(Ask::from_query_string("variables=%7B", &limits).is_err());
    }
}
