//! How the emulator refuses: Stripe's error bodies and statuses. No decision of when to refuse is made here.

use serde_json::{Map, Value, json};

use super::idempotency::Answer;

/// A refusal in Stripe's form.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    extras: Map<String, Value>,
    /// Whether the answer is kept under the idempotency key: Stripe does so once it has begun to act, and not for what
    /// it turned away at the door.
    pub kept: bool,
}

impl ApiError {
    fn new(status: u16, kind: &'static str, code: Option<&'static str>, message: String) -> Self {
        Self { status, kind, code, message, extras: Map::new(), kept: false }
    }

    /// The same with one more field in the error.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extras.insert(name.to_owned(), value.into());
        self
    }

    /// The same, to be given again to the same key.
    pub fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// 400: a parameter is wrong.
    pub fn parameter(param: &str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", code, message.into()).with("param", param)
    }

    /// 400: the state of the object does not allow it.
    pub fn state(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", Some(code), message.into()).kept()
    }

    /// 400: it can't be, and there is no code for why.
    pub fn refused(message: &str) -> Self {
        Self::new(400, "invalid_request_error", None, message.to_owned()).kept()
    }

    /// 404: there is no such object.
    pub fn missing(noun: &str, id: &str) -> Self {
        let message = format!("No such {noun}: '{id}'");
        Self::new(404, "invalid_request_error", Some("resource_missing"), message).with("param", "id")
    }

    /// 401: no key, or a wrong one.
    pub fn unauthorised(message: &str) -> Self {
        Self::new(401, "invalid_request_error", None, message.to_owned())
    }

    /// 404: there is no such address.
    pub fn no_such_address(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(404, "invalid_request_error", None, message)
    }

    /// 402: the card was declined.
    pub fn card(code: &'static str, message: &str) -> Self {
        Self::new(402, "card_error", Some(code), message.to_owned()).kept()
    }

    /// 400: the key was used with other parameters.
    pub fn key_conflict(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
             using a key other than '{key}' if you meant to execute a different request."
        );
        Self::new(400, "idempotency_error", None, message)
    }

    /// 409: another request with this key is under way.
    pub fn key_in_use(key: &str) -> Self {
        let message =
            format!("There is currently another in-progress request using this Idempotent Key ({key}).");
        Self::new(409, "idempotency_error", Some("idempotency_key_in_use"), message)
    }

    /// 500: the emulator's own failure, real or asked for by a switch.
    pub fn broken() -> Self {
        Self::new(500, "api_error", None, "An unknown error occurred.".to_owned())
    }

    /// The answer on the wire.
    pub fn answer(self) -> Answer {
        let mut error = self.extras;
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
            error.insert("doc_url".to_owned(), json!(format!("https://stripe.com/docs/error-codes/{code}")));
        }
        Answer { status: self.status, body: json!({ "error": error }) }
    }
}
