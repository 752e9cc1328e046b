//! Mail: letters out, by SMTP or into a folder that the sandbox shows. What a letter says is not decided here.

mod letter;
mod outbox;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, message::Mailbox, transport::smtp};
use url::Url;

pub use self::{
    letter::Letter,
    outbox::{Outbox, Received},
};

/// How long each step of a conversation with the mail server may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Why a letter was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// Not this time: the server can't be reached, is busy, or doesn't know us. Try again later.
    #[error("the letter can't be sent now")]
    Later(#[source] anyhow::Error),
    /// Not this letter: the server refuses it for good, or it can't be written. Trying again is no use.
    #[error("the letter is refused")]
    Never(#[source] anyhow::Error),
}

/// The way out for mail. Clones share it.
#[derive(Clone)]
pub struct Mail {
    from: Mailbox,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Folder(Arc<Outbox>),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Mail {
    /// Opens `file:` (the folder `mail` in `data_dir`), `file:<folder>`, `smtp://user:password@host:port` (587) or
    /// `smtps://…` (465, TLS from the first byte). `smtp:` takes TLS when the server offers it, and insists on it
    /// where a password is sent to another machine; `?tls=required`, `?tls=opportunistic` and `?tls=none` say
    /// otherwise. `from` is the sender of all letters: `Sojourn <no-reply@example.org>`. Open and drop it inside a Tokio
    /// runtime: the connections that are kept for the next letter are closed by a task.
    pub fn open(url: &str, from: &str, data_dir: &Path) -> anyhow::Result<Self> {
        let from: Mailbox = from.parse().context("the sender of our mail is not an address")?;
        let way = match super::scheme(url) {
            "smtp" | "smtps" => Way::Smtp(smtp_to(url)?),
            other => match super::folder(url, data_dir.join("mail")) {
                Some(folder) => Way::Folder(Arc::new(Outbox::open(folder)?)),
                None => bail!("there is no mail behind {other}:"),
            },
        };
        Ok(Self { from, way })
    }

    /// Hands the letter over. That it has arrived is known to nobody, and after a crash it may be sent again: it has
    /// the same Message-ID then, by which mail programs show it once.
    pub async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        crate::drill::outside("the mail server");
        let message = letter.written(&self.from).map_err(NotSent::Never)?;
        match &self.way {
            Way::Folder(outbox) => outbox.put(&message.formatted()).await.map_err(NotSent::Later),
            Way::Smtp(server) => match server.send(message).await {
                Ok(_) => Ok(()),
                Err(fault) if fault.is_permanent() => Err(NotSent::Never(said(fault))),
                Err(fault) => Err(NotSent::Later(said(fault))),
            },
        }
    }

    /// The same for a job: a letter that is refused for good is told to the log, and the job is done; false then. An
    /// error is worth another try.
    pub async fn send_or_drop(&self, letter: &Letter) -> anyhow::Result<bool> {
        match self.send(letter).await {
            Ok(()) => Ok(true),
            Err(NotSent::Never(cause)) => {
                let cause = format!("{cause:#}");
                tracing::warn!(letter = letter.message_id, cause, "a letter is refused for good");
                Ok(false)
            }
            Err(later) => Err(later.into()),
        }
    }

    /// The letters that were sent, where they are kept: with `file:` only.
    pub fn outbox(&self) -> Option<&Outbox> {
        match &self.way {
            Way::Folder(outbox) => Some(outbox),
            Way::Smtp(_) => None,
        }
    }
}

/// What went wrong, without the server's own words: they repeat the recipient's address, which no log may have.
fn said(fault: smtp::Error) -> anyhow::Error {
    match fault.status() {
        Some(code) => anyhow!("the mail server answered {code}"),
        None => fault.into(),
    }
}

fn smtp_to(url: &str) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    // Errors are without their cause, which could repeat the password.
    let mut url = Url::parse(url).map_err(|_| anyhow!("this is not the URL of a mail server"))?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    let near = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let tls = match (url.scheme(), asked.as_deref()) {
        ("smtps", _) | (_, Some("none")) => None,
        (_, Some(asked)) => Some(asked.to_owned()),
        (_, None) if url.password().is_some() && !near => Some("required".to_owned()),
        (_, None) => Some("opportunistic".to_owned()),
    };
    if url.scheme() == "smtp" && url.port().is_none() {
        url.set_port(Some(587)).map_err(|()| anyhow!("the URL of the mail server has no host"))?;
    }
    url.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str()).map_err(|_| {
        anyhow!("the URL of the mail server has no host, or another tls than required, opportunistic, none")
    })?;
    Ok(server.timeout(Some(LIMIT)).build())
}
