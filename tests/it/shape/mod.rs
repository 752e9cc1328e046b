//! Tests about the system itself: its schema, its rights, its statements.

mod rights;
mod schema;
pub mod sdl;
mod statements;
