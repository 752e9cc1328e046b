//! The server: what it answers besides the API itself.
//! No domain rule and no SQL: routes take apart requests and hand them on.

pub mod graphiql;
