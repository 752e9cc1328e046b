//! How much clients may ask for: one setting per limit. No code that applies them.

use clap::{Args, builder::RangedU64ValueParser, value_parser};
use serde::Serialize;

/// Where none at all would leave nothing that works.
fn some() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// How much at once, and how often. The rates are what keeps one client from being everybody's trouble.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Cost that a signed-in person may ask for per minute, and at once; 0 for no limit.
    #[arg(long, env = "RATE_LIMIT_PERSON", default_value_t = 60_000)]
    pub rate_limit_person: u64,
    /// Cost that may be asked for per minute from one address (IPv6: one /64), by however many people; 0 for no limit.
    #[arg(long, env = "RATE_LIMIT_ADDRESS", default_value_t = 120_000)]
    pub rate_limit_address: u64,
    /// Requests besides GraphQL and webhooks per minute from one address: pages, pictures, uploads; 0 for no limit.
    #[arg(long, env = "RATE_LIMIT_REQUESTS", default_value_t = 6_000)]
    pub rate_limit_requests: u64,
    /// Uploads of a person per minute; 0 for no limit.
    #[arg(long, env = "RATE_LIMIT_UPLOADS", default_value_t = 120)]
    pub rate_limit_uploads: u64,
    /// Sign-ups from one address per minute; 0 for no limit.
    #[arg(long, env = "RATE_LIMIT_SIGN_UPS", default_value_t = 20)]
    pub rate_limit_sign_ups: u64,
    /// What one request of a stranger may cost: about one per object that it may return.
    #[arg(long, env = "COST_LIMIT_ANONYMOUS", default_value_t = 1_000)]
    pub cost_limit_anonymous: u64,
    /// What one request of a signed-in person may cost.
    #[arg(long, env = "COST_LIMIT_SIGNED_IN", default_value_t = 5_000)]
    pub cost_limit_signed_in: u64,
    /// Longest GraphQL document, in bytes.
    #[arg(long, env = "DOCUMENT_BYTES", default_value_t = 16 * 1024, value_parser = some())]
    pub document_bytes: usize,
    /// Most tokens in a document.
    #[arg(long, env = "DOCUMENT_TOKENS", default_value_t = 1_000, value_parser = some())]
    pub document_tokens: usize,
    /// Deepest nesting of brackets in a document; more than 200 could overflow the stack.
    #[arg(long, env = "DOCUMENT_NESTING", default_value_t = 32,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=200))]
    pub document_nesting: usize,
    /// Most selections of a document, with fragments counted at each use.
    #[arg(long, env = "DOCUMENT_SELECTIONS", default_value_t = 2_000, value_parser = some())]
    pub document_selections: usize,
    /// Deepest nesting of fields; the introspection of tools needs 14.
    #[arg(long, env = "DOCUMENT_DEPTH", default_value_t = 15, value_parser = some())]
    pub document_depth: usize,
    /// Most aliases of an operation.
    #[arg(long, env = "DOCUMENT_ALIASES", default_value_t = 20)]
    pub document_aliases: usize,
    /// Most root fields of an operation.
    #[arg(long, env = "DOCUMENT_ROOT_FIELDS", default_value_t = 10, value_parser = some())]
    pub document_root_fields: usize,
    /// Most root fields of a mutation.
    #[arg(long, env = "DOCUMENT_MUTATIONS", default_value_t = 4, value_parser = some())]
    pub document_mutations: usize,
    /// Largest JSON of an operation's variables, in bytes.
    #[arg(long, env = "VARIABLES_BYTES", default_value_t = 256 * 1024, value_parser = some())]
    pub variables_bytes: usize,
    /// Most items of a list that is an input.
    #[arg(long, env = "LIST_ITEMS", default_value_t = 250, value_parser = some())]
    pub list_items: usize,
    /// Largest JSON body of a request, in bytes.
    #[arg(long, env = "BODY_BYTES", default_value_t = 1024 * 1024, value_parser = some())]
    pub body_bytes: usize,
    /// Most files of a GraphQL request.
    #[arg(long, env = "UPLOAD_FILES", default_value_t = 4, value_parser = some())]
    pub upload_files: usize,
    /// Largest form of a GraphQL request with files, in bytes; a picture has at most 10 MiB.
    #[arg(long, env = "UPLOAD_BYTES", default_value_t = 20 * 1024 * 1024, value_parser = some())]
    pub upload_bytes: usize,
    /// GraphQL requests with files that are read at once; more get a 503.
    #[arg(long, env = "UPLOADS_AT_ONCE", default_value_t = 8, value_parser = some())]
    pub uploads_at_once: usize,
    /// How long the body of a request may take to arrive, in seconds.
    #[arg(long, env = "BODY_SECONDS", default_value_t = 30, value_parser = value_parser!(u64).range(1..))]
    pub body_seconds: u64,
    /// How long the head of a request may take to arrive, in seconds.
    #[arg(long, env = "HEADER_SECONDS", default_value_t = 10, value_parser = value_parser!(u64).range(1..))]
    pub header_seconds: u64,
    /// How long a connection may stay open without a request, in seconds.
    #[arg(long, env = "IDLE_SECONDS", default_value_t = 60, value_parser = value_parser!(u64).range(1..))]
    pub idle_seconds: u64,
    /// How long a query or a mutation may run, in seconds.
    #[arg(long, env = "EXECUTION_SECONDS", default_value_t = 10, value_parser = value_parser!(u64).range(1..))]
    pub execution_seconds: u64,
    /// How long a statement of SQL may run, in seconds; bulk work takes its time.
    #[arg(long, env = "STATEMENT_SECONDS", default_value_t = 5, value_parser = value_parser!(u64).range(1..))]
    pub statement_seconds: u64,
    /// Requests that are answered at once; more get a 503 and may come again.
    #[arg(long, env = "REQUESTS_AT_ONCE", default_value_t = 1_000, value_parser = some())]
    pub requests_at_once: usize,
    /// Largest message of a WebSocket, in bytes.
    #[arg(long, env = "MESSAGE_BYTES", default_value_t = 64 * 1024, value_parser = some())]
    pub message_bytes: usize,
    /// How long a WebSocket may stay without `connection_init`, in seconds.
    #[arg(long, env = "SOCKET_INIT_SECONDS", default_value_t = 3, value_parser = value_parser!(u64).range(1..))]
    pub socket_init_seconds: u64,
    /// How often a WebSocket is pinged, in seconds, and how long it may take to answer.
    #[arg(long, env = "SOCKET_PING_SECONDS", default_value_t = 15, value_parser = value_parser!(u64).range(1..))]
    pub socket_ping_seconds: u64,
    /// How long a message may wait to be taken before a WebSocket is given up, in seconds.
    #[arg(long, env = "SOCKET_STALL_SECONDS", default_value_t = 10, value_parser = value_parser!(u64).range(1..))]
    pub socket_stall_seconds: u64,
    /// Operations that may be open at once on a WebSocket.
    #[arg(long, env = "SOCKET_OPERATIONS", default_value_t = 20, value_parser = some())]
    pub socket_operations: usize,
    /// WebSockets and event streams of a person at one server.
    #[arg(long, env = "CONNECTIONS_PER_PERSON", default_value_t = 5, value_parser = some())]
    pub connections_per_person: usize,
    /// WebSockets and event streams of strangers from one address (IPv6: one /64) at one server.
    #[arg(long, env = "CONNECTIONS_PER_ADDRESS", default_value_t = 50, value_parser = some())]
    pub connections_per_address: usize,
}
