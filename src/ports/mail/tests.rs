//! What both ways of mail do: the same letter, read back in the folder, and heard by a small SMTP server.

use std::sync::Mutex;

use chrono::DateTime;
use mail_parser::MessageParser;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_util::task::AbortOnDropHandle;

use super::*;

const FROM: &str = "Sojourn <no-reply@sojourn.test>";

fn letter(subject: &str) -> Letter {
    Letter {
        to: "ann@example.org".parse().unwrap(),
        to_name: Some("Ann Müller".into()),
        subject: subject.into(),
        text: "Grüß dich,\n\nyour stay: https://sojourn.test/verify?token=a-b_c.\n.\nUntil soon\n".into(),
        html: "<p>Grüß dich</p>\n<a href=\"https://sojourn.test/verify?token=a-b_c\">your stay</a>\n".into(),
        unsubscribe: Some("https://sojourn.test/unsubscribe/abc?x=1&y=2".parse().unwrap()),
        message_id: "ntf_0190".into(),
        at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
    }
}

/// What a mail program must find in the letter, however it travelled.
fn is_the_letter(raw: &[u8], subject: &str) {
    let raw_text = String::from_utf8(raw.to_vec()).unwrap();
    assert!(raw_text.is_ascii() && raw_text.split("\r\n").all(|line| line.len() <= 998), "{raw_text}");
    assert!(raw_text.contains("\r\nList-Unsubscribe: <https://sojourn.test/unsubscribe/abc?x=1&y=2>\r\n"));
    assert!(raw_text.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(raw_text.contains("\r\nAuto-Submitted: auto-generated\r\n"));
    assert!(raw_text.contains("Message-ID: <ntf_0190@sojourn.test>\r\n"));
    let message = MessageParser::default().parse(raw).unwrap();
    let mut names: Vec<_> = message.headers().iter().map(|header| header.name().to_lowercase()).collect();
    names.sort();
    let expected = [
        "auto-submitted",
        "content-type",
        "date",
        "from",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "message-id",
        "mime-version",
        "subject",
        "to",
    ];
    assert_eq!(names, expected);
    assert_eq!(message.subject(), Some(subject));
    let letter = letter(subject);
    assert_eq!(message.to().unwrap().first().unwrap().name(), Some("Ann Müller"));
    assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ann@example.org"));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), letter.text);
    assert_eq!(message.body_html(0).unwrap().replace("\r\n", "\n"), letter.html);
    assert_eq!(message.date().unwrap().to_timestamp(), 1_800_000_000);
}

fn in_folder(home: &tempfile::TempDir) -> Mail {
    Mail::open("file:", FROM, home.path()).unwrap()
}

#[tokio::test]
async fn in_a_folder_letters_can_be_read_back() {
    let home = tempfile::tempdir().unwrap();
    let mail = in_folder(&home);
    mail.send(&letter("Your stay – confirmed")).await.unwrap();
    mail.send(&Letter {
        to: "bob@example.org".parse().unwrap(),
        to_name: None,
        unsubscribe: None,
        ..letter("Two")
    })
    .await
    .unwrap();
    mail.send(&letter("Three")).await.unwrap();

    let outbox = mail.outbox().unwrap();
    let to_ann = outbox.letters_to(&"ann@example.org".parse().unwrap()).await.unwrap();
    let subjects =
        |letters: &[Received]| letters.iter().map(|letter| letter.subject.clone()).collect::<Vec<_>>();
    assert_eq!(subjects(&to_ann), ["Your stay – confirmed", "Three"]);
    assert_eq!(subjects(&outbox.latest(2).await.unwrap()), ["Three", "Two"]);
    let first = &to_ann[0];
    let sent = letter("");
    assert_eq!((&first.text, &first.html, first.at), (&sent.text, &sent.html, sent.at));
    assert_eq!(first.links(), ["https://sojourn.test/verify?token=a-b_c"]);
    assert_eq!(first.unsubscribe.as_deref(), Some("https://sojourn.test/unsubscribe/abc?x=1&y=2"));
    assert_eq!(first.message_id, "ntf_0190@sojourn.test");
    assert_eq!(outbox.letter(&first.id).await.unwrap().as_ref(), Some(first));
    assert_eq!(outbox.letter("../mail").await.unwrap(), None);

    let raw = std::fs::read(home.path().join(format!("mail/{}.eml", first.id))).unwrap();
    is_the_letter(&raw, "Your stay – confirmed");
}

#[tokio::test]
async fn nothing_becomes_a_header_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let mail = in_folder(&home);
    let evil = "x\r\nBcc: eve@example.org\r\n\r\n<script>\n\u{85}=?utf-8?q?=0d=0aBcc:?=";
    let odd = Letter { to_name: Some(evil.into()), ..letter(evil) };
    mail.send(&odd).await.unwrap();
    let received = &mail.outbox().unwrap().latest(1).await.unwrap()[0];
    let raw = std::fs::read_to_string(home.path().join(format!("mail/{}.eml", received.id))).unwrap();
    let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert!(message.bcc().is_none());
    assert!(!raw.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{raw}");
    assert_eq!(message.to().unwrap().iter().count(), 1);
    assert_eq!(received.to, "ann@example.org");
    assert_eq!(received.text, odd.text);

    for odd in [
        Letter { message_id: "a>\r\nBcc: eve@example.org".into(), ..letter("x") },
        Letter { message_id: String::new(), ..letter("x") },
        Letter { unsubscribe: Some("mailto:eve@example.org".parse().unwrap()), ..letter("x") },
    ] {
        assert!(matches!(mail.send(&odd).await, Err(NotSent::Never(_))));
    }
}

/// A mail server that takes everything, except from senders to `nobody@` (for good) and `busy@` (for now).
struct Sink {
    port: u16,
    letters: Arc<Mutex<Vec<String>>>,
    _serving: AbortOnDropHandle<()>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters = Arc::<Mutex<Vec<String>>>::default();
        let kept = letters.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (caller, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(caller, kept.clone()));
            }
        });
        Self { port, letters, _serving: AbortOnDropHandle::new(serving) }
    }
}

async fn converse(caller: TcpStream, letters: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let (reader, mut writer) = caller.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 sink ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.to_uppercase();
        let answer = match verb.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "RCPT" if verb.contains("NOBODY@") => "550 5.1.1 <nobody@example.org> unknown",
            "RCPT" if verb.contains("BUSY@") => "451 4.7.1 <busy@example.org> come back later",
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut letter = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                    letter.push_str("\r\n");
                }
                letters.lock().unwrap().push(letter);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        writer.write_all(answer.as_bytes()).await?;
        writer.write_all(b"\r\n").await?;
    }
    Ok(())
}

#[tokio::test]
async fn by_smtp_the_same_letter_arrives() {
    let sink = Sink::start().await;
    let url = format!("smtp://user:pass%40word@127.0.0.1:{}", sink.port);
    let mail = Mail::open(&url, FROM, Path::new(".")).unwrap();
    assert!(mail.outbox().is_none());
    mail.send(&letter("Your stay – confirmed")).await.unwrap();
    mail.send(&letter("Two")).await.unwrap();
    let letters = sink.letters.lock().unwrap().clone();
    assert_eq!(letters.len(), 2);
    is_the_letter(letters[0].as_bytes(), "Your stay – confirmed");
}

#[tokio::test]
async fn by_smtp_refusals_are_told_apart_without_addresses() {
    let sink = Sink::start().await;
    let url = format!("smtp://127.0.0.1:{}", sink.port);
    let mail = Mail::open(&url, FROM, Path::new(".")).unwrap();
    let to = |to: &str| Letter { to: to.parse().unwrap(), ..letter("x") };
    let never = mail.send(&to("nobody@example.org")).await.unwrap_err();
    assert!(matches!(&never, NotSent::Never(_)) && !format!("{never:?}").contains("nobody"), "{never:?}");
    let later = mail.send(&to("busy@example.org")).await.unwrap_err();
    assert!(matches!(&later, NotSent::Later(_)) && !format!("{later:?}").contains("busy"), "{later:?}");
    drop(mail);

    // A server that offers no TLS gets nothing where TLS is required; one that isn't there, later.
    let strict = Mail::open(&format!("{url}?tls=required"), FROM, Path::new(".")).unwrap();
    assert!(strict.send(&letter("x")).await.is_err());
    assert!(sink.letters.lock().unwrap().is_empty());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = Mail::open(&format!("smtp://127.0.0.1:{port}"), FROM, Path::new(".")).unwrap();
    assert!(matches!(gone.send(&letter("x")).await, Err(NotSent::Later(_))));
}

#[tokio::test]
async fn urls_and_senders_are_checked() {
    let open = |url, from| Mail::open(url, from, Path::new("."));
    assert!(open("smtp://u:p@mail.example.org", FROM).is_ok());
    assert!(open("smtps://u:p@mail.example.org", FROM).is_ok());
    assert!(open("smtp://mail.example.org:25?tls=none", FROM).is_ok());
    assert!(open("smtp://mail.example.org?tls=perhaps", FROM).is_err());
    assert!(open("imap://mail.example.org", FROM).is_err());
    assert!(open("smtp://mail.example.org", "nobody").is_err());
    let fault = open("smtp://u:secret@", FROM).err().unwrap();
    assert!(!format!("{fault:?}").contains("secret"));
}
