//! The one integration binary: everything is tested from outside, over real HTTP and WebSocket.
//! No test of a single function: those stand beside it in `src/`.

mod server;
mod support;
