//! Subscriptions within their time: their beginning, and each event, which is an operation of its own. In between they may
//! wait for as long as they like. No other limit.

use std::{sync::Arc, time::Duration};

use async_graphql::{
    Context, Response, Result, ServerError,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};

use super::code::Code;

/// Breaks off events that take too long. Add it to the schema; [`super::run`] says how long that is.
#[derive(Debug, Clone, Copy)]
pub struct EventsInTime;

/// How long a beginning or an event may take; in the data of each subscription.
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

/// What makes the stream of a subscription, within the time that an operation has. Each resolver of a subscription does its
/// work in here, since from outside a stream that is being made looks like one that has nothing to say.
pub async fn set_up<T>(ctx: &Context<'_>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(PerEvent(limit)) = ctx.data_opt::<PerEvent>().copied() else { return work.await };
    let late = |_| Err(Code::QueryLimitExceeded.error("The subscription took too long to begin."));
    tokio::time::timeout(limit, work).await.unwrap_or_else(late)
}
