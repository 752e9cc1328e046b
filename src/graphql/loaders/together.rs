//! When loaders load: once the operation itself can go no further, so that everybody who was going to ask has asked.
//! No clock, no task of its own, and no luck: the same operation makes the same batches each time.

use std::{
    any::TypeId,
    future::poll_fn,
    mem,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use async_graphql::{
    Data, Executor, Request, Response,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
    runtime::Timer,
};
use futures_util::{
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered, StreamExt},
    task::{FutureObj, Spawn, SpawnError},
};

/// The work of the loaders of one operation; in the data of each request. Clones share it.
#[derive(Clone, Default)]
pub struct Together(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Together {
    fn take(&self) -> Vec<FutureObj<'static, ()>> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs an operation, and its loaders' work whenever it waits.
    async fn drive<T>(&self, operation: impl Future<Output = T>) -> T {
        let mut operation = pin!(operation);
        let mut work = FuturesUnordered::new();
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(value) = operation.as_mut().poll(cx) {
                    return Poll::Ready(value);
                }
                work.extend(self.take());
                match work.poll_next_unpin(cx) {
                    // Something was loaded: on with the operation.
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}

impl Spawn for Together {
    fn spawn_obj(&self, work: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(work);
        Ok(())
    }
}

/// No wait: the work is not begun before everybody has asked. The library's own timer sleeps a millisecond or more for
/// each level of a query, which was most of the time of a fast one.
pub struct NoWait;

impl Timer for NoWait {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A schema without any extension, whose operations run together with their loaders. An extension is asked about every
/// field, even where it has nothing to say: without them, an operation costs the server about half.
#[derive(Clone)]
pub struct Plain<E>(pub E);

#[async_trait]
impl<E: Executor> Executor for Plain<E> {
    async fn execute(&self, request: Request) -> Response {
        let together = request.data.get(&TypeId::of::<Together>());
        match together.and_then(|together| together.downcast_ref::<Together>()).cloned() {
            Some(together) => together.drive(self.0.execute(request)).await,
            None => self.0.execute(request).await,
        }
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        self.0.execute_stream(request, session)
    }
}

/// Runs each operation, and each event of a subscription, together with its loaders. Without it in the schema, what
/// loaders load never comes.
#[derive(Debug, Clone, Copy)]
pub struct LoadTogether;

impl ExtensionFactory for LoadTogether {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait]
impl Extension for LoadTogether {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        match ctx.data_opt::<Together>() {
            Some(together) => together.drive(next.run(ctx, operation_name)).await,
            None => next.run(ctx, operation_name).await,
        }
    }
}
