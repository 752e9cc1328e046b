//! Uploads that are no pictures, or from nobody: refused with a code, and nothing is kept.

use serde_json::Value;

use crate::{
    both,
    support::{Client, picture},
};

const BOUNDARY: &str = "a-boundary";

fn form(field: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    [head.as_bytes(), bytes, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

/// Where the pixels of a JPEG begin and end: a cut there leaves a file with a head and half a body.
fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

both! {
    async fn what_is_no_picture_is_refused(world: World) {
        let host = world.host("Hanna").await;
        let good = picture::jpeg(200, 100);
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let kind = kind.as_str();
        let mut huge = good.clone();
        huge.resize(11 * 1024 * 1024, 0);
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        let gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
        // A head that promises 60,000 × 60,000 pixels.
        let mut bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x02\x00\x00\x00".to_vec();
        bomb.extend_from_slice(&[0; 64]);
        for (what, sent_as, bytes, status, code) in [
            ("text", "image/jpeg", b"no picture at all".to_vec(), 422, "NOT_A_PICTURE"),
            ("nothing", "image/jpeg", Vec::new(), 422, "NOT_A_PICTURE"),
            ("half a picture", "image/jpeg", half(&good), 422, "NOT_A_PICTURE"),
            ("a GIF", "image/gif", gif.to_vec(), 422, "NOT_A_PICTURE"),
            ("a GIF that calls itself a JPEG", "image/jpeg", gif.to_vec(), 422, "NOT_A_PICTURE"),
            ("an SVG", "image/svg+xml", svg.to_vec(), 422, "NOT_A_PICTURE"),
            ("a PDF", "image/png", b"%PDF-1.7 and so on".to_vec(), 422, "NOT_A_PICTURE"),
            ("too many pixels", "image/png", bomb, 422, "NOT_A_PICTURE"),
            ("10 MiB and a byte", "image/jpeg", huge[..10 * 1024 * 1024 + 1].to_vec(), 413, "PAYLOAD_TOO_LARGE"),
            ("text in a form", kind, form("file", b"no picture"), 422, "NOT_A_PICTURE"),
            ("another field", kind, form("photo", &good), 400, "BAD_USER_INPUT"),
            ("a form that ends too soon", kind, half(&form("file", &good)), 400, "BAD_USER_INPUT"),
            ("no form", kind, b"nonsense".to_vec(), 400, "BAD_USER_INPUT"),
            ("a form without boundary", "multipart/form-data", form("file", &good), 400, "BAD_USER_INPUT"),
            ("JSON", "application/json", b"{}".to_vec(), 415, "BAD_USER_INPUT"),
            ("an unknown type", "application/octet-stream", good.clone(), 415, "BAD_USER_INPUT"),
        ] {
            let response = host.post_bytes("/uploads", sent_as, bytes).await;
            let met = response.status().as_u16();
            let problem: Value = response.json().await.unwrap();
            assert_eq!((met, problem["code"].as_str()), (status, Some(code)), "{what}: {problem}");
        }
        // Of a body that is larger still, not even the rest is read: a client sees the answer, or the end of the line.
        for (sent_as, bytes) in [("image/jpeg", huge.clone()), (kind, form("file", &huge))] {
            let url = format!("{}/uploads", world.url);
            let token = host.token.clone().unwrap();
            let request = reqwest::Client::new().post(url).bearer_auth(token).header("content-type", sent_as).body(bytes);
            if let Ok(response) = request.send().await {
                assert_eq!(response.status(), 413);
            }
        }
        assert_eq!(uploads(world).await, 0, "something was kept");

        let forged = Client::new(&world.url, Some("no token".into()));
        let expired = Client::new(&world.url, Some(expired_token(host.token.as_deref().unwrap())));
        for (who, client) in [("nobody", world.stranger()), ("a forged token", forged), ("an altered token", expired)] {
            let response = client.post_bytes("/uploads", "image/jpeg", good.clone()).await;
            assert_eq!(response.status(), 401, "{who}");
            assert_eq!(response.json::<Value>().await.unwrap()["code"], "UNAUTHENTICATED", "{who}");
        }
        assert_eq!(uploads(world).await, 0, "something was kept");

        // What is right still passes, either way.
        assert_eq!(host.post_bytes("/uploads", "image/jpeg", good.clone()).await.status(), 201);
        assert_eq!(host.post_bytes("/uploads", kind, form("file", &good)).await.status(), 201);
        assert_eq!(uploads(world).await, 2);

        // Nor does a door to files lead anywhere else.
        for path in ["/files/../settings", "/files/%2e%2e/%2e%2e/etc/passwd", "/files/photos", "/files/photos/none/320.jpg"] {
            assert_eq!(world.stranger().fetch(path).await.status(), 404, "{path}");
        }
    }
}

/// The same token as of long ago: its claims no longer fit its signature.
fn expired_token(token: &str) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[1] = parts[1].chars().rev().collect();
    parts.join(".")
}

async fn uploads(world: &crate::support::World) -> u64 {
    use sea_orm::{EntityTrait, PaginatorTrait};
    sojourn::listings::upload::Entity::find().count(world.app.db.read()).await.unwrap()
}

/// A part of a form: its name, whether it is a file, and what it holds.
type Part<'a> = (&'a str, bool, &'a [u8]);

const UPLOAD: &str = r#"{"query":"mutation($file: Upload!) { uploadPicture(input: { file: $file }) { uploadId errors { code } } }","variables":{"file":null}}"#;
const MAP: &str = r#"{"0":["variables.file"]}"#;

fn parts(parts: &[Part<'_>]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, is_file, bytes) in parts {
        let file = if *is_file { "; filename=\"a.jpg\"\r\nContent-Type: image/jpeg" } else { "" };
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        form.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    form.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    form
}

async fn post(
    world: &crate::support::World,
    token: Option<&str>,
    preflight: bool,
    form: Vec<u8>,
) -> (u16, Value) {
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", world.url))
        .header("accept", "application/graphql-response+json")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(form);
    let request = if preflight { request.header("graphql-preflight", "1") } else { request };
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

both! {
    async fn a_form_with_an_operation_is_what_it_must_be_or_refused(world: World) {
        let host = world.host("Hanna").await;
        let token = host.token.as_deref();
        let good = picture::jpeg(200, 100);
        let (ask, map) = (("operations", false, UPLOAD.as_bytes()), ("map", false, MAP.as_bytes()));
        let file = ("0", true, good.as_slice());
        let with_map = |text: &'static str| ("map", false, text.as_bytes());
        let huge = vec![0; 11 * 1024 * 1024];
        let many = r#"{"0":["variables.file"],"1":["variables.a"],"2":["variables.b"],"3":["variables.c"],"4":["variables.d"]}"#;
        for (what, form, status, code) in [
            ("no map", parts(&[ask, file]), 400, "BAD_USER_INPUT"),
            ("the map first", parts(&[map, ask, file]), 400, "BAD_USER_INPUT"),
            ("the file first", parts(&[file, ask, map]), 400, "BAD_USER_INPUT"),
            ("a file that is missing", parts(&[ask, map]), 400, "BAD_USER_INPUT"),
            ("a file too many", parts(&[ask, map, file, ("1", true, &good)]), 400, "BAD_USER_INPUT"),
            ("a file twice", parts(&[ask, map, file, file]), 400, "BAD_USER_INPUT"),
            ("a path to nowhere", parts(&[ask, with_map(r#"{"0":["variables.other"]}"#), file]), 400, "BAD_USER_INPUT"),
            ("a path out of the variables", parts(&[ask, with_map(r#"{"0":["query"]}"#), file]), 400, "BAD_USER_INPUT"),
            ("a prototype", parts(&[ask, with_map(r#"{"0":["variables.__proto__.file"]}"#), file]), 400, "BAD_USER_INPUT"),
            ("a map that is none", parts(&[ask, with_map("[]"), file]), 400, "BAD_USER_INPUT"),
            ("too many files", parts(&[ask, with_map(many), file]), 413, "PAYLOAD_TOO_LARGE"),
            ("no JSON", parts(&[("operations", false, b"{"), map, file]), 400, "BAD_USER_INPUT"),
            ("a batch", parts(&[("operations", false, b"[]"), with_map("{}")]), 400, "BAD_USER_INPUT"),
            ("a file of 11 MiB", parts(&[ask, map, ("0", true, &huge)]), 413, "PAYLOAD_TOO_LARGE"),
            ("a form that ends too soon", half(&parts(&[ask, map, file])), 400, "BAD_USER_INPUT"),
            ("nonsense", b"nonsense".to_vec(), 400, "BAD_USER_INPUT"),
            ("no file for a file", parts(&[ask, with_map("{}")]), 400, "BAD_USER_INPUT"),
        ] {
            let (met, answer) = post(world, token, true, form).await;
            let told = answer["errors"][0]["extensions"]["code"].as_str();
            assert_eq!((met, told), (status, Some(code)), "{what}: {answer}");
        }
        // Strangers send no files, and a page that somebody else made can't make a browser send them.
        let form = parts(&[ask, map, file]);
        let (status, answer) = post(world, None, true, form.clone()).await;
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (401, &Value::from("UNAUTHENTICATED")));
        let (status, answer) = post(world, token, false, form.clone()).await;
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (403, &Value::from("CSRF_PREVENTION")));
        // What is no picture is told as data.
        let (_, answer) = post(world, token, true, parts(&[ask, map, ("0", true, b"text")])).await;
        assert_eq!(answer["data"]["uploadPicture"]["errors"][0]["code"], "NOT_A_PICTURE", "{answer}");
        assert_eq!(uploads(world).await, 0, "something was kept");

        let (status, answer) = post(world, token, true, form).await;
        assert_eq!((status, &answer["data"]["uploadPicture"]["errors"]), (200, &serde_json::json!([])), "{answer}");
        assert_eq!(uploads(world).await, 1);
    }
}
