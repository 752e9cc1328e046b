//! What people write. No length: each field has its own.

/// Text that can be shown and stored: no control characters but new lines and tabs. A NUL is more than a matter of
/// taste, since PostgreSQL takes none.
pub fn can_be_shown(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_tabs_can_be_shown() {
        assert!(can_be_shown("One\n\ttwo 🏡"));
        for text in ["a\u{0}b", "a\u{1b}[31m", "a\u{7f}", "a\rb"] {
            assert!(!can_be_shown(text), "{text:?}");
        }
    }
}
