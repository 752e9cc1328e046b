//! The two letters of a sign-up: the link for a new address, the notice for a known one. Sending is the port's work.

use askama::Template;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{pending_sign_up, sign_up, sign_up_token, user};
use crate::{
    app::App,
    kernel::{Fault, JobId, Never, SignUpId, UserId, clock::Instant},
    ports::mail::Letter,
};

#[derive(Template)]
#[template(path = "mail/sign_up.txt", escape = "none")]
struct LinkText<'a> {
    link: &'a str,
    token: &'a str,
    hours: i64,
}

#[derive(Template)]
#[template(path = "mail/sign_up.html")]
struct LinkHtml<'a> {
    link: &'a str,
    token: &'a str,
    hours: i64,
}

#[derive(Template)]
#[template(path = "mail/known_email.txt", escape = "none")]
struct NoticeText<'a> {
    name: &'a str,
    home: &'a str,
}

#[derive(Template)]
#[template(path = "mail/known_email.html")]
struct NoticeHtml<'a> {
    name: &'a str,
    home: &'a str,
}

/// The letter that event `SignUpRequested` asks for; none if the sign-up was used, or its link has ended.
pub async fn mail_sign_up(app: &App, id: SignUpId) -> Result<Option<Letter>, Fault<Never>> {
    let now = app.clock.real_now();
    let row = pending_sign_up::Entity::find_by_id(id)
        .filter(pending_sign_up::Column::ExpiresAt.gt(now))
        .one(app.db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(token) = sign_up_token::of(&app.keys, &row) else {
        tracing::warn!(sign_up = %id, "the data key of this sign-up is gone, and its link with it");
        return Ok(None);
    };
    Ok(Some(link_letter(&row, &token, &app.settings.public_url())?))
}

/// The letter that event `SignUpOfKnownEmail` asks for; none if the account is gone. `job` makes it this letter and no
/// other, `at` is when the sign-up was.
pub async fn mail_known_email(
    app: &App,
    id: UserId,
    job: JobId,
    at: Instant,
) -> Result<Option<Letter>, Fault<Never>> {
    let user = user::Entity::find_by_id(id).one(app.db.read()).await?;
    Ok(user.map(|user| notice_letter(&user, job, at, &app.settings.public_url())).transpose()?)
}

/// The link, and nothing that the one who signed up has written: the address may be somebody else's, and we carry no
/// strangers' words to it.
fn link_letter(row: &pending_sign_up::Model, token: &str, home: &str) -> anyhow::Result<Letter> {
    let link = &format!("{home}/verify-email?token={token}");
    let hours = sign_up::LINK_HOURS;
    Ok(Letter {
        to: row.email.clone(),
        to_name: None,
        subject: "Confirm your email address".to_owned(),
        text: LinkText { link, token, hours }.render()?,
        html: LinkHtml { link, token, hours }.render()?,
        unsubscribe: None,
        message_id: row.id.to_string(),
        at: row.created_at,
    })
}

fn notice_letter(user: &user::Model, job: JobId, at: Instant, home: &str) -> anyhow::Result<Letter> {
    let name = &user.display_name;
    Ok(Letter {
        to: user.email.clone(),
        to_name: Some(name.clone()),
        subject: "You already have an account".to_owned(),
        text: NoticeText { name, home }.render()?,
        html: NoticeHtml { name, home }.render()?,
        unsubscribe: None,
        message_id: job.to_string(),
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_in_both_letters_and_strangers_words_are_in_none() {
        let row = pending_sign_up::Model {
            id: SignUpId::new(),
            email: "ann@example.org".parse().unwrap(),
            password_hash: "the hash".into(),
            display_name: "Win at evil.test".into(),
            wants_host: false,
            token_hash: String::new(),
            created_at: Instant::UNIX_EPOCH,
            expires_at: Instant::UNIX_EPOCH,
        };
        let letter = link_letter(&row, "t0ken", "https://sojourn.test").unwrap();
        for text in [&letter.text, &letter.html] {
            assert!(text.contains("https://sojourn.test/verify-email?token=t0ken"), "{text}");
            assert!(!text.contains("evil") && !text.contains("the hash"), "{text}");
        }
        assert_eq!(letter.to, row.email);
    }

    #[test]
    fn a_name_is_text_in_html_too() {
        let mut user = crate::accounts::tests::person("bob@example.org");
        user.display_name = "<b>Bob</b>".into();
        let letter = notice_letter(&user, JobId::new(), Instant::UNIX_EPOCH, "https://sojourn.test").unwrap();
        assert!(letter.text.contains("<b>Bob</b>"), "{}", letter.text);
        assert!(!letter.html.contains("<b>Bob") && letter.html.contains("Bob"), "{}", letter.html);
    }
}
