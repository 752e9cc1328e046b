//! The server as the GraphQL transport sees it: who is asking, and what their resolvers find.

use std::{sync::Arc, time::Duration};

use crate::{
    accounts::{BadToken, Viewer},
    app::App,
    graphql::{
        self, Caller, Code, Schema,
        transport::{
            code::Refusal,
            door::{Admitted, Door, Gate, Origins, Who},
            limits::Limits,
        },
    },
    kernel::Fault,
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
        let limits = Limits {
            cost_anonymous: settings.cost_limit_anonymous,
            cost_signed_in: settings.cost_limit_signed_in,
            ..Limits::default()
        };
        let origins = match (app.settings.sandbox(), settings.origins.as_slice()) {
            (true, []) => Origins::Any,
            (_, listed) => Origins::Listed(listed.to_vec()),
        };
        let schema = graphql::schema(app.clone());
        let gate = Arc::new(Gate::new(&schema.sdl(), limits, origins, stop)?);
        Ok(Self { app, schema, gate })
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
