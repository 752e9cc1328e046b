//! Notices as they are heard. What they say, and when there is one, is told where it happens.

mod received;
mod refused;
mod two_servers;

use serde_json::{Value, json};
use sojourn::{
    app::App,
    notifications::{
        deliver::{Notice, deliver},
        notification::Kind,
    },
};

use crate::support::{Person, socket::Socket};

const HEAR: &str = "subscription($after: ID) { notificationReceived(after: $after) { id title } }";

/// Tells somebody something.
pub async fn tell(app: &App, person: &Person, title: &str) {
    let notice = Notice {
        user: person.id.parse().unwrap(),
        kind: Kind::PaymentFailed,
        title: title.to_owned(),
        body: String::new(),
        booking: None,
        occasion: title.to_owned(),
    };
    deliver(app, vec![notice]).await.unwrap();
}

/// A socket that listens, from after a notice or from now on.
async fn listen(person: &Person, after: Option<&str>) -> Socket {
    let mut socket = person.socket().await;
    socket.subscribe(HEAR, json!({ "after": after })).await;
    socket
}

/// All notices of a person, oldest first, as id and title.
async fn all(person: &Person) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut before = Value::Null;
    loop {
        let page = person
            .get(
                "query($before: String) { viewer { notifications(last: 100, before: $before) {
                   nodes { id title } pageInfo { hasPreviousPage startCursor } } } }",
                json!({ "before": before }),
            )
            .await["notifications"]
            .clone();
        // The connection has the latest first, so its last page holds the oldest.
        all.extend(page["nodes"].as_array().unwrap().iter().rev().map(pair));
        if page["pageInfo"]["hasPreviousPage"] == false {
            return all;
        }
        before = page["pageInfo"]["startCursor"].clone();
    }
}

fn pair(notice: &Value) -> (String, String) {
    (notice["id"].as_str().unwrap().to_owned(), notice["title"].as_str().unwrap().to_owned())
}
