//! The check of a webhook's signature, and what it says. Nothing is done with it here, and only a bad signature fails:
//! a text that can't be read is still Stripe's, and is to be kept and answered with 200.

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    disputes::Dispute,
    payees::{Account, Transfer},
    types::{Charge, Intent, Refund},
    wire,
};
use crate::kernel::clock::Instant;

/// How far the signature's time may be from ours, either way.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// The `kind` of a notice whose signature is good and whose text is not an event.
pub const UNPARSEABLE: &str = "unparseable";

/// A webhook that is proven to come from Stripe.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// `evt_…`, the same at every delivery; of an unparseable text its hash.
    pub id: String,
    /// Stripe's type, e.g. `payment_intent.succeeded`, or [`UNPARSEABLE`].
    pub kind: String,
    /// When it happened; of an unparseable text, when it was signed.
    pub created: Instant,
    /// False for test data.
    pub livemode: bool,
    /// `data.object` as it came; null when there is none.
    pub object: Value,
    /// The whole text as it came, to be stored.
    pub raw: String,
}

/// What a notice is about. Stripe delivers late, twice and out of order: what it says now is the answer to a fetch.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// `payment_intent.*`
    Intent(Intent),
    /// `charge.*`
    Charge(Charge),
    /// `refund.*` and `charge.refund.updated`
    Refund(Refund),
    /// `account.updated`
    Account(Account),
    /// `transfer.*`
    Transfer(Transfer),
    /// `charge.dispute.*`
    Dispute(Dispute),
    /// A type that we don't use, or a shape that the library can't read.
    Other,
}

impl Notice {
    /// The typed object of the event, where it can be read.
    pub fn subject(&self) -> Subject {
        wire::subject(&self.raw)
    }

    /// The id of the object (`pi_…`, `re_…`), which is there even when the rest has changed its shape.
    pub fn object_id(&self) -> Option<&str> {
        self.object.get("id").and_then(Value::as_str)
    }
}

/// Why a webhook is turned away (with 400).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNotice {
    /// The header is not `t=…,v1=…`.
    #[error("the signature header is not one of Stripe's")]
    Unsigned,
    /// No signature fits any of the secrets.
    #[error("the signature is wrong")]
    Forged,
    /// Signed well, too long ago: a replay, or a clock that is wrong.
    #[error("the signature is too old")]
    TooOld,
    /// Signed well, with a time that is yet to come.
    #[error("the signature is from the future")]
    FromTheFuture,
}

/// Checks `signature_header` (`Stripe-Signature`) over the bytes of the body, exactly as they came. `now` is real time.
/// Any of the secrets and any of the `v1` signatures may fit; they are compared in constant time.
pub fn verify(
    raw: &[u8],
    signature_header: &str,
    secrets: &[String],
    now: Instant,
) -> Result<Notice, BadNotice> {
    let (mut time, mut signatures) = (None, Vec::new());
    for part in signature_header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", seconds)) => time = seconds.parse::<i64>().ok(),
            Some(("v1", signature)) => signatures.extend(hex::decode(signature).ok()),
            // `v0` and whatever comes later prove nothing.
            _ => {}
        }
    }
    let signed_at = time.and_then(|t| Instant::from_timestamp(t, 0)).ok_or(BadNotice::Unsigned)?;
    if signatures.is_empty() {
        return Err(BadNotice::Unsigned);
    }
    let fits = secrets.iter().any(|secret| {
        let mac = signer(secret, signed_at.timestamp(), raw);
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    });
    // The age is looked at last: a forger must not learn what our clock says.
    match now - signed_at {
        _ if !fits => Err(BadNotice::Forged),
        age if age > TOLERANCE => Err(BadNotice::TooOld),
        age if age < -TOLERANCE => Err(BadNotice::FromTheFuture),
        _ => Ok(read(raw, signed_at)),
    }
}

/// The header that Stripe would send with `raw`.
pub(super) fn sign(raw: &[u8], secret: &str, at: Instant) -> String {
    let seconds = at.timestamp();
    let signature = signer(secret, seconds, raw).finalize().into_bytes();
    format!("t={seconds},v1={}", hex::encode(signature))
}

fn signer(secret: &str, seconds: i64, raw: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(raw);
    mac
}

/// Our own reading of the envelope: only what must be there, so that nothing that Stripe adds or drops can fail it.
fn read(raw: &[u8], signed_at: Instant) -> Notice {
    let text = String::from_utf8_lossy(raw).into_owned();
    let event: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let word = |name: &str| event.get(name).and_then(Value::as_str).filter(|word| !word.is_empty());
    let (id, kind) = match (word("id"), word("type")) {
        (Some(id), Some(kind)) => (id.to_owned(), kind.to_owned()),
        _ => (format!("sha256_{}", hex::encode(Sha256::digest(raw))), UNPARSEABLE.to_owned()),
    };
    let created = event.get("created").and_then(Value::as_i64);
    Notice {
        id,
        kind,
        created: created.and_then(|t| Instant::from_timestamp(t, 0)).unwrap_or(signed_at),
        livemode: event.get("livemode").and_then(Value::as_bool).unwrap_or(false),
        object: event.pointer("/data/object").cloned().unwrap_or(Value::Null),
        raw: text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        br#"{"id":"evt_1","type":"payment_intent.new_thing","created":1800000000,"livemode":false,
        "data":{"object":{"id":"pi_1","odd":[1]}}}"#;

    fn now() -> Instant {
        Instant::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn secrets() -> Vec<String> {
        vec!["whsec_new".to_owned(), "whsec_old".to_owned()]
    }

    #[test]
    fn either_secret_and_any_signature_fits() {
        for secret in secrets() {
            let header = sign(BODY, &secret, now());
            let notice = verify(BODY, &header, &secrets(), now()).unwrap();
            assert_eq!((notice.id.as_str(), notice.kind.as_str()), ("evt_1", "payment_intent.new_thing"));
            assert_eq!((notice.object_id(), notice.subject()), (Some("pi_1"), Subject::Other));
            assert_eq!(notice.raw.as_bytes(), BODY);
        }
        let good = sign(BODY, "whsec_old", now());
        let rolled = good.replacen("v1=", &format!("v1={},v0=00,v1=", "00".repeat(32)), 1);
        assert!(verify(BODY, &rolled, &secrets(), now()).is_ok());
    }

    #[test]
    fn a_forged_or_altered_body_is_turned_away() {
        let header = sign(BODY, "whsec_stranger", now());
        assert_eq!(verify(BODY, &header, &secrets(), now()), Err(BadNotice::Forged));
        let header = sign(BODY, "whsec_new", now());
        let altered = [BODY, b" "].concat();
        assert_eq!(verify(&altered, &header, &secrets(), now()), Err(BadNotice::Forged));
        assert_eq!(verify(BODY, &header, &[], now()), Err(BadNotice::Forged));
        // The time is part of what is signed.
        let later = header.replace("t=1800000000", "t=1800000001");
        assert_eq!(verify(BODY, &later, &secrets(), now()), Err(BadNotice::Forged));
    }

    #[test]
    fn old_and_future_ones_are_turned_away() {
        let five = TimeDelta::seconds(300);
        let second = TimeDelta::seconds(1);
        let at = |signed| verify(BODY, &sign(BODY, "whsec_new", signed), &secrets(), now()).map(|_| ());
        assert_eq!(at(now() - five), Ok(()));
        assert_eq!(at(now() + five), Ok(()));
        assert_eq!(at(now() - five - second), Err(BadNotice::TooOld));
        assert_eq!(at(now() + five + second), Err(BadNotice::FromTheFuture));
    }

    #[test]
    fn garbage_headers_are_turned_away() {
        for header in
            ["", "t=,v1=", "t=1800000000", "v1=00", "t=x,v1=00", "t=1800000000,v1=zz", "=,=,==", "💥"]
        {
            assert_eq!(verify(BODY, header, &secrets(), now()), Err(BadNotice::Unsigned), "{header}");
        }
        let most = format!("t={},v1=00", i64::MAX);
        assert_eq!(verify(BODY, &most, &secrets(), now()), Err(BadNotice::Unsigned));
    }

    #[test]
    fn a_good_signature_over_nonsense_is_kept() {
        for body in [&b"not json"[..], b"", b"[]", b"{\"id\":1}", b"\xff\xfe"] {
            let header = sign(body, "whsec_new", now());
            let notice = verify(body, &header, &secrets(), now()).unwrap();
            assert_eq!(notice.kind, UNPARSEABLE);
            assert!(notice.id.starts_with("sha256_"));
            assert_eq!(notice, verify(body, &header, &secrets(), now()).unwrap());
        }
    }
}
