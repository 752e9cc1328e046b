//! The refresh token: opaque, good for one exchange, and a trap for who comes with an old one. No database here.
//!
//! A token is the session's id, a secret of 256 bits, and a tag by which we know our own without asking the database.
//! The tag also lets us tell an *old* token of a session from a made-up one, however old it is: a made-up one must
//! not be able to end somebody's session.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{keys::Keys, session};
use crate::kernel::{SessionId, clock::Instant};

/// A session ends when it isn't refreshed for so many days.
pub const IDLE_DAYS: i64 = 30;

/// A session ends after so many days, however busy.
pub const LONGEST_DAYS: i64 = 90;

/// For so many seconds, an exchange that is made twice in parallel gets the same answer twice.
pub const GRACE_SECONDS: i64 = 10;

const SECRET: usize = 32;
const TAG: usize = 16;

/// A refresh token, read or made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose token it is.
    pub session: SessionId,
    secret: [u8; SECRET],
}

/// What is to be done with a token that was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the current one: give this successor.
    Rotate(RefreshToken),
    /// It was exchanged a moment ago: give the same successor again.
    Repeat(RefreshToken),
    /// It was exchanged long ago: somebody has a copy. End the session.
    Reused,
    /// The session is over.
    Ended,
}

impl RefreshToken {
    /// The first token of a session.
    pub fn first(session: SessionId) -> Self {
        Self { session, secret: rand::random() }
    }

    /// Reads a token that we wrote; anything else is `None`.
    pub fn read(keys: &Keys, text: &str) -> Option<Self> {
        // The exact length first: what is megabytes long isn't worth decoding.
        if text.len() != (16 + SECRET + TAG).div_ceil(3) * 4 - 2 {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, tag) = bytes.split_at_checked(16 + SECRET)?;
        if tag.len() != TAG || !keys.vouches("refresh-tag", body, tag) {
            return None;
        }
        let (session, secret) = body.split_at(16);
        Some(Self { session: SessionId(Uuid::from_slice(session).ok()?), secret: secret.try_into().ok()? })
    }

    /// The token as it is given to the client: 86 characters that are safe in a URL.
    pub fn text(&self, keys: &Keys) -> String {
        let body = self.body();
        let tag = keys.derive("refresh-tag", &body);
        BASE64_URL_SAFE_NO_PAD.encode([&body, &tag[..TAG]].concat())
    }

    /// What is stored instead of the token: SHA-256 of its secret, in hex. The secret has 256 bits, so there is
    /// nothing to guess and no need for a slow hash.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.secret))
    }

    /// The token that this one is exchanged for, always the same one: two servers that are asked at once agree
    /// without having spoken. Newest data key first.
    fn successors(&self, keys: &Keys) -> impl Iterator<Item = Self> {
        let session = self.session;
        keys.derivations("refresh", &self.secret).map(move |secret| Self { session, secret })
    }

    /// What is to be done with this token, given its session's row and the machine's time.
    pub fn judge(&self, keys: &Keys, session: &session::Model, now: Instant) -> Verdict {
        if !session.lives(now) {
            return Verdict::Ended;
        }
        let hash = self.hash();
        if hash == session.refresh_hash {
            return self.successors(keys).next().map_or(Verdict::Ended, Verdict::Rotate);
        }
        let just_now = now - session.rotated_at <= TimeDelta::seconds(GRACE_SECONDS);
        if just_now && session.previous_hash.as_ref() == Some(&hash) {
            // None fits if the data keys were replaced within these seconds; then nobody is to blame.
            let given = self.successors(keys).find(|next| next.hash() == session.refresh_hash);
            return given.map_or(Verdict::Ended, Verdict::Repeat);
        }
        Verdict::Reused
    }

    fn body(&self) -> Vec<u8> {
        [self.session.0.as_bytes().as_slice(), &self.secret].concat()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, ***)", self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{accounts::tests::keys, kernel::UserId};

    fn now() -> Instant {
        Instant::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn session(token: &RefreshToken) -> session::Model {
        session::Model {
            id: token.session,
            user_id: UserId::new(),
            refresh_hash: token.hash(),
            previous_hash: None,
            rotated_at: now(),
            device: String::new(),
            created_at: now(),
            last_seen_at: now(),
            expires_at: now() + TimeDelta::days(LONGEST_DAYS),
            revoked_at: None,
        }
    }

    #[test]
    fn only_our_own_tokens_can_be_read() {
        let keys = keys();
        let token = RefreshToken::first(SessionId::new());
        let text = token.text(&keys);
        assert_eq!(text.len(), 86);
        assert_eq!(RefreshToken::read(&keys, &text), Some(token));
        let other = RefreshToken::first(SessionId::new()).text(&keys);
        let spliced = format!("{}{}", &text[..43], &other[43..]);
        for bad in ["", "x", &text[1..], &spliced, &"A".repeat(86), &format!("{text}A"), &"x".repeat(1 << 20)]
        {
            assert_eq!(RefreshToken::read(&keys, bad), None);
        }
    }

    #[test]
    fn a_token_is_exchanged_once_and_again_within_the_grace() {
        let keys = keys();
        let first = RefreshToken::first(SessionId::new());
        let mut row = session(&first);
        let Verdict::Rotate(second) = first.judge(&keys, &row, now()) else { panic!() };
        row.previous_hash = Some(first.hash());
        row.refresh_hash = second.hash();
        let after = |seconds| first.judge(&keys, &row, now() + TimeDelta::seconds(seconds));
        assert_eq!(after(0), Verdict::Repeat(second));
        assert_eq!(after(10), Verdict::Repeat(second));
        assert_eq!(after(11), Verdict::Reused);
        // The grandfather is known as ours too, however old.
        let Verdict::Rotate(third) = second.judge(&keys, &row, now()) else { panic!() };
        row.previous_hash = Some(second.hash());
        row.refresh_hash = third.hash();
        assert_eq!(first.judge(&keys, &row, now()), Verdict::Reused);
    }

    #[test]
    fn a_session_ends_when_idle_when_old_and_when_revoked() {
        let keys = keys();
        let token = RefreshToken::first(SessionId::new());
        let mut row = session(&token);
        let after = |row: &session::Model, days| token.judge(&keys, row, now() + TimeDelta::days(days));
        assert!(matches!(after(&row, 29), Verdict::Rotate(_)));
        assert_eq!(after(&row, 30), Verdict::Ended);
        row.rotated_at = now() + TimeDelta::days(89);
        assert!(matches!(after(&row, 89), Verdict::Rotate(_)));
        assert_eq!(after(&row, 90), Verdict::Ended);
        row.revoked_at = Some(now());
        assert_eq!(after(&row, 0), Verdict::Ended);
    }
}
