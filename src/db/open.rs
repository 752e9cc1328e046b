//! The pools of either database, each with its own manners. No query.

use std::{path::Path, time::Duration};

use anyhow::Context;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::{
    DbSettings,
    stopwatch::{Stopwatch, watch},
};

/// How long to wait for a connection that is free.
const PATIENCE: Duration = Duration::from_secs(10);

/// The one writer of a SQLite file, under `stopwatch`, and a pool of readers, so that a reader never waits for a write.
pub async fn sqlite(
    settings: &DbSettings,
    stopwatch: &Stopwatch,
) -> anyhow::Result<(DatabaseConnection, DatabaseConnection)> {
    let path = settings.url.trim_start_matches("sqlite:").trim_start_matches("//");
    if let Some(folder) = Path::new(path).parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of {path}"))?;
    }
    let (shared, limit) = (stopwatch.clone(), settings.statement_time);
    let writer = pool(path, 1, "OFF", move || shared.clone());
    let writer = Database::connect(writer).await.context("cannot open the SQLite file")?;
    // A reader is taken for one statement, each time with a stopwatch of its own.
    let readers = pool(path, settings.connections.max(1), "ON", move || Stopwatch::new(limit));
    Ok((writer, Database::connect(readers).await?))
}

fn pool(
    path: &str,
    connections: u32,
    query_only: &'static str,
    stopwatch: impl Fn() -> Stopwatch + Clone + Send + Sync + 'static,
) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{path}?mode=rwc"));
    options.max_connections(connections).min_connections(1).sqlx_logging(false);
    // Whoever is put under the stopwatch has answered.
    options.acquire_timeout(PATIENCE).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
            .pragma("foreign_keys", "ON")
            .pragma("busy_timeout", "5000")
            .pragma("cache_size", "-16000")
            .pragma("query_only", query_only)
    });
    let fresh = stopwatch.clone();
    options.map_sqlx_sqlite_pool_opts(move |pool| {
        let stopwatch = fresh.clone();
        pool.after_connect(move |connection, _| {
            let watched = watch(connection, stopwatch());
            Box::pin(async move { watched.await.map(drop) })
        })
    });
    options.map_sqlx_sqlite_before_acquire(move |connection, _| Box::pin(watch(connection, stopwatch())));
    options
}

/// A pool of connections that read and write.
pub async fn postgres(settings: &DbSettings) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(settings.url.clone());
    options.max_connections(settings.connections.max(2)).min_connections(1).sqlx_logging(false);
    options.acquire_timeout(PATIENCE).test_before_acquire(false);
    options.statement_timeout(settings.statement_time).set_application_name("sojourn");
    if let Some(schema) = &settings.schema {
        options.set_schema_search_path(schema.clone());
    }
    Database::connect(options).await.context("cannot reach PostgreSQL")
}
