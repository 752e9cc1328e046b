//! The road of one operation, from its parameters to its response, the same on every transport. No HTTP, no socket.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{
    Executor, Positioned, Request, Response, Value, Variables,
    parser::types::{OperationDefinition, OperationType, Selection},
    value,
};
use axum::http::StatusCode;
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::Value as Json;

use super::{
    code::{Code, Refusal, polish},
    cost::Cost,
    document::Document,
    door::{Allowance, Caller, Door, Observed, Transport, Who},
    form::Files,
    haste::PerEvent,
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
    /// The files that came with it.
    pub files: Files,
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
            files: Files::default(),
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
    document: Arc<Document>,
    operation_name: Option<String>,
    variables: Variables,
    files: Files,
    time: Duration,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it costs.
    pub cost: Cost,
}

impl Prepared {
    /// The operation as a request, with fresh data.
    fn request(&self, who: &Who, caller: &Arc<Caller>, allowance: Option<Allowance>) -> Request {
        let mut request = Request::new(self.document.text()).variables(self.variables.clone());
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(self.document.parsed().clone());
        request.data = (who.data)();
        request.data.insert(self.cost);
        request.data.insert(self.files.clone());
        request.data.insert(Arc::clone(caller));
        if let Some(allowance) = allowance {
            request.data.insert(allowance);
        }
        request
    }

    /// The same, and where its errors are put that stay where they happened.
    fn watched(&self, who: &Who, caller: &Arc<Caller>, allowance: Option<Allowance>) -> (Request, Setbacks) {
        let setbacks = Setbacks::default();
        (self.request(who, caller, allowance).data(setbacks.clone()), setbacks)
    }
}

/// Finds the document that is meant, here or where another server has put it.
async fn find<D: Door>(door: &D, caller: &Caller, ask: &Ask) -> Result<Arc<Document>, Refusal> {
    let documents = &door.gate().documents;
    // What the server asks itself is its own.
    if let (Transport::Inside, Some(text)) = (caller.transport, &ask.query) {
        return documents.check(text);
    }
    let new = ask.hash.as_deref().filter(|hash| !documents.knows(hash));
    match (new, &ask.query) {
        (Some(hash), None) if !door.gate().limits.trusted_only => {
            // A hash that is none is refused below.
            let text = if hash.len() == 64 { door.recall(hash).await } else { None };
            documents.find(text.as_deref(), Some(hash))
        }
        (Some(hash), Some(text)) => {
            let document = documents.find(Some(text), Some(hash))?;
            door.remember(hash, text).await;
            Ok(document)
        }
        (_, text) => documents.find(text.as_deref(), ask.hash.as_deref()),
    }
}

/// Guards the document, chooses the operation, weighs it and gives it fresh data. Runs no resolver.
pub async fn prepare<D: Door>(
    door: &D,
    who: &Who,
    caller: &Arc<Caller>,
    ask: Ask,
) -> Result<Prepared, Refusal> {
    let gate = door.gate();
    let document = find(door, caller, &ask).await?;
    let operation = &document.operation(ask.operation_name.as_deref())?.node;
    gate.inputs.check(operation, &ask.variables)?;
    let budget = if who.signed_in { gate.limits.cost_signed_in } else { gate.limits.cost_anonymous };
    let cost = Cost { requested: gate.costs.weigh(&document, operation, &ask.variables), budget };
    if cost.requested > budget {
        let message = format!("The operation costs {}, and may cost at most {budget}.", cost.requested);
        return Err(Refusal::new(Code::QueryLimitExceeded, message));
    }
    let time = time_for(operation, &gate.limits);
    let Ask { operation_name, variables, files, .. } = ask;
    let kind = operation.ty;
    Ok(Prepared { document, operation_name, variables, files, time, kind, cost })
}

/// How long the operation may run.
fn time_for(operation: &OperationDefinition, limits: &Limits) -> Duration {
    let is_patient = |selection: &Positioned<Selection>| match &selection.node {
        Selection::Field(field) => limits.patient_fields.iter().any(|name| field.node.name.node == *name),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
    };
    let patient = operation.selection_set.node.items.iter().any(is_patient);
    if patient { limits.patient_time } else { limits.execution_time }
}

/// Executes a query or a mutation, within its time. Every error of the response has its code, and a panic is one of
/// them.
pub async fn execute<D: Door>(
    door: &D,
    who: &Who,
    caller: &Arc<Caller>,
    prepared: Prepared,
) -> Result<Response, Refusal> {
    let allowance = door.allow(who.person.as_deref(), caller, prepared.cost.requested).await?;
    let execution = AssertUnwindSafe(answer(door, who, caller, &prepared, allowance)).catch_unwind();
    let begin = Instant::now();
    let mut response = match tokio::time::timeout(prepared.time, execution).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => return Err(broken(caller, "a resolver panicked")),
        Err(_late) => {
            let message = "The operation took too long.";
            let refusal = Refusal::new(Code::QueryLimitExceeded, message);
            return Err(refusal.with_status(StatusCode::SERVICE_UNAVAILABLE));
        }
    };
    polish(&mut response, &caller.request_id);
    let (code, time) = (Code::of(&response), begin.elapsed());
    door.observe(Observed { kind: Some(prepared.kind), code, time, cost: prepared.cost.requested });
    response.extensions.insert("cost".to_owned(), bill(prepared.cost, allowance));
    Ok(response)
}

/// A query is tried on the plain schema first. Only where something failed, it is asked once more with somebody who
/// watches where: it changes nothing, so it may be asked twice, and most never are.
async fn answer<D: Door>(
    door: &D,
    who: &Who,
    caller: &Arc<Caller>,
    prepared: &Prepared,
    allowance: Option<Allowance>,
) -> Response {
    if prepared.kind == OperationType::Query {
        let response = door.plain().execute(prepared.request(who, caller, allowance)).await;
        if response.errors.is_empty() {
            return response;
        }
    }
    let (request, setbacks) = prepared.watched(who, caller, allowance);
    let mut response = door.schema().execute(request).await;
    response.errors.extend(setbacks.take());
    response
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

/// Counts a refusal. It is work, too: whoever collects them is stopped at last.
pub(super) async fn turn_away<D: Door>(
    door: &D,
    person: Option<&str>,
    caller: &Caller,
    refusal: Refusal,
) -> Refusal {
    door.observe(Observed { kind: None, code: Some(refusal.code), time: Duration::ZERO, cost: 0 });
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
    let begin = Instant::now();
    door.allow(who.person.as_deref(), caller, prepared.cost.requested).await?;
    let kind = Some(prepared.kind);
    door.observe(Observed { kind, code: None, time: begin.elapsed(), cost: prepared.cost.requested });
    let caller = Arc::clone(caller);
    let (request, setbacks) = prepared.watched(who, &caller, None);
    let request = request.data(PerEvent(door.gate().limits.execution_time));
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
