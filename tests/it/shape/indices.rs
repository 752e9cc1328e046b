//! Rows are found by an index, on both databases: what points at another table, and what finders and sweeps go by.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sojourn::db::Db;

use crate::both_stores;

/// Each row: table, name of the key, column; the columns in their order.
const KEYS_OF_SQLITE: &str = "SELECT t.name, CAST(k.id AS TEXT), k.\"from\" FROM sqlite_master t
    JOIN pragma_foreign_key_list(t.name) k WHERE t.type = 'table' ORDER BY t.name, k.id, k.seq";
const INDICES_OF_SQLITE: &str = "SELECT t.name, i.name, c.name FROM sqlite_master t
    JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
    WHERE t.type = 'table' AND i.partial = 0 ORDER BY t.name, i.name, c.seqno";
const KEYS_OF_POSTGRES: &str =
    "SELECT CAST(t.relname AS TEXT), CAST(k.conname AS TEXT), CAST(a.attname AS TEXT)
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace s ON s.oid = t.relnamespace
    CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY c(number, place)
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.number
    WHERE k.contype = 'f' AND s.nspname = current_schema() ORDER BY t.relname, k.conname, c.place";
const INDICES_OF_POSTGRES: &str =
    "SELECT CAST(t.relname AS TEXT), CAST(n.relname AS TEXT), CAST(a.attname AS TEXT)
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
    JOIN pg_namespace s ON s.oid = t.relnamespace
    CROSS JOIN LATERAL unnest(CAST(i.indkey AS SMALLINT[])) WITH ORDINALITY c(number, place)
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.number
    WHERE i.indpred IS NULL AND s.nspname = current_schema() ORDER BY t.relname, n.relname, c.place";

/// What rows are looked for by that points at no other table. Sessions that have ended are swept once a day by reading them
/// all: each use of one moves its times, and an index would have to follow.
const LOOKED_FOR: &[(&str, &[&str])] = &[
    ("booking", &["code"]),
    ("calendar_feed", &["due_at"]),
    ("feed_event", &["listing_id", "first_night"]),
    ("idempotent_answer", &["created_at"]),
    ("job", &["state", "run_at"]),
    ("listing", &["country"]),
    ("listing", &["slug"]),
    ("night_reason", &["source_id"]),
    ("notification", &["user_id", "dedup_key"]),
    ("payment", &["intent_id"]),
    ("quote", &["expires_at"]),
    ("refund", &["provider_id"]),
    ("refund", &["status", "id"]),
    ("search_row", &["country"]),
    ("session", &["previous_hash"]),
    ("session", &["refresh_hash"]),
    ("sign_up", &["email"]),
    ("sign_up", &["expires_at"]),
    ("sign_up", &["token_hash"]),
    ("stripe_event", &["received_at"]),
    ("upload", &["created_at"]),
    ("user", &["email"]),
    ("wishlist", &["share_secret"]),
];

/// The columns of each key of each table.
type Keys = BTreeMap<(String, String), Vec<String>>;

async fn keys(db: &Db, sql: &str) -> Keys {
    let mut keys = Keys::new();
    for row in db.read().query_all_raw(Statement::from_string(db.backend(), sql)).await.unwrap() {
        let text = |index: usize| row.try_get_by_index::<String>(index).unwrap();
        keys.entry((text(0), text(1))).or_default().push(text(2));
    }
    keys
}

/// Whether some index of the table begins with these columns, in whatever order.
fn has_index(indices: &Keys, table: &str, columns: &[&str]) -> bool {
    let wanted: BTreeSet<&str> = columns.iter().copied().collect();
    let begins = |index: &Vec<String>| {
        let first: BTreeSet<&str> = index.iter().take(columns.len()).map(String::as_str).collect();
        first == wanted
    };
    indices.iter().any(|((of, _), index)| of == table && begins(index))
}

both_stores! {
    async fn every_finder_has_its_index(store: Store) {
        let (of_keys, of_indices) = match store.db.backend() {
            DbBackend::Postgres => (KEYS_OF_POSTGRES, INDICES_OF_POSTGRES),
            _ => (KEYS_OF_SQLITE, INDICES_OF_SQLITE),
        };
        let (pointing, indices) = (keys(&store.db, of_keys).await, keys(&store.db, of_indices).await);
        assert!(pointing.len() > 20, "{pointing:?}");
        let mut slow: Vec<String> = Vec::new();
        for ((table, _), columns) in &pointing {
            let columns: Vec<_> = columns.iter().map(String::as_str).collect();
            if !has_index(&indices, table, &columns) {
                slow.push(format!("{table}({})", columns.join(", ")));
            }
        }
        for (table, columns) in LOOKED_FOR {
            if !has_index(&indices, table, columns) {
                slow.push(format!("{table}({})", columns.join(", ")));
            }
        }
        assert_eq!(slow, [] as [String; 0], "no index begins with these");
    }
}
