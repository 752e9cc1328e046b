//! The DevTools protocol over one WebSocket: commands with replies, and what the pages reported meanwhile.
//! Nothing about what a test does with a page: see the parent module.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// A command's result, or the protocol's own complaint.
pub type Reply = Result<Value, String>;

/// An event as it came: `method`, `params`, `sessionId`.
pub type Event = Arc<Value>;

/// One connection to a browser. Sessions (pages) share it.
pub struct Connection {
    commands: mpsc::UnboundedSender<Message>,
    waiting: Arc<Mutex<HashMap<u64, oneshot::Sender<Reply>>>>,
    log: Arc<Mutex<Vec<Event>>>,
    events: broadcast::Sender<Event>,
    next: AtomicU64,
}

impl Connection {
    /// Connects to `ws://127.0.0.1:…/devtools/browser/…`.
    pub async fn open(address: &str) -> Self {
        let (socket, _) = connect_async(address).await.expect("the browser's DevTools socket opens");
        let (mut sink, mut stream) = socket.split();
        let (commands, mut queue) = mpsc::unbounded_channel::<Message>();
        let connection = Self {
            commands,
            waiting: Arc::default(),
            log: Arc::default(),
            events: broadcast::channel(4096).0,
            next: AtomicU64::new(1),
        };
        tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if sink.send(message).await.is_err() {
                    break;
                }
            }
        });
        let (waiting, log) = (connection.waiting.clone(), connection.log.clone());
        let events = connection.events.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Message::Text(text) = message else { continue };
                let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
                match value["id"].as_u64() {
                    Some(id) => {
                        let reply = match value.get("error") {
                            Some(error) => Err(error["message"].as_str().unwrap_or("unknown").to_owned()),
                            None => Ok(value["result"].clone()),
                        };
                        if let Some(sender) = waiting.lock().unwrap().remove(&id) {
                            let _ = sender.send(reply);
                        }
                    }
                    None => {
                        let event = Arc::new(value);
                        log.lock().unwrap().push(event.clone());
                        let _ = events.send(event);
                    }
                }
            }
            // Whoever still waits learns that the browser is gone: their senders drop here.
            waiting.lock().unwrap().clear();
        });
        connection
    }

    /// Sends a command to a session (or to the browser itself) and waits for its reply.
    pub async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Reply {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut command = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        let (sender, reply) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, sender);
        self.commands
            .send(Message::text(command.to_string()))
            .map_err(|_| "the browser has closed".to_owned())?;
        reply.await.map_err(|_| "the browser has closed".to_owned())?
    }

    /// Events from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// All events of this session so far, the oldest first.
    pub fn log(&self, session: &str) -> Vec<Event> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|event| event["sessionId"] == session).cloned().collect()
    }
}

/// What is wrong in a page's log, a line each: console errors, uncaught exceptions, failed or refused requests.
pub fn problems(log: &[Event]) -> Vec<String> {
    let mut addresses = HashMap::new();
    let mut problems = Vec::new();
    for event in log {
        let params = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Runtime.consoleAPICalled" if params["type"] == "error" => {
                problems.push(format!("console: {}", console_line(params)));
            }
            "Runtime.exceptionThrown" => {
                problems.push(format!("uncaught: {}", exception(&params["exceptionDetails"])));
            }
            // What the browser itself complains of: a broken content policy, an unreachable server.
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                problems.push(format!("browser: {} {}", entry["text"], entry["url"]));
            }
            "Network.requestWillBeSent" => {
                addresses.insert(params["requestId"].to_string(), params["request"]["url"].to_string());
            }
            "Network.responseReceived" if params["response"]["status"].as_u64() >= Some(400) => {
                let response = &params["response"];
                problems.push(format!("answer {}: {}", response["status"], response["url"]));
            }
            "Network.loadingFailed" if params["canceled"] != true => {
                let address = addresses.get(&params["requestId"].to_string());
                let address = address.map_or("unknown address", String::as_str);
                problems.push(format!("request failed: {} {address}", params["errorText"]));
            }
            _ => {}
        }
    }
    problems
}

/// The console's lines of any level, as `level: text`.
pub fn console(log: &[Event]) -> Vec<String> {
    let lines = log.iter().filter(|event| event["method"] == "Runtime.consoleAPICalled");
    lines
        .map(|event| {
            let params = &event["params"];
            format!("{}: {}", params["type"].as_str().unwrap_or_default(), console_line(params))
        })
        .collect()
}

/// The text of a thrown thing.
pub fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let text = thrown["description"].as_str().or(thrown["value"].as_str()).or(details["text"].as_str());
    text.unwrap_or("unknown exception").to_owned()
}

fn console_line(params: &Value) -> String {
    let words = params["args"].as_array().into_iter().flatten().map(|word| {
        let text = word["value"].as_str().or(word["description"].as_str());
        text.map_or_else(|| word["value"].to_string(), ToOwned::to_owned)
    });
    words.collect::<Vec<_>>().join(" ")
}
