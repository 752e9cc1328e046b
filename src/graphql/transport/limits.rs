//! Every limit of the GraphQL transport, with its default. No code that applies them.

use std::time::Duration;

/// What a client may ask for. Each field is a setting; `Limits::default()` is what TRUST promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest document, in bytes.
    pub document_bytes: usize,
    /// Most tokens in a document.
    pub tokens: usize,
    /// Deepest nesting of `(`, `[` and `{`: the library's value parser recurses without a limit of its own.
    pub nesting: usize,
    /// Most selections per document, with fragments expanded at each use.
    pub selections: usize,
    /// Deepest nesting of fields.
    pub depth: usize,
    /// Most aliases per operation, with fragments expanded.
    pub aliases: usize,
    /// Most root fields per operation.
    pub root_fields: usize,
    /// Most root fields of a mutation.
    pub mutations: usize,
    /// Mutations that try a secret or send a mail: at most one of them per operation, whatever its alias.
    pub sign_in_fields: Vec<String>,
    /// Whether the schema may be explored: introspection, and the way to GraphiQL.
    pub explore: bool,
    /// How often `fields`, `interfaces`, `possibleTypes` and `inputFields` may nest in an introspection: tools need one,
    /// and each further level multiplies the answer by the size of the schema.
    pub introspection_lists: usize,
    /// Largest JSON of the variables, in bytes.
    pub variables_bytes: usize,
    /// Most items of a list that is an input.
    pub list_items: usize,
    /// Whether only documents that were registered at start are executed.
    pub trusted_only: bool,
    /// Memory for parsed documents, in bytes, roughly.
    pub cached_document_bytes: u64,

    /// Highest cost of an operation of somebody who isn't signed in.
    pub cost_anonymous: u64,
    /// Highest cost of an operation of somebody who is signed in.
    pub cost_signed_in: u64,

    /// Largest body of a POST, in bytes.
    pub body_bytes: usize,
    /// Most files of a request.
    pub files: usize,
    /// Largest file of a request, in bytes.
    pub file_bytes: usize,
    /// Largest form of a request with files, in bytes.
    pub form_bytes: usize,
    /// Forms that are read and worked on at once, since they are held in memory.
    pub forms: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long a query or a mutation may run.
    pub execution_time: Duration,
    /// Root fields that may take longer, since they wait for something and hold nothing.
    pub patient_fields: Vec<String>,
    /// How long an operation with one of them may run.
    pub patient_time: Duration,

    /// Largest WebSocket message, in bytes.
    pub message_bytes: usize,
    /// How long a socket may stay without `connection_init`.
    pub init_time: Duration,
    /// How often a socket is pinged, and how long it may take to answer.
    pub ping_every: Duration,
    /// How long one message may wait to be taken by the client before the socket is given up.
    pub stall: Duration,
    /// Operations that may run at once on one socket.
    pub subscriptions: usize,
    /// Sockets and event streams that one person may hold.
    pub connections: usize,
    /// Sockets and event streams that strangers may hold from one address (IPv6: from one /64).
    pub connections_per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 16 * 1024,
            tokens: 1_000,
            nesting: 32,
            selections: 2_000,
            depth: 15,
            aliases: 20,
            root_fields: 10,
            mutations: 4,
            sign_in_fields: [
                "signIn",
                "signUp",
                "refreshSession",
                "verifyEmail",
                "requestPasswordReset",
                "resetPassword",
                "changePassword",
                "changeEmail",
                "startOAuth",
                "completeOAuth",
                "reauthenticate",
                "verifySecondFactor",
                "confirmTotp",
                "disableTotp",
            ]
            .map(str::to_owned)
            .to_vec(),
            explore: true,
            introspection_lists: 1,
            variables_bytes: 256 * 1024,
            list_items: 250,
            trusted_only: false,
            cached_document_bytes: 16 * 1024 * 1024,
            cost_anonymous: 1_000,
            cost_signed_in: 5_000,
            body_bytes: 1024 * 1024,
            files: 4,
            file_bytes: 10 * 1024 * 1024,
            form_bytes: 20 * 1024 * 1024,
            forms: 8,
            body_time: Duration::from_secs(30),
            execution_time: Duration::from_secs(10),
            patient_fields: vec!["advanceClock".to_owned()],
            patient_time: Duration::from_secs(60),
            message_bytes: 64 * 1024,
            init_time: Duration::from_secs(3),
            ping_every: Duration::from_secs(15),
            stall: Duration::from_secs(10),
            subscriptions: 20,
            connections: 5,
            connections_per_address: 50,
        }
    }
}
