//! Passwords before they are hashed: how they are read, and which are good enough. No hashing here.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The shortest password, in code points.
pub const SHORTEST: usize = 12;

/// The longest password, in code points.
pub const LONGEST: usize = 128;

/// A text of more bytes is refused before anything is computed from it.
const MOST_BYTES: usize = 1_024;

/// The lowest score of zxcvbn (0 to 4) that is good enough: more than 10⁸ guesses.
const LOWEST_SCORE: zxcvbn::Score = zxcvbn::Score::Three;

/// A password as it is hashed: in NFKC, so that every keyboard writes the same one. Nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a password can't be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than 12 code points.
    #[error("a password has at least {SHORTEST} characters")]
    TooShort,
    /// More than 128 code points, or 1,024 bytes.
    #[error("a password has at most {LONGEST} characters")]
    TooLong,
    /// Too easily guessed.
    #[error("this password is too easy to guess: {hint}")]
    TooWeak {
        /// What would help, in plain English.
        hint: String,
    },
}

impl Password {
    /// A password that is being chosen; whether it can be guessed is asked by `judge`.
    pub fn chosen(text: &str) -> Result<Self, Weakness> {
        let password = Self::presented(text).ok_or(Weakness::TooLong)?;
        if password.0.chars().count() < SHORTEST { Err(Weakness::TooShort) } else { Ok(password) }
    }

    /// A password that is being tried: only what nobody can have chosen is `None`.
    pub fn presented(text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let text: String = text.nfkc().collect();
        (text.chars().count() <= LONGEST).then_some(Self(text))
    }

    /// Whether the password is hard enough to guess for somebody who knows the person's `own` data: address, name.
    /// Takes milliseconds of computing: not for an async thread.
    pub fn judge(&self, own: &[&str]) -> Result<(), Weakness> {
        let own: Vec<String> = own
            .iter()
            // "ann.miller@example.org" is also "ann", "miller" and "example".
            .flat_map(|text| std::iter::once(*text).chain(text.split(|c: char| !c.is_alphanumeric())))
            .chain(["sojourn"])
            .filter(|word| word.chars().count() >= 3)
            .map(|word| word.nfkc().collect::<String>().to_lowercase())
            .collect();
        let guess = guess(&self.0, &own);
        if guess.score() < LOWEST_SCORE {
            return Err(Weakness::TooWeak { hint: hint(&guess) });
        }
        // zxcvbn finds two of one's own words in a row hard to guess; who knows the person doesn't.
        let rest = own.iter().fold(self.0.to_lowercase(), |rest, word| rest.replace(word, ""));
        if rest.len() < self.0.to_lowercase().len() && self::guess(&rest, &own).score() < LOWEST_SCORE {
            return Err(Weakness::TooWeak { hint: "It is mostly made of your name or address.".to_owned() });
        }
        Ok(())
    }

    /// What is hashed.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn guess(text: &str, own: &[String]) -> zxcvbn::Entropy {
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(text, &own)
}

/// What would help, in plain English.
fn hint(guess: &zxcvbn::Entropy) -> String {
    let feedback = guess.feedback();
    let warning = feedback.and_then(|feedback| feedback.warning()).map(|warning| warning.to_string());
    let suggestions = feedback.map(|feedback| feedback.suggestions()).unwrap_or_default();
    let hints: Vec<String> = warning.into_iter().chain(suggestions.iter().map(ToString::to_string)).collect();
    let fallback = || "Use a few words that don't belong together.".to_owned();
    if hints.is_empty() { fallback() } else { hints.join(" ") }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_code_points_after_normalizing() {
        assert_eq!(Password::chosen(&"x".repeat(11)), Err(Weakness::TooShort));
        assert!(Password::chosen(&"ü".repeat(12)).is_ok());
        assert!(Password::chosen(&"界".repeat(128)).is_ok());
        assert_eq!(Password::chosen(&"x".repeat(129)), Err(Weakness::TooLong));
        assert_eq!(Password::chosen(&"x".repeat(1 << 20)), Err(Weakness::TooLong));
        // One code point that becomes eighteen.
        assert_eq!(Password::chosen(&"\u{FDFA}".repeat(12)), Err(Weakness::TooLong));
        assert_eq!(Password::presented(&"x".repeat(1_025)), None);
        assert!(Password::presented("short").is_some());
    }

    #[test]
    fn every_keyboard_writes_the_same_password() {
        assert_eq!(Password::presented("caf\u{e9}"), Password::presented("cafe\u{301}"));
        assert_eq!(Password::presented("Ａｂｃ"), Password::presented("Abc"));
    }

    #[test]
    fn easy_passwords_are_refused_with_a_hint() {
        let judge = |text: &str, own: &[&str]| Password::chosen(text).unwrap().judge(own);
        for text in ["passwordpassword", "123456789012", "aaaaaaaaaaaaaaaa", "qwertyuiopqwerty"] {
            let Err(Weakness::TooWeak { hint }) = judge(text, &[]) else { panic!("{text}") };
            assert!(!hint.is_empty());
        }
        assert_eq!(judge("correct horse battery staple", &[]), Ok(()));
        assert_eq!(judge("vexing-Krakow-teapot", &[]), Ok(()));
    }

    #[test]
    fn a_password_made_of_the_persons_own_data_is_refused() {
        let text = "Wilhelmina Vandersloot";
        let own = ["w.vandersloot@example.org", "Wilhelmina Vandersloot"];
        assert_eq!(Password::chosen(text).unwrap().judge(&[]), Ok(()));
        assert!(Password::chosen(text).unwrap().judge(&own).is_err());
        assert!(Password::chosen("wilhelmina.vandersloot").unwrap().judge(&own).is_err());
        assert_eq!(Password::chosen("sloot vexing Krakow teapot").unwrap().judge(&own), Ok(()));
        assert_eq!(Password::chosen("Wilhelmina vexing Krakow teapot").unwrap().judge(&own), Ok(()));
    }
}
