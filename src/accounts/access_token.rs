//! The access token: a JWT of fifteen minutes, EdDSA and nothing else. Whether its session still lives is `viewer`'s
//! question.

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::Keys;
use crate::kernel::{SessionId, UserId, clock::Instant};

/// How long a token works, in minutes.
pub const MINUTES: i64 = 15;

/// Whom the token is for: us.
const AUDIENCE: &str = "sojourn";

/// What kind of token this is, so that no other one that we may ever sign passes for it.
const KIND: &str = "access";

/// A longer text is none of ours, and is not worth being parsed.
const LONGEST: usize = 2_048;

/// What a token says; a token that lacks any of it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it: our public address.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Whose it is.
    pub sub: UserId,
    /// The session that it belongs to.
    pub sid: SessionId,
    /// When it was signed, in Unix seconds of the machine's time.
    pub iat: i64,
    /// Until when it works, in Unix seconds of the machine's time.
    pub exp: i64,
    /// Which token.
    pub jti: Uuid,
    /// What kind.
    pub typ: String,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// It isn't one of ours, or was altered.
    #[error("this is not a valid access token")]
    Invalid,
    /// Its time is over: refresh the session.
    #[error("this access token has expired")]
    Expired,
    /// Its session was ended: sign in again.
    #[error("this session has ended")]
    Ended,
}

/// A new token and the instant at which it ends. `issuer` is our public address, `now` the machine's time.
pub fn sign(
    keys: &Keys,
    issuer: &str,
    user: UserId,
    session: SessionId,
    now: Instant,
) -> anyhow::Result<(String, Instant)> {
    let key = keys.signing().ok_or_else(|| anyhow::anyhow!("there is no key to sign with"))?;
    let ends = now + TimeDelta::minutes(MINUTES);
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user,
        sid: session,
        iat: now.timestamp(),
        exp: ends.timestamp(),
        jti: Uuid::now_v7(),
        typ: KIND.to_owned(),
    };
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    Ok((jsonwebtoken::encode(&header, &claims, &key.encoding)?, ends))
}

/// What the token says, if we signed it, for us, and its time isn't over.
pub fn verify(keys: &Keys, issuer: &str, token: &str, now: Instant) -> Result<Claims, BadToken> {
    if token.len() > LONGEST {
        return Err(BadToken::Invalid);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken::Invalid)?;
    // A header that must be understood (RFC 7515) and isn't. Keys that it brings along are never looked at.
    if header.crit.is_some() {
        return Err(BadToken::Invalid);
    }
    let key = header.kid.and_then(|kid| keys.by_kid(&kid)).ok_or(BadToken::Invalid)?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[AUDIENCE]);
    // The library asks a clock of its own, and forgives a minute.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &rules);
    let claims = claims.map_err(|_| BadToken::Invalid)?.claims;
    if claims.typ != KIND {
        return Err(BadToken::Invalid);
    }
    claims.alive(now).map(|()| claims)
}

impl Claims {
    /// Whether the token's time is not over.
    pub fn alive(&self, now: Instant) -> Result<(), BadToken> {
        if now.timestamp() < self.exp { Ok(()) } else { Err(BadToken::Expired) }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
    use jsonwebtoken::EncodingKey;
    use serde_json::{Value, json};

    use super::*;

    const US: &str = "https://sojourn.test";

    fn keys(kids: &[(&str, u8)]) -> Keys {
        let one = |(kid, seed): &(&str, u8)| {
            let key: [u8; 32] = std::array::from_fn(|i| seed ^ u8::try_from(i).unwrap());
            format!("{kid}:{}", BASE64_STANDARD.encode(key))
        };
        let text = kids.iter().map(one).collect::<Vec<_>>().join(",");
        Keys::from_settings(Some(&text), Some(&one(&("d", 99))), std::path::Path::new("/"), false).unwrap()
    }

    fn now() -> Instant {
        Instant::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn token(keys: &Keys) -> String {
        sign(keys, US, UserId::new(), SessionId::new(), now()).unwrap().0
    }

    /// The claims of a good token, to be spoiled one at a time.
    fn good_claims() -> Value {
        json!({
            "iss": US, "aud": "sojourn", "sub": UserId::new(), "sid": SessionId::new(), "jti": Uuid::now_v7(),
            "iat": now().timestamp(), "exp": now().timestamp() + 900, "typ": "access",
        })
    }

    fn signed(keys: &Keys, claims: &Value) -> String {
        let key = keys.signing().unwrap();
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &key.encoding).unwrap()
    }

    fn part(value: &Value) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
    }

    #[test]
    fn a_token_reads_back_what_was_signed() {
        let keys = keys(&[("a", 1)]);
        let (user, session) = (UserId::new(), SessionId::new());
        let (token, ends) = sign(&keys, US, user, session, now()).unwrap();
        let claims = verify(&keys, US, &token, now()).unwrap();
        assert_eq!((claims.sub, claims.sid), (user, session));
        assert_eq!(ends, now() + TimeDelta::minutes(15));
        assert!(verify(&keys, US, &signed(&keys, &good_claims()), now()).is_ok());
    }

    #[test]
    fn a_token_ends_to_the_second() {
        let keys = keys(&[("a", 1)]);
        let token = token(&keys);
        let after = |seconds| verify(&keys, US, &token, now() + TimeDelta::seconds(seconds)).map(|_| ());
        assert_eq!(after(899), Ok(()));
        assert_eq!(after(900), Err(BadToken::Expired));
    }

    #[test]
    fn other_algorithms_are_refused() {
        let keys = keys(&[("a", 1)]);
        let claims = good_claims();
        for alg in ["none", "None", "HS256", "RS256", "ES256"] {
            let head = format!("{}.{}", part(&json!({"alg": alg, "typ": "JWT", "kid": "a"})), part(&claims));
            for signature in ["", "AAAA"] {
                let forged = format!("{head}.{signature}");
                assert_eq!(verify(&keys, US, &forged, now()), Err(BadToken::Invalid), "{alg}");
            }
        }
        // The classic: HMAC with the public key, which everybody knows.
        let public = BASE64_URL_SAFE_NO_PAD.decode(keys.jwks()["keys"][0]["x"].as_str().unwrap()).unwrap();
        let header = Header { kid: Some("a".into()), ..Header::new(Algorithm::HS256) };
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(verify(&keys, US, &forged, now()), Err(BadToken::Invalid));
    }

    #[test]
    fn keys_are_ours_and_known_by_name() {
        let (ours, theirs) = (keys(&[("a", 1)]), keys(&[("a", 2)]));
        assert_eq!(
            verify(&ours, US, &token(&theirs), now()),
            Err(BadToken::Invalid),
            "another key of that name"
        );
        assert_eq!(
            verify(&ours, US, &token(&keys(&[("b", 1)])), now()),
            Err(BadToken::Invalid),
            "unknown kid"
        );
        let nameless = Header::new(Algorithm::EdDSA);
        let unnamed =
            jsonwebtoken::encode(&nameless, &good_claims(), &ours.signing().unwrap().encoding).unwrap();
        assert_eq!(verify(&ours, US, &unnamed, now()), Err(BadToken::Invalid), "no kid");
        let critical = Header { kid: Some("a".into()), crit: Some(vec!["exp".into()]), ..nameless };
        let critical =
            jsonwebtoken::encode(&critical, &good_claims(), &ours.signing().unwrap().encoding).unwrap();
        assert_eq!(verify(&ours, US, &critical, now()), Err(BadToken::Invalid), "crit");
        // After a rotation, the old key still verifies and the new one signs.
        let rotated = keys(&[("b", 2), ("a", 1)]);
        assert!(verify(&rotated, US, &token(&ours), now()).is_ok());
        assert_eq!(verify(&ours, US, &token(&rotated), now()), Err(BadToken::Invalid));
    }

    #[test]
    fn every_claim_is_required_and_ours() {
        let keys = keys(&[("a", 1)]);
        let refused =
            |claims: &Value| verify(&keys, US, &signed(&keys, claims), now()) == Err(BadToken::Invalid);
        for name in ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "typ"] {
            let mut claims = good_claims();
            claims.as_object_mut().unwrap().remove(name);
            assert!(refused(&claims), "without {name}");
        }
        for (name, value) in [
            ("iss", json!("https://elsewhere.test")),
            ("iss", json!([US])),
            ("aud", json!("other")),
            ("aud", json!(["sojourn", "other"])),
            ("sub", json!("ann")),
            ("sid", json!(UserId::new())),
            ("exp", json!("never")),
            ("typ", json!("refresh")),
        ] {
            let mut claims = good_claims();
            claims[name] = value.clone();
            assert!(refused(&claims), "{name}: {value}");
        }
    }

    #[test]
    fn an_altered_token_is_refused() {
        let keys = keys(&[("a", 1)]);
        let token = token(&keys);
        let parts: Vec<&str> = token.split('.').collect();
        let mut claims: Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        claims["sub"] = json!(UserId::new());
        let altered = [
            format!("{}.{}.{}", parts[0], part(&claims), parts[2]),
            format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
            format!("{}.{}", parts[0], parts[1]),
            format!("{token}.x"),
            format!("{token}A"),
            format!("{token} "),
            "x".repeat(5_000),
            String::new(),
        ];
        for altered in altered {
            assert_eq!(verify(&keys, US, &altered, now()), Err(BadToken::Invalid), "{altered}");
        }
    }
}
