//! A client as frontends have one: GraphQL over HTTP, with or without a token.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::socket::Socket;

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client {
    /// Where the server answers.
    pub url: String,
    /// The access token, if signed in.
    pub token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// A client of the server at `url`. Where that is by TLS, any certificate will do: the test of TLS looks at it.
    pub fn new(url: &str, token: Option<String>) -> Self {
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(url.starts_with("https:"));
        Self { url: url.to_owned(), token, http: http.build().unwrap() }
    }

    /// Sends an operation and returns the whole answer.
    pub async fn send(&self, query: &str, variables: Value) -> (StatusCode, Value) {
        let response = self.post("/graphql", json!({ "query": query, "variables": variables })).await;
        let status = response.status();
        (status, response.json().await.unwrap())
    }

    /// Sends an operation to a server that may die under it.
    pub async fn try_send(&self, query: &str, variables: Value) -> reqwest::Result<Value> {
        let request = self.http.post(format!("{}/graphql", self.url));
        let request = request.json(&json!({ "query": query, "variables": variables }));
        self.signed(request).send().await?.json().await
    }

    /// Sends an operation that must succeed, and returns its data.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let (status, answer) = self.send(query, variables).await;
        assert!(status.is_success() && answer.get("errors").is_none(), "{status} {answer:#}\nfor {query}");
        answer["data"].clone()
    }

    /// Sends an operation with one root field that must succeed, and returns what it holds.
    pub async fn get(&self, query: &str, variables: Value) -> Value {
        let data = self.ask(query, variables).await;
        let (_, value) = data.as_object().unwrap().iter().next().unwrap();
        value.clone()
    }

    /// Sends a mutation with one root field and `input`, and returns its payload, whose errors must be empty.
    pub async fn done(&self, query: &str, input: Value) -> Value {
        let payload = self.get(query, json!({ "input": input })).await;
        assert_eq!(payload["errors"], json!([]), "{query}");
        payload
    }

    /// Sends a mutation with one root field and `input`, and returns its payload, whatever it says.
    pub async fn attempt(&self, query: &str, input: Value) -> Value {
        self.get(query, json!({ "input": input })).await
    }

    /// The `extensions.code` of an operation that must fail as a whole.
    pub async fn refused(&self, query: &str, variables: Value) -> String {
        let (_, answer) = self.send(query, variables).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
    }

    /// A POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.url)).json(&body);
        let request = request.header("accept", "application/graphql-response+json");
        self.signed(request).send().await.unwrap()
    }

    /// A POST with bytes of a type.
    pub async fn post_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> Response {
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", kind).body(body);
        self.signed(request).send().await.unwrap()
    }

    /// A POST as Stripe makes it: bytes, and a signature over them.
    pub async fn post_webhook(&self, body: &[u8], signature: &str) -> StatusCode {
        let request = self.http.post(format!("{}/webhooks/stripe", self.url)).body(body.to_vec());
        request.header("stripe-signature", signature).send().await.unwrap().status()
    }

    /// Whether the server says that it is ready; false also when nobody answers.
    pub async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/readyz", self.url)).send().await;
        answer.is_ok_and(|response| response.status().is_success())
    }

    /// A GET.
    pub async fn fetch(&self, path: &str) -> Response {
        self.signed(self.http.get(format!("{}{path}", self.url))).send().await.unwrap()
    }

    /// An open graphql-transport-ws socket, acknowledged.
    pub async fn socket(&self) -> Socket {
        Socket::open(&self.url, self.token.as_deref()).await
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// The code of the only error of a payload.
pub fn only_error(payload: &Value) -> &str {
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload:#}");
    errors[0]["code"].as_str().unwrap()
}
