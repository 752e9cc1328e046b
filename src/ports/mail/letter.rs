//! A letter, and how it is written down. It travels nowhere from here.

use anyhow::{Context, ensure};
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use url::Url;

use crate::kernel::{EmailAddress, clock::Instant};

const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
const LIST_UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const LIST_UNSUBSCRIBE_POST: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");

/// A letter to one person, in text and in HTML.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Who gets it.
    pub to: EmailAddress,
    /// The recipient's name, if it is known.
    pub to_name: Option<String>,
    /// One line; whatever is in it, it stays one.
    pub subject: String,
    /// The letter for those who read text.
    pub text: String,
    /// The same letter as HTML.
    pub html: String,
    /// Where one click (a POST, RFC 8058) ends letters of this kind; `http:` or `https:`. `None` for what can't be
    /// turned off.
    pub unsubscribe: Option<Url>,
    /// What makes it this letter and no other: the id of our row. It becomes the local part of the Message-ID, so a
    /// letter that is sent twice is the same letter. ASCII letters, digits, `_`, `-` and `.`.
    pub message_id: String,
    /// When it was written, which may be before it is sent.
    pub at: Instant,
}

impl Letter {
    /// The letter as a message. Values can't become headers of their own: lettre encodes them, and what it doesn't
    /// encode is checked here.
    pub(super) fn written(&self, from: &Mailbox) -> anyhow::Result<Message> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        ensure!(!self.message_id.is_empty() && self.message_id.chars().all(plain), "an odd Message-ID");
        let address = self.to.as_str().parse().context("the recipient's address")?;
        let mut letter = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(self.to_name.as_deref().map(one_line), address))
            .subject(one_line(&self.subject))
            .date(self.at.into())
            .message_id(Some(format!("<{}@{}>", self.message_id, from.email.domain())))
            // So that no out-of-office notice comes back.
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        if let Some(url) = &self.unsubscribe {
            letter = letter
                .raw_header(unsubscribe(url)?)
                .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()));
        }
        Ok(letter.multipart(MultiPart::alternative_plain_html(self.text.clone(), self.html.clone()))?)
    }
}

/// Control characters become spaces.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A link may be neither folded nor encoded like other headers, so it is checked to need neither.
fn unsubscribe(url: &Url) -> anyhow::Result<HeaderValue> {
    let value = format!("<{url}>");
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b',');
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.as_str().bytes().all(plain) && value.len() < 900,
        "an odd link to unsubscribe"
    );
    Ok(HeaderValue::dangerous_new_pre_encoded(LIST_UNSUBSCRIBE, value.clone(), value))
}
