//! What the server answers besides the API itself.

mod examples;
mod explorer;
mod graphiql;
mod pages;
mod stop;
mod webhooks;
