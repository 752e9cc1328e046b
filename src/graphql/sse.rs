//! Operations over server-sent events, one per connection ("distinct connections mode" of graphql-sse). No guard.

use std::{convert::Infallible, sync::Arc};

use async_graphql::Response as Answer;
use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::{FutureExt, StreamExt, future, stream};

use super::{
    code::Refusal,
    door::{Admitted, Caller, Door},
    run::{self, Prepared},
};

/// Answers with a `next` event per response and a `complete` at the end, which is also what the end of a session and
/// the server's going look like.
pub(super) async fn respond<D: Door>(
    door: &D,
    admitted: Admitted,
    caller: &Arc<Caller>,
    prepared: Prepared,
) -> Result<Response, Refusal> {
    let Admitted { who, ends } = admitted;
    let gate = door.gate();
    let seat = gate.seat(&who, caller)?;
    let answers = run::stream(door, &who, caller, prepared).await?;
    let shutdown = gate.shutdown.clone().cancelled_owned();
    let events = answers
        .take_until(future::select(ends, Box::pin(shutdown)).map(drop))
        .map(next)
        .chain(stream::iter([Event::default().event("complete").data("")]))
        .map(move |event| {
            // The place is held as long as the stream is.
            let _ = &seat;
            Ok::<_, Infallible>(event)
        });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(gate.limits.ping_every)).into_response())
}

fn next(answer: Answer) -> Event {
    match serde_json::to_string(&answer) {
        Ok(json) => Event::default().event("next").data(json),
        Err(error) => {
            tracing::error!(%error, "a response can't be written as JSON");
            Event::default().comment("a response was lost")
        }
    }
}
