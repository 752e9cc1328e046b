//! How the faults of use cases become answers: a refusal is data in the payload, everything else a top-level error
//! with a code. The one place where the two meet.

use async_graphql::Error;

use super::transport::Code;
use crate::kernel::Fault;

/// The outcome of a use case, for a payload: the thing or its errors. `refused` turns the use case's own refusal into
/// the errors of the payload.
pub fn settle<T, R, E>(
    outcome: Result<T, Fault<R>>,
    refused: impl FnOnce(R) -> Vec<E>,
) -> async_graphql::Result<(Option<T>, Vec<E>)> {
    match outcome {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Fault::Refused(refusal)) => Ok((None, refused(refusal))),
        Err(fault) => Err(error(fault)),
    }
}

/// A fault without a payload to go into.
pub fn error<R>(fault: Fault<R>) -> Error {
    match fault {
        // Only use cases whose refusal fits no payload come here with one.
        Fault::Refused(_) => Code::Conflict.error("This is not possible now."),
        Fault::Missing => Code::NotFound.error("There is no such thing."),
        Fault::SignInFirst => Code::Unauthenticated.error("Sign in first."),
        Fault::Forbidden => Code::Forbidden.error("This is not allowed."),
        Fault::Broken(cause) => broken(cause),
    }
}

/// A failure of ours: the cause travels inside, for the log; the transport replaces what the client sees.
pub fn broken(cause: impl Into<anyhow::Error>) -> Error {
    Error::new(format!("{:#}", cause.into()))
}

/// A database error while reading.
pub fn read<T>(outcome: Result<T, sea_orm::DbErr>) -> async_graphql::Result<T> {
    outcome.map_err(broken)
}

/// A database error that a loader shares among all who asked.
pub fn shared(cause: std::sync::Arc<sea_orm::DbErr>) -> Error {
    Error::new(format!("{cause:#}"))
}
