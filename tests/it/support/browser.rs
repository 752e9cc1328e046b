//! A real browser for the tests: headless Chromium, driven through the DevTools protocol.
//! No knowledge of our pages, and no way out: it resolves no name but this machine's.

mod devtools;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use tempfile::TempDir;

use devtools::Connection;

/// How long a page is given to become as awaited, in milliseconds. Not a measure of speed: it only turns a test that
/// would hang for ever into one that says what it waited for.
const PATIENCE: u32 = 60_000;

/// A running Chromium with a profile of its own. It ends with the value.
pub struct Browser {
    child: Child,
    connection: Arc<Connection>,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium. `None`, said loudly, where it isn't installed; there a test should return.
    ///
    /// # Panics
    /// Where it isn't installed although `CI=true`: on CI nothing is skipped in silence.
    pub async fn launch() -> Option<Self> {
        let profile = tempfile::tempdir().expect("a directory for the browser's profile");
        let started = ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .find_map(|program| command(program, profile.path()).spawn().ok());
        let Some(mut child) = started else {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI has no Chromium: install it");
            // Past the test harness, which keeps what `eprintln!` says to itself.
            let notice =
                b"\n!!! SKIPPED: a browser test did not run, since `chromium` is not installed here.\n\n";
            let _ = std::io::stderr().write_all(notice);
            return None;
        };
        let address = listening_address(&mut child).await;
        let connection = Arc::new(Connection::open(&address).await);
        Some(Self { child, connection, _profile: profile })
    }

    /// Opens an empty page (a tab) of 1280 × 800.
    pub async fn page(&self) -> Page {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", attach).await;
        let session = attached["sessionId"].as_str().expect("a session of the page").to_owned();
        let page = Page { connection: self.connection.clone(), session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await;
        page.resize(1280, 800).await;
        page
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        self.connection.call(None, method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Only our own child; its helper processes end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One page (tab) of the browser.
pub struct Page {
    connection: Arc<Connection>,
    session: String,
}

impl Page {
    /// Goes to an address and waits until the page has loaded.
    pub async fn goto(&self, url: &str) {
        let mut events = self.connection.events();
        let reply = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(reply["errorText"].is_null(), "{url}: {}", reply["errorText"]);
        // A mere change of the fragment loads nothing.
        let Some(loader) = reply["loaderId"].as_str() else { return };
        loop {
            let event = events.recv().await.expect("the browser still runs, and we keep up with it");
            let params = &event["params"];
            let load = event["method"] == "Page.lifecycleEvent" && params["name"] == "load";
            if load && event["sessionId"] == self.session.as_str() && params["loaderId"] == loader {
                return;
            }
        }
    }

    /// The value of a JavaScript expression (of its promise, if it is one), as JSON.
    ///
    /// # Panics
    /// With what the expression throws.
    pub async fn eval(&self, expression: &str) -> Value {
        match self.try_eval(expression).await {
            Ok(value) => value,
            Err(error) => panic!("{expression}\n{error}"),
        }
    }

    /// Waits until a JavaScript expression is true of the page, and returns its value. It is asked again at each
    /// change of the document and each frame; while it throws, it counts as not yet true.
    ///
    /// # Panics
    /// After a minute, with what the page shows and its [`problems`](Self::problems).
    pub async fn wait_for(&self, condition: &str) -> Value {
        let script = format!(
            r"new Promise((resolve, reject) => {{
                const holds = async () => {{ try {{ return await ({condition}) }} catch {{ return false }} }};
                let over = false;
                const end = (settle, value) => {{ over = true; observer.disconnect(); settle(value) }};
                const look = async () => {{
                    const value = await holds();
                    if (value && !over) end(resolve, value);
                }};
                const observer = new MutationObserver(look);
                observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
                const frame = () => {{ if (!over) {{ look(); requestAnimationFrame(frame) }} }};
                frame();
                setTimeout(() => {{ if (!over) end(reject, 'not yet') }}, {PATIENCE});
            }})"
        );
        loop {
            match self.try_eval(&script).await {
                Ok(value) => return value,
                // The page went elsewhere meanwhile: look there.
                Err(error) if error.contains("navigated") || error.contains("context") => {}
                Err(error) => {
                    let text = self.eval("document.body?.innerText ?? ''").await;
                    let problems = self.problems();
                    panic!(
                        "waited for: {condition}\n{error}\nproblems: {problems:#?}\nthe page shows: {text}"
                    );
                }
            }
        }
    }

    /// Clicks into the middle of the first element that a CSS selector finds, once it is there.
    pub async fn click(&self, selector: &str) {
        let selector = json!(selector);
        let find = format!(
            "(() => {{ const e = document.querySelector({selector}); e.scrollIntoView({{ block: 'nearest' }}); \
             const r = e.getBoundingClientRect(); \
             return r.width > 0 && {{ x: r.x + r.width / 2, y: r.y + r.height / 2 }} }})()"
        );
        let place = self.wait_for(&find).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types into whatever has the focus.
    pub async fn type_text(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key, with its modifiers before it: `Enter`, `Tab`, `a`, `Control+Enter`, `Shift+ArrowDown`.
    pub async fn press(&self, keys: &str) {
        let mut parts: Vec<&str> = keys.split('+').collect();
        let key = parts.pop().unwrap_or_default();
        let modifiers = parts.iter().fold(0, |sum, modifier| {
            sum | match *modifier {
                "Alt" => 1,
                "Control" => 2,
                "Meta" => 4,
                "Shift" => 8,
                other => panic!("no such modifier: {other}"),
            }
        });
        let (code, number) = key_code(key);
        let text = match key {
            "Enter" => "\r",
            _ if key.len() == 1 && modifiers & 2 == 0 => key,
            _ => "",
        };
        let event = |kind: &str, text: &str| {
            json!({ "type": kind, "key": key, "code": code, "text": text,
                    "windowsVirtualKeyCode": number, "modifiers": modifiers })
        };
        self.call("Input.dispatchKeyEvent", event("keyDown", text)).await;
        self.call("Input.dispatchKeyEvent", event("keyUp", "")).await;
    }

    /// The size of the page in CSS pixels; a phone has about 390 × 844.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Writes what the page shows to a PNG file.
    pub async fn screenshot(&self, path: impl AsRef<Path>) {
        let reply = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
        let data = reply["data"].as_str().expect("a picture of the page");
        let bytes = BASE64_STANDARD.decode(data).expect("the protocol sends base64");
        std::fs::write(path, bytes).expect("the picture can be written");
    }

    /// What went wrong in the page since it was opened, a line each: console errors, uncaught exceptions, breaches of
    /// its content policy, failed requests and answers from 400 on.
    pub fn problems(&self) -> Vec<String> {
        devtools::problems(&self.connection.log(&self.session))
    }

    /// All that was written to the page's console, as `level: text`.
    pub fn console(&self) -> Vec<String> {
        devtools::console(&self.connection.log(&self.session))
    }

    async fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true,
                             "userGesture": true });
        let reply = self.connection.call(Some(&self.session), "Runtime.evaluate", params).await?;
        match reply.get("exceptionDetails") {
            Some(details) => Err(devtools::exception(details)),
            None => Ok(reply["result"]["value"].clone()),
        }
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let reply = self.connection.call(Some(&self.session), method, params).await;
        reply.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

fn command(program: &str, profile: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-quic", "--disable-extensions", "--no-proxy-server", "--lang=en-US"])
        // A page that asks for anything from elsewhere fails its test, whether or not this machine has a network.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost")
        .arg("--remote-debugging-port=0")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("about:blank")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Reads Chromium's standard error up to the line that tells where it listens, and on until it ends, so that it never
/// blocks on a full pipe.
async fn listening_address(child: &mut Child) -> String {
    let errors = BufReader::new(child.stderr.take().expect("its standard error is piped"));
    let (sender, address) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut sender = Some(sender);
        for line in errors.lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("DevTools listening on ")
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(address.trim().to_owned());
            }
        }
    });
    address.await.expect("Chromium says where it listens")
}

/// A key's `code` and its Windows number, as the protocol wants both.
fn key_code(key: &str) -> (String, u32) {
    let number = match key {
        "Backspace" => 8,
        "Tab" => 9,
        "Enter" => 13,
        "Escape" => 27,
        "Space" => 32,
        "PageUp" => 33,
        "PageDown" => 34,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        "Delete" => 46,
        _ => {
            let mut letters = key.chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else { panic!("no such key: {key}") };
            let upper = letter.to_ascii_uppercase();
            let code = if upper.is_ascii_digit() { format!("Digit{upper}") } else { format!("Key{upper}") };
            return (code, u32::from(upper));
        }
    };
    (key.to_owned(), number)
}

/// The browser is a tool of the tests, so it is tested itself, on a page small enough to see through.
#[tokio::test]
async fn the_browser_runs_a_page_and_tells_what_goes_wrong_in_it() {
    use axum::{Router, response::Html, routing::get};

    const PAGE: &str = "<!doctype html><title>Tiny</title><input id=name><button id=go>Go</button><p id=out></p>
        <script>
            const name = document.getElementById('name'), out = document.getElementById('out');
            document.getElementById('go').onclick = () => setTimeout(() => out.textContent = `Hello, ${name.value}`);
            name.onkeydown = (event) => { if (event.ctrlKey && event.key === 'Enter') location = '/second' };
        </script>";
    const BROKEN: &str = "<!doctype html><title>Broken</title>
        <script>console.error('a loud', 7); fetch('/none'); fetch('http://example.com/'); null.x</script>";

    let Some(browser) = Browser::launch().await else { return };
    let routes = Router::new()
        .route("/", get(Html(PAGE)))
        .route("/favicon.ico", get(()))
        .route("/second", get(Html("<!doctype html><title>Second</title><h1>Here</h1>")))
        .route("/broken", get(Html(BROKEN)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let page = browser.page().await;
    page.goto(&base).await;
    assert_eq!(page.eval("document.title").await, "Tiny");
    page.click("#name").await;
    page.type_text("Ada").await;
    page.click("#go").await;
    assert_eq!(page.wait_for("out.textContent").await, "Hello, Ada");
    page.click("#name").await;
    page.press("Control+Enter").await;
    assert_eq!(page.wait_for("document.querySelector('h1').textContent").await, "Here");
    assert_eq!(page.problems(), Vec::<String>::new());
    let picture = tempfile::tempdir().unwrap();
    page.screenshot(picture.path().join("page.png")).await;
    assert!(std::fs::read(picture.path().join("page.png")).unwrap().starts_with(b"\x89PNG"));

    let broken = browser.page().await;
    broken.goto(&format!("{base}/broken")).await;
    broken.eval("fetch('/none').then(() => new Promise(requestAnimationFrame))").await;
    let problems = broken.problems().join("\n");
    for expected in ["console: a loud 7", "uncaught: TypeError", "answer 404", "request failed"] {
        assert!(problems.contains(expected), "{expected} is missing in:\n{problems}");
    }
    assert_eq!(page.problems(), Vec::<String>::new(), "each page has its own log");
}
