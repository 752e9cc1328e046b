//! The README and the examples do what they say: operations fit the schema, the walkthrough runs as it is written, the
//! script exits 0, every setting is named. No look behind the scenes.

use std::process::{Command, Stdio};

use clap::{Args, Command as Flags};
use serde_json::json;
use sojourn::{accounts::make_admin, config::Settings, seed};

use crate::{
    both,
    support::{ListingAsk, Person, schema::say_skipped},
};

const README: &str = include_str!("../../README.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The fenced blocks of a language, in their order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// What stands under a heading of the second level.
fn section(title: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {title}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// Whether the programs are there; if not, it is said loudly, and CI fails.
fn has(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |program: &&&str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = programs.iter().filter(|program| !is_there(program)).collect();
    if !missing.is_empty() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI needs {missing:?}");
        say_skipped(&format!("{missing:?} are not installed here"));
    }
    missing.is_empty()
}

/// Runs a script of bash in the project's folder; it must exit 0. Returns what it said.
async fn bash(script: &str) -> String {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(ROOT).stdin(Stdio::null());
    // The server runs in this process: it must not wait for the script that waits for it.
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

both! {
    async fn the_example_script_plays_the_whole_road_twice(world: World) {
        if !has(&["bash", "curl", "jq"]) { return }
        let script = format!("examples/book-a-stay.sh {}", world.url);
        for said in [bash(&script).await, bash(&script).await] {
            assert!(said.contains("Everything happened as it should."), "{said}");
        }
    }
}

both! {
    async fn the_walkthrough_runs_as_it_is_written(world: World) {
        if !has(&["bash", "curl", "jq"]) { return }
        let host = Person::demo(world, "Hanna", seed::HOST, true).await;
        let guest = Person::demo(world, "Gustavo", seed::GUEST, false).await;
        let admin = Person::demo(world, "Ada", seed::ADMIN, false).await;
        make_admin(&world.app.db, &admin.email.parse().unwrap()).await.unwrap();
        host.listing(&ListingAsk::default()).await;
        let mut hears = guest.socket().await;
        for operation in blocks(README, "graphql") {
            if operation.starts_with("subscription") {
                hears.subscribe(operation, json!({})).await;
            } else {
                guest.ask(operation, json!({})).await;
            }
        }

        let walkthrough = blocks(section("Walkthrough"), "sh");
        assert!(walkthrough.len() > 6 && walkthrough[0].starts_with("examples/"));
        let script = walkthrough[1..].join("\n").replace("http://127.0.0.1:8080", &world.url);
        // A reader takes longer than a script: by then the booking is confirmed.
        let trips = "gql 'query MyTrips";
        assert!(script.contains(trips));
        let said = bash(&script.replace(trips, &format!("{CONFIRMED}\n{trips}"))).await;
        assert!(!said.contains("\"errors\": [\n"), "{said}");
        assert!(said.contains("\"status\": \"CANCELLED\""), "{said}");
        assert!(said.contains("\"status\": \"COMPLETED\"") && said.contains("\"status\": \"PAID\""), "{said}");
        assert!(said.contains("\"kind\": \"recognition\"") && said.contains("host_payable:"), "{said}");
        assert_eq!(hears.next().await["kind"], "BOOKING_CONFIRMED");
    }
}

/// Asks until the walkthrough's booking is confirmed.
const CONFIRMED: &str = r#"for _ in $(seq 1000); do
  if gql '{ viewer { bookings(first: 1) { nodes { status } } } }' | grep -q CONFIRMED; then break; fi
done"#;

#[test]
fn the_readme_names_every_setting() {
    let settings = Settings::augment_args(Flags::new("sojourn"));
    for setting in settings.get_arguments() {
        let name = setting.get_env().unwrap().to_str().unwrap();
        assert!(section("Settings").contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_map_names_every_module() {
    let library = include_str!("../../src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules {
        let map = section("The map");
        assert!(map.contains(&format!("{module}/")) || map.contains(&format!("{module}.rs")), "{module}");
        assert!(library.contains(&format!("[`{module}`]")), "{module}");
    }
}

/// Rust's source below a folder, all in one text.
fn source(folder: &std::path::Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| match path.extension() {
        Some(kind) if kind == "rs" => std::fs::read_to_string(path).unwrap(),
        _ if path.is_dir() => source(&path),
        _ => String::new(),
    };
    entries.map(text).collect()
}

#[test]
fn every_sentence_of_the_features_names_a_test_that_exists() {
    let root = std::path::Path::new(ROOT);
    let all = source(&root.join("src")) + &source(&root.join("tests"));
    let features = std::fs::read_to_string(root.join("docs/features.md")).unwrap();
    let rows = features.lines().filter(|line| line.starts_with("| ") && !line.contains("---"));
    let rows: Vec<_> = rows.filter(|line| !line.starts_with("| sentence |")).collect();
    assert!(rows.len() > 100, "{}", rows.len());
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "a cell is empty: {row}");
        let tests: Vec<_> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            assert!(all.contains(&format!("fn {test}(")), "there is no test {test}: {row}");
        }
    }
}
