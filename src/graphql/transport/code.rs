//! The stable codes of errors, and the last look at every error before it leaves. Nothing about one transport.

use std::time::Duration;

use async_graphql::{Error, ErrorExtensionValues, Pos, Response, ServerError, Value};
use axum::http::StatusCode;
use uuid::Uuid;

/// What clients find in `extensions.code`: they may rely on these, never on messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// There is no valid session where one is needed.
    Unauthenticated,
    /// The session is valid and may not do this.
    Forbidden,
    /// There is no such thing, or it belongs to somebody else.
    NotFound,
    /// The request or an input is malformed.
    BadUserInput,
    /// The state of things doesn't allow it any more.
    Conflict,
    /// Too often: try again later.
    RateLimited,
    /// The document asks for more than a request may.
    QueryLimitExceeded,
    /// Too many bytes.
    PayloadTooLarge,
    /// The request could have been sent by somebody else's page.
    CsrfPrevention,
    /// The document isn't GraphQL.
    ParseFailed,
    /// The document doesn't fit the schema.
    ValidationFailed,
    /// The hash is unknown: send the document too.
    PersistedQueryNotFound,
    /// Our fault; the log has the cause under the error's `reference`.
    Internal,
}

impl Code {
    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueryLimitExceeded => "QUERY_LIMIT_EXCEEDED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::CsrfPrevention => "CSRF_PREVENTION",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }

    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::BadUserInput,
        Self::Conflict,
        Self::RateLimited,
        Self::QueryLimitExceeded,
        Self::PayloadTooLarge,
        Self::CsrfPrevention,
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::PersistedQueryNotFound,
        Self::Internal,
    ];

    /// The code of a response's first error; what isn't one of ours counts as our fault.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let error = response.errors.first()?;
        let code = error.extensions.as_ref().and_then(|values| values.get("code"));
        let is = |known: &Self| matches!(code, Some(Value::String(code)) if code == known.as_str());
        Some(Self::ALL.into_iter().find(is).unwrap_or(Self::Internal))
    }

    /// An error for a resolver to return.
    pub fn error(self, message: impl Into<String>) -> Error {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.as_str());
        Error { message: message.into(), source: None, extensions: Some(extensions) }
    }
}

/// Why a request is answered without being executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// For people.
    pub message: String,
    /// Where in the document, if it can be said.
    pub locations: Vec<Pos>,
    /// The HTTP status, where it isn't the usual one of the code.
    pub status: Option<StatusCode>,
    /// The methods of an `Allow` header.
    pub allow: Option<&'static str>,
    /// When it makes sense to try again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with the usual HTTP status of its code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            locations: Vec::new(),
            status: None,
            allow: None,
            retry_after: None,
        }
    }

    /// The document asks for more than `most` of `what`.
    pub(super) fn too_much(what: &str, most: usize) -> Self {
        Self::new(Code::QueryLimitExceeded, format!("A document may have at most {most} {what}."))
    }

    /// The request isn't well-formed GraphQL over HTTP: 400 for every media type.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message).with_status(StatusCode::BAD_REQUEST)
    }

    /// The same refusal with an HTTP status of its own.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The same refusal, pointing into the document.
    pub(super) fn at(self, pos: Pos) -> Self {
        Self { locations: vec![pos], ..self }
    }

    /// The same refusal with a time after which to try again.
    pub fn after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The refusal as a GraphQL response without data.
    pub fn into_response(self, request_id: &str) -> Response {
        let mut error = ServerError::new(self.message, None);
        error.locations = self.locations;
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code.as_str());
        if let Some(wait) = self.retry_after {
            extensions.set("retryAfter", whole_seconds(wait));
        }
        error.extensions = Some(extensions);
        let mut response = Response::from_errors(vec![error]);
        polish(&mut response, request_id);
        response
    }
}

/// Seconds, rounded up, as `Retry-After` wants them.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Whether no resolver ran: then the response has no `data` entry. Errors of resolvers have a path.
pub fn is_request_error(response: &Response) -> bool {
    !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Gives every error its code and the request's id; what has no code and isn't the client's fault goes to the log,
/// and the client gets a reference to it.
pub(super) fn polish(response: &mut Response, request_id: &str) {
    let unexecuted = is_request_error(response);
    for error in &mut response.errors {
        let has_code = error.extensions.as_ref().is_some_and(|values| values.get("code").is_some());
        if !has_code {
            let code = if is_about_input(error) {
                Code::BadUserInput
            } else if unexecuted {
                Code::ValidationFailed
            } else {
                Code::Internal
            };
            match code {
                Code::Internal => hide(error, request_id),
                Code::BadUserInput => keep_quiet(error),
                _ => {}
            }
            error.extensions.get_or_insert_default().set("code", code.as_str());
        }
        error.extensions.get_or_insert_default().set("requestId", request_id);
    }
}

/// The library names no kind, only these messages, made from what the client itself sent.
fn is_about_input(error: &ServerError) -> bool {
    error.source.is_none()
        && ["Failed to parse \"", "Expected input type \"", "Invalid value for argument "]
            .iter()
            .any(|start| error.message.starts_with(start))
}

/// What was sent may be a secret in the wrong place: it is not said again.
fn keep_quiet(error: &mut ServerError) {
    if let Some(at) = error.message.find(", found ") {
        error.message.truncate(at);
        error.message.push('.');
    }
}

/// Replaces what was meant for us by a reference to where it was written down.
fn hide(error: &mut ServerError, request_id: &str) {
    let reference = Uuid::now_v7().simple().to_string();
    tracing::error!(reference, request_id, path = ?error.path, cause = error.message, "a resolver failed");
    error.message = format!("Something failed on our side. Please quote {reference} if you ask us about it.");
    error.source = None;
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("reference", reference);
    error.extensions = Some(extensions);
}
