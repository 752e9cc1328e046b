//! A stand-in for S3 on a loopback port, for tests: objects by path, for whoever signs. Signatures are not checked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use tokio_util::task::AbortOnDropHandle;

type Objects = Arc<Mutex<BTreeMap<String, (Bytes, String)>>>;

pub(super) struct S3StandIn {
    pub url: String,
    objects: Objects,
    _serving: AbortOnDropHandle<()>,
}

impl S3StandIn {
    pub async fn start() -> Self {
        let objects = Objects::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(objects.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, objects, _serving: AbortOnDropHandle::new(serving) }
    }

    /// Path and content type of each object.
    pub fn kept(&self) -> Vec<(String, String)> {
        let objects = self.objects.lock().unwrap();
        objects.iter().map(|(path, (_, kind))| (path.clone(), kind.clone())).collect()
    }
}

async fn answer(
    State(objects): State<Objects>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !text(header::AUTHORIZATION).starts_with("AWS4-HMAC-SHA256 Credential=key/") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut objects = objects.lock().unwrap();
    let path = uri.path().to_owned();
    match method {
        Method::PUT => {
            let tag = etag(&body);
            objects.insert(path, (body, text(header::CONTENT_TYPE).to_owned()));
            [(header::ETAG, tag)].into_response()
        }
        Method::GET | Method::HEAD => match objects.get(&path) {
            Some((bytes, kind)) => {
                let last_modified = "Thu, 01 Jan 2026 00:00:00 GMT".to_owned();
                let headers = [
                    (header::ETAG, etag(bytes)),
                    (header::CONTENT_TYPE, kind.clone()),
                    (header::LAST_MODIFIED, last_modified),
                ];
                (headers, bytes.clone()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Method::DELETE => {
            objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Sha256::digest(bytes)))
}
