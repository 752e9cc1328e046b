//! What the server answers besides the API itself.

mod examples;
mod explorer;
mod graphiql;
mod limits;
mod pages;
