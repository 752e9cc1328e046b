//! What a list may be: bounds, and names. No database.

/// Lists that a person may have.
pub const MOST_LISTS: u64 = 100;

/// Places on one list.
pub const MOST_ITEMS: u64 = 500;

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 60;

/// The name as it is kept, if it is one: 1 to 60 characters of one line.
pub fn name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

/// Whether a text could be a link at all; what can't is not looked for (PostgreSQL takes no NUL).
pub fn could_be_link(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_of_sixty_characters() {
        assert_eq!(name("  By the sea "), Some("By the sea".to_owned()));
        assert_eq!(name(&"ü".repeat(60)), Some("ü".repeat(60)));
        for wrong in ["", "   ", "two\nlines", "nul\u{0}", &"x".repeat(61)] {
            assert_eq!(name(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn links_are_of_few_characters() {
        assert!(could_be_link("8J9d_-0aQ"));
        for wrong in ["nul\u{0}", "a b", "é", &"x".repeat(65)] {
            assert!(!could_be_link(wrong), "{wrong:?}");
        }
    }
}
