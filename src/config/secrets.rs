//! Secrets among the settings: never printed, readable from a file by the name `NAME_FILE`.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// A text that shows itself as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself; for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// Environment names that may stand as `NAME_FILE`, holding the path of a file with the value.
pub(super) const FROM_FILES: &[&str] = &[
    "DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "JWT_KEYS",
    "DATA_KEYS",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "RATES_URL",
];

/// Arguments that stand for the `NAME_FILE` variables: `--database-url <content of the file>`. A flag that was given
/// on the command line stays in force, since it is the more deliberate of the two.
pub fn read_secret_files(
    given: &[String],
    variable: impl Fn(&str) -> Option<String>,
) -> std::io::Result<Vec<String>> {
    let mut arguments = Vec::new();
    for name in FROM_FILES {
        let flag = format!("--{}", name.to_lowercase().replace('_', "-"));
        let is_given = given.iter().any(|arg| *arg == flag || arg.starts_with(&format!("{flag}=")));
        if let Some(path) = variable(&format!("{name}_FILE")).filter(|_| !is_given) {
            let content = std::fs::read_to_string(&path)
                .map_err(|e| std::io::Error::new(e.kind(), format!("{name}_FILE: {path}: {e}")))?;
            arguments.push(format!("{flag}={}", content.trim()));
        }
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret: Secret = "hunter2".parse().unwrap();
        assert_eq!(
            format!("{secret} {secret:?} {}", serde_json::to_string(&secret).unwrap()),
            "*** *** \"***\""
        );
    }

    #[test]
    fn a_file_stands_for_a_value_unless_a_flag_is_given() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "redis://elsewhere\n").unwrap();
        let variable = |name: &str| (name == "REDIS_URL_FILE").then(|| file.path().display().to_string());
        assert_eq!(read_secret_files(&[], variable).unwrap(), ["--redis-url=redis://elsewhere"]);
        assert!(read_secret_files(&["--redis-url=redis://here".into()], variable).unwrap().is_empty());
    }
}
