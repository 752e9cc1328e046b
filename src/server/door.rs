//! The server as the GraphQL transport sees it: who is asking, and what their resolvers find.

use std::{sync::Arc, time::Duration};

use crate::{
    accounts::{BadToken, Viewer},
    app::App,
    config::LimitSettings,
    graphql::{
        self, Caller, Code, Schema,
        transport::{
            code::Refusal,
            door::{Admitted, Allowance, Door, Gate, Origins, Transport, Who, network},
            limits::Limits,
        },
    },
    kernel::Fault,
    ports::Meter,
};

/// How often an open stream's session is looked at: a revocation ends it within five seconds.
const STILL_THERE: Duration = Duration::from_secs(2);

/// The door to this server's schema.
#[derive(Clone)]
pub struct FrontDoor {
    app: App,
    schema: Schema,
    gate: Arc<Gate>,
}

impl FrontDoor {
    /// A door over `app`; `stop` ends its open streams.
    pub fn new(app: App, stop: tokio_util::sync::CancellationToken) -> anyhow::Result<Self> {
        let settings = &app.settings.http;
        let limits = limits(&app.settings.limits);
        let origins = match (app.settings.sandbox(), settings.origins.as_slice()) {
            (true, []) => Origins::Any,
            (_, listed) => Origins::Listed(listed.to_vec()),
        };
        let schema = graphql::schema(app.clone());
        let gate = Arc::new(Gate::new(&schema.sdl(), limits, origins, stop)?);
        Ok(Self { app, schema, gate })
    }
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
        connections: settings.connections_per_person,
        connections_per_address: settings.connections_per_address,
        ..Limits::default()
    }
}

impl Door for FrontDoor {
    type Schema = Schema;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn admit(&self, bearer: Option<&str>, _: &Caller) -> Result<Admitted, Refusal> {
        let Some(token) = bearer else {
            let app = self.app.clone();
            return Ok(Admitted::stranger(move || graphql::data(&app, None)));
        };
        let viewer = admitted(&self.app, token).await?;
        let app = self.app.clone();
        let who = Who {
            signed_in: true,
            person: Some(viewer.user.to_string()),
            data: Arc::new(move || graphql::data(&app, Some(viewer))),
        };
        Ok(Admitted { who, ends: Box::pin(ends(self.app.clone(), token.to_owned(), viewer)) })
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
        let left = self.app.throttle.take(&meters, cost).await.map_err(too_often)?;
        let scarcest = meters.iter().zip(left).min_by_key(|(_, left)| *left);
        Ok(scarcest.map(|(meter, left)| Allowance { left, per_minute: meter.per_minute }))
    }
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
async fn ends(app: App, token: String, viewer: Viewer) {
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
