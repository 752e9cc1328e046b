//! The keys: what signs access tokens, and what other secrets are derived from. No token format is known here.

use std::{fmt, path::Path, sync::Arc};

use anyhow::{Context, bail, ensure};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::Sha256;
use uuid::Uuid;

use super::key_file;

/// As `openssl rand -base64 32` writes it, with or without the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// All keys of this server; clones share them, and nothing prints them.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    /// The first one signs, all of them verify.
    signing: Vec<TokenKey>,
    newest: Hmac<Sha256>,
    older: Vec<Hmac<Sha256>>,
}

/// A key for access tokens, with the name that tokens call it by.
pub(super) struct TokenKey {
    pub kid: String,
    pub encoding: EncodingKey,
    pub decoding: DecodingKey,
    public: [u8; 32],
}

impl Keys {
    /// Reads the settings `JWT_KEYS` and `DATA_KEYS` (each `kid:base64 of 32 bytes`, comma-separated). In the sandbox,
    /// what isn't set is made at the first start and kept in `data_dir/keys.json`; elsewhere it is an error. Error
    /// messages name the setting and never repeat a key.
    pub fn from_settings(
        jwt: Option<&str>,
        data: Option<&str>,
        data_dir: &Path,
        sandbox: bool,
    ) -> anyhow::Result<Self> {
        if let (Some(jwt), Some(data)) = (jwt, data) {
            return Self::read(jwt, data);
        }
        ensure!(sandbox, "JWT_KEYS and DATA_KEYS must be set");
        let kept = key_file::read_or_make(data_dir)?;
        Self::read(jwt.unwrap_or(&kept.jwt_keys), data.unwrap_or(&kept.data_keys))
    }

    /// A new key, as `JWT_KEYS` and `DATA_KEYS` take it, with a name that no other has.
    pub fn make(prefix: &str) -> String {
        let name = Uuid::now_v7().simple();
        format!("{prefix}-{name}:{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()))
    }

    fn read(jwt: &str, data: &str) -> anyhow::Result<Self> {
        let signing = parse(jwt).and_then(|keys| keys.into_iter().map(TokenKey::new).collect());
        let mut data = parse(data).context("DATA_KEYS")?.into_iter().map(|(_, key)| mac_with(&key));
        let newest = data.next().context("DATA_KEYS: there is no key")?;
        let inner = Inner { signing: signing.context("JWT_KEYS")?, newest, older: data.collect() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The public half of the signing keys, as a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> serde_json::Value {
        let key = |key: &TokenKey| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                "kid": key.kid, "x": BASE64_URL_SAFE_NO_PAD.encode(key.public),
            })
        };
        serde_json::json!({ "keys": self.inner.signing.iter().map(key).collect::<Vec<_>>() })
    }

    /// 32 bytes that only we can make of `input`, by the newest data key: HMAC-SHA256. The same input for another
    /// `purpose` gives other bytes.
    pub fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        derive_by(&self.inner.newest, purpose, input)
    }

    /// What each data key makes of the input, newest first: for what was derived before the keys were rotated.
    pub fn derivations(&self, purpose: &str, input: &[u8]) -> impl Iterator<Item = [u8; 32]> {
        self.data_keys().map(move |key| derive_by(key, purpose, input))
    }

    /// Whether `tag` is the beginning of what one of the data keys makes of the input; compared in constant time.
    pub fn vouches(&self, purpose: &str, input: &[u8], tag: &[u8]) -> bool {
        self.data_keys().any(|key| absorb(key, purpose, input).verify_truncated_left(tag).is_ok())
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> Option<&TokenKey> {
        self.inner.signing.first()
    }

    /// The key of that name.
    pub(super) fn by_kid(&self, kid: &str) -> Option<&TokenKey> {
        self.inner.signing.iter().find(|key| key.kid == kid)
    }

    fn data_keys(&self) -> impl Iterator<Item = &Hmac<Sha256>> {
        std::iter::once(&self.inner.newest).chain(&self.inner.older)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl TokenKey {
    fn new((kid, secret): (String, [u8; 32])) -> anyhow::Result<Self> {
        let key = SigningKey::from_bytes(&secret);
        let public = key.verifying_key().to_bytes();
        let private = key.to_pkcs8_der().context("the key can't be encoded")?;
        Ok(Self {
            kid,
            encoding: EncodingKey::from_ed_der(private.as_bytes()),
            decoding: DecodingKey::from_ed_der(&public),
            public,
        })
    }
}

fn mac_with(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key that is no longer than the hash's block is taken as it is, so this never fails.
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

fn absorb(key: &Hmac<Sha256>, purpose: &str, input: &[u8]) -> Hmac<Sha256> {
    // The zero byte keeps ("a", "bc") and ("ab", "c") apart.
    key.clone().chain_update(purpose).chain_update([0]).chain_update(input)
}

fn derive_by(key: &Hmac<Sha256>, purpose: &str, input: &[u8]) -> [u8; 32] {
    absorb(key, purpose, input).finalize().into_bytes().into()
}

/// `kid:base64 of 32 bytes`, comma-separated.
fn parse(text: &str) -> anyhow::Result<Vec<(String, [u8; 32])>> {
    let mut keys: Vec<(String, [u8; 32])> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (kid, key) = part.split_once(':').context("a key is written `kid:base64 of 32 bytes`")?;
        let plain = kid.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        ensure!(plain && (1..=64).contains(&kid.len()), "a kid is 1 to 64 letters, digits, `-`, `_` or `.`");
        ensure!(keys.iter().all(|(other, _)| other != kid), "two keys are called {kid}");
        let Ok(key) = BASE64.decode(key.trim()) else { bail!("the key {kid} is not in base64") };
        let Ok(key) = <[u8; 32]>::try_from(key) else { bail!("the key {kid} does not have 32 bytes") };
        // Nobody draws such a key: it is a placeholder that somebody forgot.
        ensure!(key.iter().any(|byte| *byte != key[0]), "the key {kid} is one byte, repeated");
        keys.push((kid.to_owned(), key));
    }
    ensure!(!keys.is_empty(), "there is no key");
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kid: &str, first: u8) -> String {
        let key: [u8; 32] = std::array::from_fn(|i| first ^ u8::try_from(i).unwrap());
        format!("{kid}:{}", BASE64.encode(key))
    }

    #[test]
    fn production_refuses_missing_and_malformed_keys() {
        let folder = tempfile::tempdir().unwrap();
        let good = text("a", 1);
        let read =
            |jwt: Option<&str>, data: Option<&str>| Keys::from_settings(jwt, data, folder.path(), false);
        assert!(read(Some(&good), Some(&good)).is_ok());
        assert!(read(None, Some(&good)).is_err());
        assert!(read(Some(&good), None).is_err());
        let short = format!("a:{}", BASE64.encode([1, 2, 3]));
        let repeated = format!("a:{}", BASE64.encode([7; 32]));
        let twice = format!("{good},{good}");
        for bad in ["", ",", "a", "a:", "a:???", &good[1..], "a b:AAAA", &short, &repeated, &twice] {
            let error = format!("{:#}", read(Some(bad), Some(&good)).unwrap_err());
            assert!(error.starts_with("JWT_KEYS") && !error.contains("???"), "{error}");
            assert!(read(Some(&good), Some(bad)).is_err(), "{bad}");
        }
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "production leaves no file");
    }

    #[test]
    fn the_sandbox_makes_keys_once_even_when_two_servers_start_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("deep/data");
        let start = || Keys::from_settings(None, None, &data, true).unwrap().derive("x", b"y");
        let made = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(made.iter().all(|key| *key == made[0]));
        let left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["keys.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(data.join("keys.json")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_was_derived_is_known_after_a_rotation() {
        let (old, new) = (text("old", 1), text("new", 2));
        let keys = |data: &str| Keys::read(&old, data).unwrap();
        let before = keys(&old).derive("x", b"y");
        let both = keys(&format!("{new}, {old}"));
        assert_ne!(both.derive("x", b"y"), before);
        assert!(both.derivations("x", b"y").any(|made| made == before));
        assert!(both.vouches("x", b"y", &before[..16]));
        assert!(!both.vouches("x", b"z", &before[..16]));
        assert!(!keys(&new).vouches("x", b"y", &before[..16]));
        assert_ne!(both.derive("a", b"bc"), both.derive("ab", b"c"));
    }

    #[test]
    fn the_key_set_shows_the_public_half_only() {
        // RFC 8037, appendix A.
        let secret = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
        let standard = BASE64.encode(BASE64_URL_SAFE_NO_PAD.decode(secret).unwrap());
        let keys = Keys::read(&format!("k1:{standard}"), &text("d", 1)).unwrap();
        assert_eq!(keys.jwks()["keys"][0]["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert!(!keys.jwks().to_string().contains("\"d\""));
        assert_eq!(format!("{keys:?}"), "Keys(***)");
    }
}
