//! The secret of a sign-up's link. It is derived, so that only its hash is ever stored: neither the row nor the job
//! that mails it could be used to sign in as somebody.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{keys::Keys, pending_sign_up};
use crate::kernel::SignUpId;

const PURPOSE: &str = "sign-up";

/// The token of a new sign-up: 43 characters that are safe in a URL.
pub fn make(keys: &Keys, id: SignUpId) -> String {
    write(keys.derive(PURPOSE, id.0.as_bytes()))
}

/// The token whose hash the row has, also when the data keys were rotated since.
pub fn of(keys: &Keys, row: &pending_sign_up::Model) -> Option<String> {
    keys.derivations(PURPOSE, row.id.0.as_bytes()).map(write).find(|token| hash(token) == row.token_hash)
}

/// What is stored of a token: SHA-256, in hex.
pub fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

fn write(secret: [u8; 32]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(secret)
}
