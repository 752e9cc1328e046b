//! The folder where letters lie instead of being sent, and how to read them there. For the sandbox and for tests.

use std::path::{Path, PathBuf};

use anyhow::Context;
use mail_parser::{HeaderValue, Message, MessageParser};
use uuid::Uuid;

use crate::kernel::{EmailAddress, clock::Instant};

/// A folder of `.eml` files, which any mail program opens; by name they sort from old to new.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
}

/// A letter as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Names its file: later letters have greater ones.
    pub id: String,
    /// The address that it went to.
    pub to: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The subject line, decoded.
    pub subject: String,
    /// The text part, decoded, lines ending in `\n`.
    pub text: String,
    /// The HTML part, decoded, lines ending in `\n`.
    pub html: String,
    /// The link of its List-Unsubscribe header.
    pub unsubscribe: Option<String>,
    /// The Message-ID without its angle brackets.
    pub message_id: String,
    /// When it was written, by its Date header: whole seconds.
    pub at: Instant,
}

impl Received {
    /// The links in the text part, in their order.
    pub fn links(&self) -> Vec<&str> {
        let is_link = |word: &&str| word.starts_with("https://") || word.starts_with("http://");
        let bare = |word: &'_ str| -> usize { word.trim_end_matches(['.', ',', ')', '>', ';']).len() };
        self.text
            .split(|c: char| c.is_whitespace() || matches!(c, '<' | '('))
            .filter(is_link)
            .map(|word| &word[..bare(word)])
            .collect()
    }
}

impl Outbox {
    pub(super) fn open(folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
        Ok(Self { folder })
    }

    pub(super) async fn put(&self, message: &[u8]) -> anyhow::Result<()> {
        let name = Uuid::now_v7().simple().to_string();
        // Written aside and then renamed: nobody reads half a letter.
        let (draft, letter) = (self.folder.join(format!("{name}.part")), self.file(&name));
        tokio::fs::write(&draft, message).await.context("can't write a letter")?;
        tokio::fs::rename(&draft, letter).await.context("can't write a letter")
    }

    /// At most `count` letters, the latest first.
    pub async fn latest(&self, count: usize) -> anyhow::Result<Vec<Received>> {
        let mut letters = vec![];
        for id in self.ids().await?.into_iter().rev().take(count) {
            letters.extend(self.letter(&id).await?);
        }
        Ok(letters)
    }

    /// All letters to an address, from old to new. It reads the whole folder.
    pub async fn letters_to(&self, to: &EmailAddress) -> anyhow::Result<Vec<Received>> {
        let mut letters = vec![];
        for id in self.ids().await? {
            letters.extend(self.letter(&id).await?.filter(|letter| letter.to == to.as_str()));
        }
        Ok(letters)
    }

    /// One letter by its id.
    pub async fn letter(&self, id: &str) -> anyhow::Result<Option<Received>> {
        // The id may come from a page's address: it must not lead anywhere else.
        if Uuid::try_parse(id).is_err() {
            return Ok(None);
        }
        match tokio::fs::read(self.file(id)).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            bytes => Ok(read(id, &bytes.context("can't read a letter")?)),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.eml"))
    }

    /// From old to new.
    async fn ids(&self) -> anyhow::Result<Vec<String>> {
        let mut ids = vec![];
        let mut entries = tokio::fs::read_dir(&self.folder).await.context("can't read the outbox")?;
        while let Some(entry) = entries.next_entry().await.context("can't read the outbox")? {
            let name = entry.file_name();
            let path = Path::new(&name);
            if path.extension().is_some_and(|ending| ending == "eml") {
                ids.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
            }
        }
        ids.sort();
        Ok(ids)
    }
}

fn read(id: &str, bytes: &[u8]) -> Option<Received> {
    let message = MessageParser::default().parse(bytes)?;
    let to = message.to()?.first()?;
    Some(Received {
        id: id.to_owned(),
        to: to.address()?.to_lowercase(),
        to_name: to.name().map(str::to_owned),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: body(message.body_text(0)),
        html: body(message.body_html(0)),
        unsubscribe: unsubscribe(&message),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        at: Instant::from_timestamp(message.date()?.to_timestamp(), 0)?,
    })
}

fn body(part: Option<std::borrow::Cow<'_, str>>) -> String {
    part.unwrap_or_default().replace("\r\n", "\n")
}

fn unsubscribe(message: &Message<'_>) -> Option<String> {
    match message.header("List-Unsubscribe")? {
        HeaderValue::Address(addresses) => addresses.first()?.address().map(str::to_owned),
        other => other.as_text().map(|text| text.trim_matches(['<', '>']).to_owned()),
    }
}
