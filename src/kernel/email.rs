//! An email address: parsed once, compared in lower case. Whether it is anybody's is another question.

use std::{fmt, str::FromStr};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// A syntactically valid address of at most 254 bytes, in lower case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveValueType)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The text is no email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an email address")]
pub struct NotAnEmail;

impl EmailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnEmail;
    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim().to_lowercase();
        let parsed: lettre::Address = text.parse().map_err(|_| NotAnEmail)?;
        // A mail that comes back from a host without a dot, or from a bare IP address, is nobody's.
        let fits = text.len() <= 254 && parsed.domain().contains('.') && !parsed.domain().starts_with('[');
        if fits { Ok(Self(text)) } else { Err(NotAnEmail) }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = NotAnEmail;
    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(email: EmailAddress) -> Self {
        email.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Debug output goes to logs, and an address is nobody's business there.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_lowered() {
        assert_eq!("  Ann@Example.ORG ".parse::<EmailAddress>().unwrap().as_str(), "ann@example.org");
        for text in [
            "",
            "ann",
            "ann@",
            "@x.org",
            "ann@localhost",
            "a b@x.org",
            "ann@[127.0.0.1]",
            "a@x.org\r\nBcc: b@x.org",
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text}");
        }
    }
}
