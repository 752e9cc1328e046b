//! What the server answers besides the API itself.

mod examples;
mod explorer;
mod first_start;
mod graphiql;
mod limits;
mod loading;
mod manners;
mod metrics;
mod persisted;
mod quiet;
mod streams;
mod pages;
mod stop;
mod tls;
mod webhooks;
