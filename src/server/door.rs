//! The server as the GraphQL transport sees it: who is asking, and what their resolvers find.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;
use crate::{
    accounts::{BadToken, Viewer},
    app::App,
    config::LimitSettings,
    graphql::{
        self, Caller, Code, PlainSchema, Schema,
        transport::{
            code::Refusal,
            door::{Admitted, Allowance, Door, Gate, Observed, Origins, Transport, Who, network},
            limits::Limits,
        },
    },
    kernel::Fault,
    listings::{darkroom::Darkroom, picture},
    ports::Meter,
};

/// How often an open stream's session is looked at: a revocation ends it within five seconds.
const STILL_THERE: Duration = Duration::from_secs(1);

/// How long a document that a client registered is known at other servers: after that, the client sends it again.
const REGISTERED: Duration = Duration::from_secs(24 * 60 * 60);

/// The door to this server's schema.
#[derive(Clone)]
pub struct FrontDoor {
    app: Arc<App>,
    schema: Schema,
    plain: PlainSchema,
    gate: Arc<Gate>,
    metrics: Metrics,
}

impl FrontDoor {
    /// A door over `app`; `stop` ends its open streams.
    pub fn new(
        app: App,
        darkroom: Darkroom,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let settings = &app.settings.http;
        let limits = Limits {
            explore: app.settings.explore(),
            trusted_only: settings.trusted_documents.is_some(),
            ..limits(&app.settings.limits)
        };
        let origins = match (app.settings.sandbox(), settings.origins.as_slice()) {
            (true, []) => Origins::Any,
            (_, listed) => Origins::Listed(listed.to_vec()),
        };
        let (schema, plain) = graphql::schema(&app, &darkroom);
        let mut gate = Gate::new(&schema.sdl(), limits, origins, stop)?;
        if let Some(path) = &settings.trusted_documents {
            trust(&mut gate, path).with_context(|| format!("TRUSTED_DOCUMENTS: {}", path.display()))?;
        }
        Ok(Self { app: Arc::new(app), schema, plain, gate: Arc::new(gate), metrics })
    }
}

/// Registers the documents of a file: a JSON object of each one's text by its hash.
fn trust(gate: &mut Gate, path: &Path) -> anyhow::Result<()> {
    let documents: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(path)?)?;
    for (hash, text) in &documents {
        gate.documents.trust(hash, text).map_err(|refusal| anyhow::anyhow!("{hash}: {}", refusal.message))?;
    }
    Ok(())
}

/// What the settings allow.
fn limits(settings: &LimitSettings) -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        document_bytes: settings.document_bytes,
        tokens: settings.document_tokens,
        nesting: settings.document_nesting,
        selections: settings.document_selections,
        depth: settings.document_depth,
        aliases: settings.document_aliases,
        root_fields: settings.document_root_fields,
        mutations: settings.document_mutations,
        variables_bytes: settings.variables_bytes,
        list_items: settings.list_items,
        cost_anonymous: settings.cost_limit_anonymous,
        cost_signed_in: settings.cost_limit_signed_in,
        body_bytes: settings.body_bytes,
        body_time: seconds(settings.body_seconds),
        execution_time: seconds(settings.execution_seconds),
        message_bytes: settings.message_bytes,
        init_time: seconds(settings.socket_init_seconds),
        ping_every: seconds(settings.socket_ping_seconds),
        stall: seconds(settings.socket_stall_seconds),
        subscriptions: settings.socket_operations,
        file_bytes: picture::MAX_BYTES,
        files: settings.upload_files,
        form_bytes: settings.upload_bytes,
        forms: settings.uploads_at_once,
        connections: settings.connections_per_person,
        connections_per_address: settings.connections_per_address,
        ..Limits::default()
    }
}

impl Door for FrontDoor {
    type Schema = Schema;
    type Plain = PlainSchema;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn plain(&self) -> &PlainSchema {
        &self.plain
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn admit(&self, bearer: Option<&str>, _: &Caller) -> Result<Admitted, Refusal> {
        let Some(token) = bearer else {
            let app = Arc::clone(&self.app);
            return Ok(Admitted::stranger(move || graphql::data(&app, None)));
        };
        let viewer = admitted(&self.app, token).await?;
        let app = Arc::clone(&self.app);
        let who = Who {
            signed_in: true,
            person: Some(viewer.user.to_string()),
            data: Arc::new(move || graphql::data(&app, Some(viewer))),
        };
        Ok(Admitted { who, ends: Box::pin(ends(Arc::clone(&self.app), token.to_owned(), viewer)) })
    }

    async fn allow(
        &self,
        person: Option<&str>,
        caller: &Caller,
        cost: u64,
    ) -> Result<Option<Allowance>, Refusal> {
        let limits = &self.app.settings.limits;
        let address = (caller.transport != Transport::Inside || caller.address.is_some())
            .then(|| (format!("cost {}", network(caller.address)), limits.rate_limit_address));
        let person = person.map(|person| (format!("cost {person}"), limits.rate_limit_person));
        let meters: Vec<Meter> = person
            .into_iter()
            .chain(address)
            .filter(|(_, per_minute)| *per_minute > 0)
            .map(|(key, per_minute)| Meter { key, per_minute })
            .collect();
        if meters.is_empty() {
            return Ok(None);
        }
        // Nothing is free, or there could be any number of it.
        let left = self.app.throttle.take(&meters, cost.max(1)).await.map_err(too_often)?;
        let scarcest = meters.iter().zip(left).min_by_key(|(_, left)| *left);
        Ok(scarcest.map(|(meter, left)| Allowance { left, per_minute: meter.per_minute }))
    }

    fn observe(&self, observed: Observed) {
        self.metrics.operation(&observed);
    }

    async fn recall(&self, hash: &str) -> Option<String> {
        let text = self.app.cache.get(&document_key(hash)).await?;
        String::from_utf8(text.to_vec()).ok()
    }

    async fn remember(&self, hash: &str, text: &str) {
        let text = bytes::Bytes::copy_from_slice(text.as_bytes());
        self.app.cache.put(&document_key(hash), text, REGISTERED).await;
    }
}

fn document_key(hash: &str) -> String {
    format!("document:{}", hash.to_ascii_lowercase())
}

/// What may be had again after `wait`.
fn too_often(wait: Duration) -> Refusal {
    Refusal::new(Code::RateLimited, "Too much was asked for in the last minute.").after(wait)
}

/// The viewer behind a token, for every route that takes one.
pub async fn admitted(app: &App, token: &str) -> Result<Viewer, Refusal> {
    Viewer::admit(app, token).await.map_err(|fault| match fault {
        Fault::Refused(BadToken::Expired) => {
            Refusal::new(Code::Unauthenticated, "This access token has expired.")
        }
        Fault::Broken(cause) => {
            tracing::error!(error = format!("{cause:#}"), "a token could not be looked at");
            Refusal::new(Code::Internal, "Something went wrong on our side.")
        }
        _ => Refusal::new(Code::Unauthenticated, "This access token is not valid."),
    })
}

/// Resolves when the token has expired, its session was ended, or its person's rights have changed.
async fn ends(app: Arc<App>, token: String, viewer: Viewer) {
    loop {
        tokio::time::sleep(STILL_THERE).await;
        match Viewer::admit(&app, &token).await {
            Ok(now) if now == viewer => {}
            // A database that doesn't answer is no reason to hang up.
            Err(Fault::Broken(_)) => {}
            _ => return,
        }
    }
}
