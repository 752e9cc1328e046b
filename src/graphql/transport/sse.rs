//! Operations over server-sent events, one per connection ("distinct connections mode" of graphql-sse). No guard.

use std::{convert::Infallible, sync::Arc};

use async_graphql::Response as Answer;
use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, StreamExt, future, stream};

use super::{
    code::Refusal,
    door::{Admitted, Caller, Door},
    run::{self, Prepared},
};

// Browsers drop events without a line of data, and axum writes none for empty data.
const COMPLETE: &str = "event: complete\ndata:\n\n";
/// A comment, which tells proxies that the connection is alive.
const STILL_HERE: &str = ":\n\n";

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
    let every = gate.limits.ping_every;
    let seat = gate.seat(who.person.as_deref(), caller)?;
    let answers = run::stream(door, &who, caller, prepared).await?;
    let shutdown = gate.shutdown.clone().cancelled_owned();
    let events = answers
        .take_until(future::select(ends, Box::pin(shutdown)).map(drop))
        .map(|answer| next(&answer))
        .chain(stream::iter([COMPLETE.to_owned()]))
        .boxed();
    // The place is held as long as the stream is.
    let text = stream::unfold((events, seat), move |(mut events, seat)| async move {
        let event = match tokio::time::timeout(every, events.next()).await {
            Ok(event) => event?,
            Err(_silence) => STILL_HERE.to_owned(),
        };
        Some((Ok::<_, Infallible>(event), (events, seat)))
    });
    // nginx would hold events back without the second one.
    let headers = [(header::CONTENT_TYPE.as_str(), "text/event-stream"), ("x-accel-buffering", "no")];
    Ok((headers, Body::from_stream(text)).into_response())
}

fn next(answer: &Answer) -> String {
    match serde_json::to_string(answer) {
        Ok(json) => format!("event: next\ndata: {json}\n\n"),
        Err(error) => {
            tracing::error!(%error, "a response can't be written as JSON");
            STILL_HERE.to_owned()
        }
    }
}
