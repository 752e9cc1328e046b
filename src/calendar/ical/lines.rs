//! Content lines: bytes into lines, lines into name, parameters and value. What they mean is not known here.

/// The longest line that is kept, in bytes: what comes after it is dropped.
const LONGEST: usize = 64 * 1024;

/// One property: `NAME;PARAM=value:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// In upper case.
    pub name: String,
    /// Names in upper case, values without their quotes.
    pub params: Vec<(String, String)>,
    /// As it stands.
    pub value: String,
}

impl Line {
    /// A parameter's value.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value as text: escapes undone, no control characters, at most `most` characters.
    pub fn text(&self, most: usize) -> String {
        let mut text = String::new();
        let mut chars = self.value.chars();
        for _ in 0..most {
            let Some(c) = chars.next() else { break };
            let c = match c {
                '\\' => match chars.next() {
                    Some('n' | 'N') | None => ' ',
                    Some(other) => other,
                },
                other => other,
            };
            text.push(if c.is_control() { ' ' } else { c });
        }
        text.trim().to_owned()
    }
}

/// The content lines of a calendar, whatever ends its lines, unfolded before they are decoded, since a fold may stand
/// inside of a character. What is no content line is passed over.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut raw =
        bytes.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty()).peekable();
    std::iter::from_fn(move || {
        let mut whole = raw.next()?.to_vec();
        while let Some(more) = raw.next_if(|line| matches!(line[0], b' ' | b'\t')) {
            let room = LONGEST.saturating_sub(whole.len());
            whole.extend(&more[1..more.len().min(room + 1)]);
        }
        Some(whole)
    })
    .filter_map(|line| parse(&String::from_utf8_lossy(&line)))
}

fn parse(line: &str) -> Option<Line> {
    let colon = outside_quotes(line, ':').next()?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut parts = Vec::new();
    let mut from = 0;
    for semicolon in outside_quotes(head, ';') {
        parts.push(&head[from..semicolon]);
        from = semicolon + 1;
    }
    parts.push(&head[from..]);
    let name = parts[0].trim().to_ascii_uppercase();
    let param = |part: &&str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
    };
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then(|| Line {
        name,
        params: parts[1..].iter().filter_map(param).collect(),
        value: value.trim().to_owned(),
    })
}

fn outside_quotes(text: &str, wanted: char) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}
