//! People: how they sign up, sign in and stay signed in, and what they may do. No GraphQL, no HTTP.
//!
//! Tokens, sessions and backoff live on the machine's time, which nobody moves; a person's own dates on the domain's.

pub mod access_token;
mod active;
pub mod attempts;
pub mod become_host;
pub mod caller;
pub mod display_name;
pub mod forget;
pub mod gate;
pub mod hasher;
pub mod idempotent_answer;
mod key_file;
pub mod keys;
pub mod list_sessions;
mod lock;
pub mod mail_sign_up;
pub mod make_admin;
pub mod password;
pub mod pending_sign_up;
pub mod prove_again;
pub mod refresh_session;
pub mod refresh_token;
pub mod revoke_session;
pub mod session;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
mod sign_up_token;
pub mod signed_in;
pub mod update_profile;
pub mod user;
pub mod verify_email;
pub mod viewer;

#[cfg(test)]
mod tests;

pub use active::is_active;
pub use become_host::become_host;
pub use caller::Caller;
pub use gate::Gate;
pub use keys::Keys;
pub use list_sessions::list_sessions;
pub use lock::lock;
pub use mail_sign_up::{mail_known_email, mail_sign_up};
pub use make_admin::make_admin;
pub use refresh_session::refresh_session;
pub use revoke_session::revoke_session;
pub use sign_in::sign_in;
pub use sign_out::sign_out;
pub use sign_up::sign_up;
pub use signed_in::SignedIn;
pub use update_profile::update_profile;
pub use verify_email::verify_email;
pub use viewer::{BadToken, Viewer};
