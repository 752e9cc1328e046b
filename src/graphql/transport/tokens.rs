//! The look at a document before it is parsed: bytes, tokens, brackets. Knows no grammar and builds nothing.

use super::{
    code::{Code, Refusal},
    limits::Limits,
};

/// Refuses what the parser must not be given: it recurses once per bracket, and two thousand of them end the process.
///
/// Strings, block strings and comments hide their brackets, exactly as they do for the parser. What doesn't end is
/// refused here, since the parser may read the rest of it as something else.
pub(super) fn scan(text: &str, limits: &Limits) -> Result<(), Refusal> {
    if text.len() > limits.document_bytes {
        let message = format!("A document may have at most {} bytes.", limits.document_bytes);
        return Err(Refusal::new(Code::PayloadTooLarge, message));
    }
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut open) = (0, 0_usize, 0_usize);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = blank(rest);
        if blank > 0 {
            at += blank;
            continue;
        }
        match rest[0] {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > limits.nesting {
            return Err(Refusal::too_much("brackets within each other", limits.nesting));
        }
        tokens += 1;
        if tokens > limits.tokens {
            return Err(Refusal::too_much("tokens", limits.tokens));
        }
        at += token(rest).ok_or_else(|| Refusal::new(Code::ParseFailed, "A string doesn't end."))?;
    }
    Ok(())
}

/// How many bytes at the start mean nothing: white space, commas, the byte order mark, a comment.
fn blank(rest: &[u8]) -> usize {
    match rest[0] {
        b' ' | b'\t' | b'\n' | b'\r' | b',' => 1,
        b'#' => rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len()),
        _ if rest.starts_with(b"\xEF\xBB\xBF") => 3,
        _ => 0,
    }
}

/// How many bytes the first token has; `None` for a string without an end.
fn token(rest: &[u8]) -> Option<usize> {
    Some(match rest[0] {
        b'"' if rest.starts_with(b"\"\"\"") => return block_string(rest),
        b'"' => return string(rest),
        b'.' if rest.starts_with(b"...") => 3,
        b'-' | b'0'..=b'9' => number(rest),
        first if is_word(first) => rest.iter().take_while(|byte| is_word(**byte)).count(),
        _ => 1,
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn number(rest: &[u8]) -> usize {
    let mut before = b'-';
    let tail = rest.iter().skip(1).take_while(|byte| {
        let sign_of_exponent = matches!(byte, b'+' | b'-') && matches!(before, b'e' | b'E');
        before = **byte;
        is_word(**byte) || **byte == b'.' || sign_of_exponent
    });
    1 + tail.count()
}

fn string(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn block_string(rest: &[u8]) -> Option<usize> {
    let mut at = 3;
    loop {
        let tail = rest.get(at..).filter(|tail| !tail.is_empty())?;
        if tail.starts_with(b"\"\"\"") {
            return Some(at + 3);
        }
        at += if tail.starts_with(b"\\\"\"\"") { 4 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> Option<Code> {
        scan(text, &Limits::default()).err().map(|refusal| refusal.code)
    }

    #[test]
    fn brackets_are_counted_outside_of_strings_and_comments_only() {
        let many = "[".repeat(2_000);
        assert_eq!(refused(&format!("{{a(x:{many}")), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:\"{many}\")}}")), None);
        assert_eq!(refused(&format!("{{a(x:\"\"\"{many}\n\\\"\"\"{many}\"\"\")}}")), None);
        assert_eq!(refused(&format!("{{a #{many}\n}}")), None);
        assert_eq!(refused(&format!("{{a #\r{many}\n}}")), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:\"\\\"\" y:{many}")), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:\"\\\\\" y:{many}")), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:\"\" y:{many}")), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("query($a:{many}")), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&"{a".repeat(33)), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{}{}", "{a".repeat(32), "}".repeat(32))), None);
    }

    #[test]
    fn a_string_that_does_not_end_hides_nothing() {
        // The parser would read `""` and the string `" x "` here, and then the brackets.
        assert_eq!(refused(&format!("{{a(x:[\"\"\" x \" {}", "[".repeat(2_000))), Some(Code::ParseFailed));
        assert_eq!(refused("{a(x:\"\n"), Some(Code::ParseFailed));
        assert_eq!(refused("{a(x:\"\\"), Some(Code::ParseFailed));
    }

    #[test]
    fn tokens_and_bytes_have_a_limit() {
        assert_eq!(refused(&format!("{{{}}}", "a ".repeat(998))), None);
        assert_eq!(refused(&format!("{{{}}}", "a ".repeat(999))), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:[{}])}}", "-1".repeat(1_000))), Some(Code::QueryLimitExceeded));
        assert_eq!(refused(&format!("{{a(x:[{}])}}", "-1.5e+3 ".repeat(990))), None);
        assert_eq!(refused(&" ".repeat(16 * 1024)), None);
        assert_eq!(refused(&" ".repeat(16 * 1024 + 1)), Some(Code::PayloadTooLarge));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", ascii in "[\\x00-\\x7f]{0,200}", odd in "[\"\\\\#\\n(\\[{.a1-]{0,80}") {
            for text in [text, ascii, odd] {
                drop(scan(&text, &Limits::default()));
            }
        }
    }
}
