//! Events of a subscription within their time: each is an operation of its own, and waits for nobody. No other limit.

use std::{sync::Arc, time::Duration};

use async_graphql::{
    Response, ServerError,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};

use super::code::Code;

/// Breaks off events that take too long. Add it to the schema; [`super::run`] says how long that is.
#[derive(Debug, Clone, Copy)]
pub struct EventsInTime;

/// How long an event may take; in the data of each subscription.
#[derive(Debug, Clone, Copy)]
pub(super) struct PerEvent(pub Duration);

impl ExtensionFactory for EventsInTime {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait]
impl Extension for EventsInTime {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Some(PerEvent(limit)) = ctx.data_opt::<PerEvent>().copied() else {
            return next.run(ctx, operation_name).await;
        };
        let late = |_| {
            let error = Code::QueryLimitExceeded.error("The event took too long.");
            let error = ServerError { extensions: error.extensions, ..ServerError::new(error.message, None) };
            Response::from_errors(vec![error])
        };
        tokio::time::timeout(limit, next.run(ctx, operation_name)).await.unwrap_or_else(late)
    }
}
