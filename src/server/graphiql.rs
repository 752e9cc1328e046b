//! The GraphiQL page at `/graphiql`: the bundle built from `web/`, or where it isn't built, a page from a CDN.
//! Nothing of the schema and no sign-in here: the token and the examples come from whoever mounts the routes.

mod examples;

use std::sync::{Arc, LazyLock};

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::prelude::{BASE64_STANDARD, Engine};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use examples::{Example, Occasion, examples};

/// What `web/` was built to. A debug build reads the directory at each request, a release build carries it
/// (`make web` touches this file after a build, since cargo doesn't notice *new* files in the directory).
#[derive(RustEmbed)]
#[folder = "web/dist/"]
#[allow_missing = true]
struct Bundle;

/// What the page asks for at `/graphiql/settings.json`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Settings {
    /// A bearer token to sign the reader in with (the sandbox's demo guest), if any.
    pub token: Option<String>,
    /// The operations of the first tabs, in order.
    pub examples: Vec<Example>,
}

/// The pages' rules: everything from our own origin, no inline script, no `eval`. Monaco writes styles into its
/// elements, hence `'unsafe-inline'` there; a worker has the policy of its own script's answer.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     worker-src 'self' blob:; font-src 'self' data:; connect-src 'self' ws: wss:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const CDN_PAGE: &str = include_str!("../../web/cdn/index.html");

/// As [`POLICY`], with the CDN for scripts, styles, fonts and workers, and the import map allowed by its hash.
static CDN_POLICY: LazyLock<String> = LazyLock::new(|| {
    let map = CDN_PAGE.split_once("<script type=\"importmap\">").map_or("", |(_, rest)| rest);
    let map = map.split_once("</script>").map_or("", |(map, _)| map);
    let hash = BASE64_STANDARD.encode(Sha256::digest(map));
    format!(
        "default-src 'self'; script-src 'self' https://esm.sh data: blob: 'sha256-{hash}'; \
         style-src 'self' https://esm.sh 'unsafe-inline'; img-src 'self' data:; \
         worker-src 'self' https://esm.sh blob:; font-src 'self' https://esm.sh data:; \
         connect-src 'self' https://esm.sh ws: wss:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    )
});

/// `/graphiql` and all below it. `settings` is asked at each opening of the page, so a token in it is fresh.
pub fn routes<S, F, Fut>(settings: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Settings> + Send + 'static,
{
    let settings = Arc::new(settings);
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/", get(page))
        .route("/graphiql/assets/{name}", get(asset))
        .route("/graphiql/cdn/main.js", get(|| async { script(include_str!("../../web/cdn/main.js")) }))
        .route("/graphiql/src/page.js", get(|| async { script(include_str!("../../web/src/page.js")) }))
        .route("/graphiql/src/page.css", get(|| async { style(include_str!("../../web/src/page.css")) }))
        .route(
            "/graphiql/settings.json",
            get(move || async move { ([(header::CACHE_CONTROL, "no-store")], Json(settings().await)) }),
        )
}

/// The page. `GET /graphql` may answer with it too, where a browser asks for HTML.
pub async fn page(headers: HeaderMap) -> Response {
    match Bundle::get("index.html") {
        Some(file) => file_response("index.html", file, "no-cache", &headers),
        None => cdn_page(),
    }
}

/// Whether the bundle is there; if not, [`page`] needs the network.
pub fn is_built() -> bool {
    Bundle::get("index.html").is_some()
}

/// A file of the bundle. Its name holds a hash of its content, so it may be kept for good.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    // The assets lie flat: a slash that came in encoded is somebody looking for a way out.
    let file = if name.contains(['/', '\\']) { None } else { Bundle::get(&format!("assets/{name}")) };
    match file {
        Some(file) => file_response(&name, file, "public, max-age=31536000, immutable", &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file_response(name: &str, file: EmbeddedFile, cache: &'static str, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let common = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    if known.is_some_and(|known| known == "*" || known.contains(tag.as_str())) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, content_type(name))], file.data.into_owned()).into_response()
}

fn cdn_page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, CDN_POLICY.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, CDN_PAGE).into_response()
}

fn script(text: &'static str) -> Response {
    source("page.js", text)
}

fn style(text: &'static str) -> Response {
    source("page.css", text)
}

/// A file of the CDN page, sent as it stands in `web/`.
fn source(name: &str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type(name)), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use serde_json::{Value, json};
    use tower::ServiceExt;

    fn some_examples() -> Vec<Example> {
        let day = |day| chrono::NaiveDate::from_ymd_opt(2031, 5, day).unwrap();
        examples(&Occasion {
            listing: "listing".to_owned(),
            check_in: day(1),
            check_out: day(4),
            now: chrono::DateTime::UNIX_EPOCH,
        })
    }

    async fn ask(path: &str, etag: Option<&str>) -> (StatusCode, HeaderMap, String) {
        let settings = || async { Settings { token: Some("demo".to_owned()), examples: some_examples() } };
        let mut request = Request::get(path);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = routes::<(), _, _>(settings).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status, head.headers, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn the_page_answers_with_html_and_a_policy_whether_built_or_not() {
        for path in ["/graphiql", "/graphiql/"] {
            let (status, headers, body) = ask(path, None).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
            assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY));
            assert!(body.contains("id=\"graphiql\""));
            assert_eq!(body.contains("https://esm.sh"), !is_built());
        }
    }

    #[tokio::test]
    async fn the_bundle_is_whole_and_is_cached_by_its_tag() {
        if !is_built() {
            return;
        }
        let (_, headers, body) = ask("/graphiql", None).await;
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        let (status, headers, empty) = ask("/graphiql", Some(&tag)).await;
        assert_eq!((status, empty.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(headers[header::ETAG], tag);

        let assets = body.split('"').filter(|part| part.starts_with("/graphiql/assets/"));
        let mut seen = 0;
        for path in assets {
            let (status, headers, _) = ask(path, None).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            let expected = if path.ends_with(".css") { "text/css" } else { "text/javascript" };
            assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(expected), "{path}");
            seen += 1;
        }
        assert!(seen > 1);
    }

    #[tokio::test]
    async fn nothing_outside_of_the_bundle_is_served() {
        for path in [
            "/graphiql/assets/none.js",
            "/graphiql/assets/..%2findex.html",
            "/graphiql/assets/%2e%2e%2f%2e%2e%2fpackage.json",
        ] {
            assert_eq!(ask(path, None).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn the_settings_are_those_of_the_closure_and_are_never_stored() {
        let (status, headers, body) = ask("/graphiql/settings.json", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["token"], json!("demo"));
        assert_eq!(body["examples"].as_array().unwrap().len(), some_examples().len());
        assert!(body["examples"][0]["title"].is_string());
        assert!(body["examples"][0]["query"].is_string());
        assert!(body["examples"][0]["variables"].is_object());
    }

    #[tokio::test]
    async fn the_cdn_page_names_the_same_versions_as_the_bundle_and_allows_its_import_map() {
        let package: Value = serde_json::from_str(include_str!("../../web/package.json")).unwrap();
        for name in [
            "graphiql",
            "@graphiql/react",
            "@graphiql/toolkit",
            "graphql",
            "graphql-ws",
            "react",
            "react-dom",
        ] {
            let version = package["dependencies"][name].as_str().unwrap();
            assert!(CDN_PAGE.contains(&format!("https://esm.sh/{name}@{version}")), "{name}@{version}");
        }
        let page = cdn_page();
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let empty = BASE64_STANDARD.encode(Sha256::digest(""));
        assert!(policy.contains("'sha256-") && !policy.contains(&empty));
        for path in ["/graphiql/cdn/main.js", "/graphiql/src/page.js", "/graphiql/src/page.css"] {
            assert_eq!(ask(path, None).await.0, StatusCode::OK, "{path}");
        }
    }
}
