//! Mailing a stored notice. Its Message-ID is the notice's own id: a letter sent twice by a crash is the same letter.

use askama::Template;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::notification;
use crate::{
    accounts::user,
    app::App,
    drill,
    kernel::{Fault, Never, NotificationId},
    ports::mail::Letter,
};

#[derive(Template)]
#[template(path = "notice.html")]
struct Html<'a> {
    title: &'a str,
    body: &'a str,
    name: &'a str,
    link: &'a str,
}

/// Mails a notice that has not been mailed.
pub async fn mail(app: &App, id: NotificationId) -> Result<(), Fault<Never>> {
    let notice = notification::Entity::find_by_id(id).one(app.db.read()).await?.ok_or(Fault::Missing)?;
    if notice.mailed_at.is_some() {
        return Ok(());
    }
    let person = user::Entity::find_by_id(notice.user_id).one(app.db.read()).await?.ok_or(Fault::Missing)?;

    let letter = letter(app, &notice, &person).map_err(anyhow::Error::from)?;
    if !app.mail.send_or_drop(&letter).await? {
        return Ok(());
    }
    drill::point("notifications.mail.sent");

    let now = app.clock.now();
    notification::Entity::update_many()
        .col_expr(notification::Column::MailedAt, Expr::value(now))
        .filter(notification::Column::Id.eq(id))
        .exec(app.db.writer())
        .await?;
    Ok(())
}

fn letter(app: &App, notice: &notification::Model, person: &user::Model) -> Result<Letter, askama::Error> {
    let link = app.settings.public_url();
    let name = &person.display_name;
    Ok(Letter {
        to: person.email.clone(),
        to_name: Some(name.clone()),
        subject: notice.title.clone(),
        text: format!("Hello {name},\n\n{}\n\n{link}\n", notice.body),
        html: Html { title: &notice.title, body: &notice.body, name, link: &link }.render()?,
        unsubscribe: None,
        message_id: notice.id.to_string(),
        at: notice.created_at,
    })
}
