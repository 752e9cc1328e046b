//! What the server answers besides the API itself.

mod graphiql;
