//! GraphQL over WebSocket: the protocol graphql-transport-ws, and nothing else. No guard, no execution of its own.
//!
//! One task reads, one writes, and each operation has its own. They meet in a short queue: who doesn't read makes the
//! writer wait, and is given up after `stall`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    extract::{
        FromRequestParts,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{MissedTickBehavior, interval_at, timeout},
};

use super::{
    code::{Code, Refusal, is_request_error},
    door::{Admitted, Caller, Door, Transport, Who, bearer},
    run::{self, Ask},
};

const PROTOCOL: &str = "graphql-transport-ws";
/// Messages that may wait for the client.
const QUEUE: usize = 64;

/// Why a socket is closed: the codes are the protocol's, or those of RFC 6455 where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Close(u16, &'static str);

const BAD_MESSAGE: Close = Close(4400, "Bad message");
const NOT_ACKNOWLEDGED: Close = Close(4401, "Unauthorized: no acknowledged connection_init yet");
const FORBIDDEN: Close = Close(4403, "Forbidden");
const SESSION_ENDED: Close = Close(4403, "Forbidden: the session has ended");
const OTHER_PROTOCOL: Close = Close(4406, "Subprotocol not acceptable: use graphql-transport-ws");
const INIT_TIMEOUT: Close = Close(4408, "Connection initialisation timeout");
const DUPLICATE: Close = Close(4409, "Subscriber for this id already exists");
const TOO_MANY_INITS: Close = Close(4429, "Too many initialisation requests");
const TOO_MANY_CONNECTIONS: Close = Close(4429, "Too many connections");
const GONE: Close = Close(1000, "");
const TOO_LARGE: Close = Close(1009, "Message too big");
const RESTART: Close = Close(1012, "Service restart");
const SILENT: Close = Close(3008, "Timeout: the ping was not answered");

/// What a client may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit { payload: Option<serde_json::Map<String, Json>> },
    Ping { payload: Option<serde_json::Map<String, Json>> },
    Pong,
    Subscribe { id: String, payload: Json },
    Complete { id: String },
}

/// Answers the upgrade, and serves the socket until it closes.
pub(super) async fn upgrade<D: Door>(door: D, mut parts: Parts) -> Response {
    let caller = Arc::new(Caller::from_parts(&parts, Transport::Socket));
    let gate = door.gate();
    if !gate.origins.allow(&parts.headers) {
        return (StatusCode::FORBIDDEN, "This origin is not allowed.").into_response();
    }
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let most = gate.limits.message_bytes;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(most).max_frame_size(most);
    let speaks = upgrade.selected_protocol().is_some();
    let open = gate.sockets.token();
    upgrade.on_upgrade(move |socket| async move {
        let _open = open;
        let stall = door.gate().limits.stall;
        let (sink, mut stream) = socket.split();
        let (out, queue) = mpsc::channel(QUEUE);
        let mut writer = tokio::spawn(write(sink, queue, stall));
        let close = if speaks {
            tokio::select! {
                close = converse(&door, &caller, &out, &mut stream) => close,
                // The client is gone, or doesn't read.
                _ = &mut writer => return,
            }
        } else {
            OTHER_PROTOCOL
        };
        let frame = CloseFrame { code: close.0, reason: close.1.into() };
        let farewell = async {
            if out.send(Message::Close(Some(frame))).await.is_ok() {
                // Closing before the client has read would lose the reason; it answers with a close of its own.
                while stream.next().await.is_some_and(|message| message.is_ok()) {}
            }
        };
        drop(timeout(stall, farewell).await);
        drop(out);
        drop(timeout(stall, writer).await);
    })
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Message>, stall: Duration) {
    while let Some(message) = queue.recv().await {
        if !matches!(timeout(stall, sink.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// From the first message to the reason of the end.
async fn converse<D: Door>(
    door: &D,
    caller: &Arc<Caller>,
    out: &mpsc::Sender<Message>,
    stream: &mut SplitStream<WebSocket>,
) -> Close {
    let gate = door.gate();
    let shutdown = gate.shutdown.clone();
    let greeting = timeout(gate.limits.init_time, greet(door, caller, stream));
    let admitted = tokio::select! {
        admitted = greeting => admitted.unwrap_or(Err(INIT_TIMEOUT)),
        () = shutdown.cancelled() => Err(RESTART),
    };
    let Admitted { who, ends } = match admitted {
        Ok(admitted) => admitted,
        Err(close) => return close,
    };
    let Ok(_seat) = gate.seat(&who, caller) else { return TOO_MANY_CONNECTIONS };
    if say(out, json!({ "type": "connection_ack" })).await.is_err() {
        return GONE;
    }
    let mut desk = Desk {
        door: door.clone(),
        caller: Arc::clone(caller),
        who,
        out: out.clone(),
        open: Arc::default(),
        tasks: JoinSet::new(),
        number: 0,
    };
    tokio::select! {
        close = desk.listen(stream) => close,
        () = ends => SESSION_ENDED,
        () = shutdown.cancelled() => RESTART,
    }
}

/// Waits for `connection_init` and finds out who it is.
async fn greet<D: Door>(
    door: &D,
    caller: &Caller,
    stream: &mut SplitStream<WebSocket>,
) -> Result<Admitted, Close> {
    loop {
        match hear(stream).await? {
            Some(Said::ConnectionInit { payload }) => {
                let token = payload.as_ref().and_then(token).or_else(|| caller.bearer());
                return door.admit(token, caller).await.map_err(|refusal| match refusal.code {
                    Code::RateLimited => TOO_MANY_CONNECTIONS,
                    _ => FORBIDDEN,
                });
            }
            Some(Said::Subscribe { .. }) => return Err(NOT_ACKNOWLEDGED),
            // Nothing can be answered before the acknowledgement, and nothing needs to be.
            Some(Said::Ping { .. } | Said::Pong | Said::Complete { .. }) | None => {}
        }
    }
}

/// The token of a `connection_init`: as a header would have it, or bare.
fn token(payload: &serde_json::Map<String, Json>) -> Option<&str> {
    let text = |name: &str| payload.get(name)?.as_str();
    let header = text("Authorization").or_else(|| text("authorization"));
    header.map(|header| bearer(header).unwrap_or(header)).or_else(|| text("token"))
}

/// The next message of the protocol; `None` for what only keeps the socket alive.
async fn hear(stream: &mut SplitStream<WebSocket>) -> Result<Option<Said>, Close> {
    match stream.next().await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).map(Some).map_err(|_| BAD_MESSAGE),
        Some(Ok(Message::Binary(_))) => Err(BAD_MESSAGE),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Err(error)) if error.to_string().contains("too long") => Err(TOO_LARGE),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(GONE),
    }
}

async fn say(out: &mpsc::Sender<Message>, message: Json) -> Result<(), mpsc::error::SendError<Message>> {
    out.send(Message::Text(message.to_string().into())).await
}

/// Open operations by their id, each with a number: an id may be used again before its last task has ended.
type Open = Mutex<HashMap<String, (u64, AbortHandle)>>;

fn lock(open: &Open) -> MutexGuard<'_, HashMap<String, (u64, AbortHandle)>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An acknowledged connection. Dropping it ends its operations.
struct Desk<D> {
    door: D,
    caller: Arc<Caller>,
    who: Who,
    out: mpsc::Sender<Message>,
    open: Arc<Open>,
    tasks: JoinSet<()>,
    number: u64,
}

impl<D: Door> Desk<D> {
    async fn listen(&mut self, stream: &mut SplitStream<WebSocket>) -> Close {
        let every = self.door.gate().limits.ping_every;
        let mut pings = interval_at(tokio::time::Instant::now() + every, every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = false;
        loop {
            let said = tokio::select! {
                // What has arrived counts before its time is up.
                biased;
                said = hear(stream) => said,
                _ = pings.tick() => {
                    if unanswered {
                        return SILENT;
                    }
                    // A full queue has a client that is still being written to: the writer's patience decides.
                    unanswered = self.out.try_send(Message::Ping(Vec::new().into())).is_ok();
                    continue;
                }
            };
            unanswered = false;
            let close = match said {
                Err(close) => Some(close),
                Ok(None | Some(Said::Pong)) => None,
                Ok(Some(Said::ConnectionInit { .. })) => Some(TOO_MANY_INITS),
                Ok(Some(Said::Ping { payload })) => {
                    let pong = match payload {
                        Some(payload) => json!({ "type": "pong", "payload": payload }),
                        None => json!({ "type": "pong" }),
                    };
                    say(&self.out, pong).await.err().map(|_| GONE)
                }
                Ok(Some(Said::Complete { id })) => {
                    if let Some((_, task)) = lock(&self.open).remove(&id) {
                        task.abort();
                    }
                    None
                }
                Ok(Some(Said::Subscribe { id, payload })) => self.subscribe(id, payload).await.err(),
            };
            if let Some(close) = close {
                return close;
            }
        }
    }

    async fn subscribe(&mut self, id: String, payload: Json) -> Result<(), Close> {
        while self.tasks.try_join_next().is_some() {}
        let limits = &self.door.gate().limits;
        let ask = Ask::from_json(payload, limits).map_err(|_| BAD_MESSAGE)?;
        if id.is_empty() || (ask.query.is_none() && ask.hash.is_none()) {
            return Err(BAD_MESSAGE);
        }
        let most = limits.subscriptions;
        let taken = {
            let mut open = lock(&self.open);
            if open.contains_key(&id) {
                return Err(DUPLICATE);
            }
            let taken = open.len();
            if taken < most {
                self.number += 1;
                let operation = Operation {
                    door: self.door.clone(),
                    caller: Arc::clone(&self.caller),
                    who: self.who.clone(),
                    out: self.out.clone(),
                    open: Arc::clone(&self.open),
                    number: self.number,
                    id: id.clone(),
                };
                open.insert(id.clone(), (self.number, self.tasks.spawn(operation.run(ask))));
            }
            taken
        };
        if taken >= most {
            let message = format!("At most {most} operations may be open on a connection.");
            let response =
                Refusal::new(Code::QueryLimitExceeded, message).into_response(&self.caller.request_id);
            let error = json!({ "type": "error", "id": id, "payload": response.errors });
            say(&self.out, error).await.map_err(|_| GONE)?;
        }
        Ok(())
    }
}

/// One operation of a connection.
struct Operation<D> {
    door: D,
    caller: Arc<Caller>,
    who: Who,
    out: mpsc::Sender<Message>,
    open: Arc<Open>,
    number: u64,
    id: String,
}

impl<D: Door> Operation<D> {
    /// Sends what the operation gives. It fails only with the connection, which ends this task anyway.
    async fn run(self, ask: Ask) {
        let responses = match run::prepare(self.door.gate(), &self.who, &self.caller, ask) {
            Ok(prepared) => run::stream(&self.door, &self.who, &self.caller, prepared).await,
            Err(refusal) => Err(refusal),
        };
        let responses = match responses {
            Ok(responses) => responses,
            Err(refusal) => {
                let person = self.who.person.as_deref();
                let refusal = run::charge(&self.door, person, &self.caller, refusal).await;
                let refused = refusal.into_response(&self.caller.request_id);
                return self.end(json!({ "type": "error", "payload": refused.errors })).await;
            }
        };
        let mut responses = std::pin::pin!(responses);
        while let Some(response) = responses.next().await {
            if is_request_error(&response) {
                return self.end(json!({ "type": "error", "payload": response.errors })).await;
            }
            let next = json!({ "type": "next", "id": self.id, "payload": response });
            if say(&self.out, next).await.is_err() {
                return;
            }
        }
        self.end(json!({ "type": "complete" })).await;
    }

    /// Frees the id before the client hears of it, so that it can be used again at once.
    async fn end(&self, mut message: Json) {
        {
            let mut open = lock(&self.open);
            if open.get(&self.id).is_none_or(|(number, _)| *number != self.number) {
                // The client has completed it: nothing more is said about it.
                return;
            }
            open.remove(&self.id);
        }
        message["id"] = Json::from(self.id.clone());
        drop(say(&self.out, message).await);
    }
}
