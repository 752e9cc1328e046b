//! A PostgreSQL schema per test, and where the test machine's services are. No server here.

use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

/// A schema of its own in the test database.
pub struct Schema {
    /// The database it is in.
    pub url: String,
    /// Its name.
    pub name: String,
}

impl Schema {
    /// Makes an empty one.
    pub async fn create(url: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        let admin = Database::connect(url).await.expect("PostgreSQL must answer");
        admin.execute_unprepared(&format!("CREATE SCHEMA {name}")).await.unwrap();
        admin.close().await.unwrap();
        Self { url: url.to_owned(), name }
    }

    /// Drops it with all that is in it.
    pub async fn drop(self) {
        let admin = Database::connect(&self.url).await.unwrap();
        admin.execute_unprepared(&format!("DROP SCHEMA {} CASCADE", self.name)).await.unwrap();
    }
}

/// An environment variable of the test run. In CI the services must be there; elsewhere their absence is said loudly.
pub fn service(name: &str) -> Option<String> {
    let found = variable(name);
    assert!(
        found.is_some() || variable("CI").is_none(),
        "{name} must be set in CI: nothing is skipped there"
    );
    if found.is_none() {
        say_skipped(&format!("{name} is not set, so this test did not run on PostgreSQL and Redis"));
    }
    found
}

/// Says that something goes untested, past the test harness, which keeps what `eprintln!` says to itself.
pub fn say_skipped(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// An environment variable of the test run.
pub fn variable(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "tests have no settings of their own")]
    std::env::var(name).ok()
}
