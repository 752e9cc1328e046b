//! What the server answers besides the API itself.

mod examples;
mod explorer;
mod first_start;
mod graphiql;
mod limits;
mod pages;
mod stop;
mod webhooks;
