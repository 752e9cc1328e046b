//! Keeps an error where it happened: `null` in a nullable field, and its siblings as they are. No rule of its own.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    ServerError, ServerResult, Value,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo},
};

/// Makes errors of nullable fields stay there, as the specification wants it (§6.4.4).
///
/// Without it, the library answers a resolver's `Err` of type `Result<Option<T>>`, or a guard's refusal, with the loss
/// of everything around the field, up to the next nullable *parent*. Add it to the schema:
/// `Schema::build(…).extension(ErrorsStayLocal)`; [`super::run`] puts the errors back into the response.
#[derive(Debug, Clone, Copy)]
pub struct ErrorsStayLocal;

/// The errors of one operation that left a `null` behind; in the data of each request that [`super::run`] prepares.
#[derive(Debug, Clone, Default)]
pub(super) struct Setbacks(Arc<Mutex<Vec<ServerError>>>);

impl Setbacks {
    /// Those since the last time.
    pub(super) fn take(&self) -> Vec<ServerError> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, error: ServerError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

impl ExtensionFactory for ErrorsStayLocal {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait]
impl Extension for ErrorsStayLocal {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let nullable = !info.return_type.ends_with('!');
        match next.run(ctx, info).await {
            Err(error) if nullable => match ctx.data_opt::<Setbacks>() {
                Some(setbacks) => {
                    setbacks.add(error);
                    Ok(Some(Value::Null))
                }
                None => Err(error),
            },
            outcome => outcome,
        }
    }
}
