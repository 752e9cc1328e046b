//! What admins see of the market. Each part is a file of its own.

use async_graphql::Object;

use super::{
    settings::Settings,
    transport::{Rule, ruled},
};

/// What admins see.
#[derive(Default)]
pub struct Admin;

/// What admins see.
#[Object(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
impl Admin {
    /// What admins set.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn settings(&self) -> Settings {
        Settings
    }
}

/// Queries of admins.
#[derive(Default)]
pub struct AdminQuery;

#[Object]
impl AdminQuery {
    /// The market, as those see it who run it.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn admin(&self) -> Admin {
        Admin
    }
}
