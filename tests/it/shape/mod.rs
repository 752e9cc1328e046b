//! Tests about the system itself: its schema, its rights, its statements.

mod indices;
mod paging;
mod private;
mod rights;
mod schema;
pub mod sdl;
mod statements;
mod streams;
