//! Documents by their hash: registered at one server, known at the other; and where only some are trusted, those.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Client, World};

const DOCUMENT: &str = "query Currencies { currencies { code } }";

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

async fn ask(client: &Client, query: Option<&str>, hash: &str) -> Value {
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let mut body = json!({ "extensions": extensions });
    if let Some(query) = query {
        body["query"] = json!(query);
    }
    client.post("/graphql", body).await.json().await.unwrap()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_one_server_knows_the_other_knows() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let (here, there, known) = (one.stranger(), two.stranger(), hash(DOCUMENT));
    assert_eq!(code(&ask(&here, None, &known).await), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(code(&ask(&here, Some(DOCUMENT), &known).await), "none");
    for client in [&here, &there, &there] {
        let answer = ask(client, None, &known).await;
        assert_eq!(answer["data"]["currencies"][0]["code"].as_str().map(str::len), Some(3), "{answer}");
    }
    // What isn't that document registers nothing, and what is no document isn't kept.
    let other = hash("{ amenities { code } }");
    assert_eq!(code(&ask(&here, Some(DOCUMENT), &other).await), "BAD_USER_INPUT");
    let broken = "{ currencies { code ";
    assert_eq!(code(&ask(&here, Some(broken), &hash(broken)).await), "GRAPHQL_PARSE_FAILED");
    for unknown in [&other, &hash(broken)] {
        assert_eq!(code(&ask(&there, None, unknown).await), "PERSISTED_QUERY_NOT_FOUND");
    }
    assert_eq!(code(&ask(&there, None, "../../etc/passwd").await), "BAD_USER_INPUT");
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_only_some_documents_are_trusted_no_other_is_executed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("documents.json");
    std::fs::write(&file, json!({ hash(DOCUMENT): DOCUMENT }).to_string()).unwrap();
    let world = World::with_flags(&[&format!("--trusted-documents={}", file.display())]).await;
    let stranger = world.stranger();
    assert_eq!(code(&ask(&stranger, None, &hash(DOCUMENT)).await), "none");
    stranger.ask(DOCUMENT, Value::Null).await;
    assert_eq!(stranger.refused("{ amenities { code } }", Value::Null).await, "FORBIDDEN");
    let other = "{ currencies { symbol } }";
    assert_eq!(code(&ask(&stranger, Some(other), &hash(other)).await), "FORBIDDEN");
    assert_eq!(code(&ask(&stranger, None, &hash(other)).await), "PERSISTED_QUERY_NOT_FOUND");
    let mut socket = stranger.socket().await;
    socket.subscribe(other, Value::Null).await;
    assert_eq!(socket.receive().await["payload"][0]["extensions"]["code"], "FORBIDDEN");
    world.stop().await;
}
