//! What resolvers find in their context: the server, the viewer, the loaders. And how a viewer's rights answer a rule.

use std::{str::FromStr, sync::Arc};

use async_graphql::{Context, Error, ID, Result, dataloader::DataLoader};

use super::{
    loaders::Loaders,
    transport::{Caller, Code, Denied, Rule, Standing, door::network},
};
use crate::{accounts, accounts::Viewer, app::App, kernel::id::NotAnId};

/// The server.
pub fn app<'a>(ctx: &Context<'a>) -> &'a App {
    ctx.data_unchecked::<App>()
}

/// Who asks, if somebody is signed in.
pub fn viewer<'a>(ctx: &Context<'a>) -> Option<&'a Viewer> {
    ctx.data_opt::<Viewer>()
}

/// Who asks; the field's rule has made sure that somebody does.
pub fn signed_in<'a>(ctx: &Context<'a>) -> Result<&'a Viewer> {
    viewer(ctx).ok_or_else(|| Code::Unauthenticated.error("Sign in first."))
}

/// The loaders of this operation.
pub fn loaders<'a>(ctx: &Context<'a>) -> &'a DataLoader<Loaders> {
    ctx.data_unchecked::<DataLoader<Loaders>>()
}

/// Where the call comes from, as accounts want to know it.
pub fn caller(ctx: &Context<'_>) -> accounts::Caller {
    match ctx.data_opt::<Arc<Caller>>() {
        Some(caller) => accounts::Caller::new(
            caller.address.map(|address| network(Some(address))),
            caller.header("user-agent").unwrap_or_default(),
        ),
        None => accounts::Caller::default(),
    }
}

/// Reads a typed id; an id of another kind, or none, is bad input.
pub fn id<T: FromStr<Err = NotAnId>>(field: &str, text: &ID) -> Result<T> {
    text.parse().map_err(|e: NotAnId| bad_input(field, e))
}

/// An error for input that is not as it must be.
pub fn bad_input(field: &str, problem: impl std::fmt::Display) -> Error {
    let error = Code::BadUserInput.error(format!("{field}: {problem}"));
    async_graphql::ErrorExtensions::extend_with(error, |_, extensions| extensions.set("field", field))
}

impl Standing for Viewer {
    fn allows(&self, rule: Rule) -> std::result::Result<(), Denied> {
        let allowed = match rule {
            Rule::Public | Rule::SignedIn | Rule::Owner => true,
            Rule::Verified => self.verified && !self.suspended,
            Rule::Host => self.is_host && !self.suspended,
            Rule::Admin => self.is_admin && !self.suspended,
        };
        if allowed { Ok(()) } else { Err(Denied::Forbidden) }
    }
}
