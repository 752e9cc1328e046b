//! The program as a newcomer meets it: one command in an empty folder, and a market is there to be tried; and what its
//! command line says of itself.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use serde_json::json;

use crate::support::{Client, until};

const SIGN_IN: &str =
    "mutation($input: SignInInput!) { signIn(input: $input) { user { displayName } errors { code } } }";

fn sojourn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sojourn"));
    command.env_clear().stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// A server that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts the program, and returns what it says until the passwords are named.
async fn start(listen: &str, folder: &str) -> (Running, String) {
    let flags = [format!("--listen={listen}"), format!("--data-dir={folder}")];
    let mut child = sojourn().args(flags).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let running = Running(child);
    let said = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        for line in out.lines() {
            let line = line.unwrap();
            said.push_str(&line);
            said.push('\n');
            if line.contains("Password") {
                break;
            }
        }
        said
    });
    (running, said.await.unwrap())
}

#[tokio::test]
async fn an_empty_folder_becomes_a_market_with_logins_that_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display().to_string();
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let url = format!("http://{listen}");
    let stranger = Client::new(&url, None);
    for _ in 0..2 {
        let (_running, said) = start(&listen, &folder).await;
        for path in ["/graphiql", "/graphql", "/dev/mail"] {
            assert!(said.contains(&format!("{url}{path}")), "{said}");
        }
        until(async || stranger.is_ready().await).await;
        for login in ["guest", "host", "admin"] {
            let email = format!("{login}@demo.sojourn.test");
            assert!(said.contains(&email), "{said}");
            let input = json!({ "email": email, "password": "sojourn-demo-2026" });
            assert!(stranger.done(SIGN_IN, input).await["user"]["displayName"].is_string());
        }
        let market = "{ searchListings(first: 100) { totalCount nodes { city coverPhoto { url(width: 320) } reviewCount } } }";
        let market = stranger.get(market, json!({})).await;
        let nodes = market["nodes"].as_array().unwrap();
        let cities: std::collections::BTreeSet<_> =
            nodes.iter().map(|node| node["city"].as_str().unwrap()).collect();
        assert_eq!(market["totalCount"], 60, "the second start has the same market");
        assert_eq!(cities.len(), 6, "{cities:?}");
        assert!(nodes.iter().any(|node| node["reviewCount"].as_i64() > Some(0)));
        let picture = nodes[0]["coverPhoto"]["url"].as_str().unwrap();
        let picture = stranger.fetch(picture.strip_prefix(&url).unwrap_or(picture)).await;
        assert_eq!(picture.status(), 200);
    }
    // The books are right, and Stripe's stand-in has the same in its own.
    for check in ["verify", "reconcile"] {
        let output = sojourn().args(["ledger", check, &format!("--data-dir={folder}")]).output().unwrap();
        assert!(output.status.success(), "{check}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn the_command_line_says_what_there_is_and_what_is_in_force() {
    let said = |arguments: &[&str]| {
        let output = sojourn().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let help = said(&["serve", "--help"]);
    for name in ["DATABASE_URL", "STRIPE_SECRET_KEY", "PUBLIC_URL", "RUST_LOG", "NAME_FILE"] {
        assert!(help.contains(name), "{name} is not in the help");
    }
    let shown =
        said(&["--print-config", "--database-url=postgres://me:hunter2@db/market", "--data-dir=elsewhere"]);
    let config: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert!(!shown.contains("hunter2"));
    assert_eq!(config["database_url"], "***");
    assert_eq!(config["files_url"], "file:elsewhere/files");
    let refused = sojourn().args(["--mode=production"]).output().unwrap();
    assert!(!refused.status.success(), "production without a secret must not start");
}
