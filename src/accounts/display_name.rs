//! The name that others see. Whether it is anybody's real one is nobody's business.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters.
pub const LONGEST: usize = 60;

/// 1 to 60 characters in NFC, trimmed, at least one of them to be seen, none that commands a terminal or turns text
/// around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// The text can't be shown as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {LONGEST} visible characters")]
pub struct NotAName;

impl DisplayName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DisplayName {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<Self, NotAName> {
        // No name of sixty characters needs more bytes, however it is composed.
        if text.len() > LONGEST * 16 {
            return Err(NotAName);
        }
        let name: String = text.trim().nfc().collect();
        let fits = name.chars().count() <= LONGEST;
        let seen = name.chars().any(|c| !c.is_whitespace() && !is_invisible(c));
        if fits && seen && !name.chars().any(is_harmful) { Ok(Self(name)) } else { Err(NotAName) }
    }
}

/// Control characters, line ends, and those that reverse or hide what follows. Joiners are not among them: Persian
/// and emoji need them.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What takes a place and shows nothing.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
    ) || matches!(c, '\u{200c}' | '\u{200d}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}')
        || is_harmful(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_composed() {
        let name = |text: &str| text.parse::<DisplayName>().map(String::from);
        assert_eq!(name("  Zoe\u{308} O'Neill-Łukasz  "), Ok("Zoë O'Neill-Łukasz".into()));
        assert_eq!(name("李小龍"), Ok("李小龍".into()));
        assert_eq!(name(&"x".repeat(60)), Ok("x".repeat(60)));
    }

    #[test]
    fn what_cannot_be_shown_as_a_name_is_refused() {
        let long = "x".repeat(61);
        let texts = [
            "",
            " ",
            "\u{200b}",
            "\u{3164}\u{3164}",
            "a\nb",
            "a\u{0}b",
            "Ann\u{202e}nna",
            "a\u{2028}b",
            &long,
        ];
        for text in texts {
            assert_eq!(text.parse::<DisplayName>(), Err(NotAName), "{text:?}");
        }
    }
}
