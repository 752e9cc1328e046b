//! Storing a notice for a person: numbered in order of commit, once per occasion, mailed by a job that is stored with
//! it. Whoever listens is nudged after the commit and reads from the table, so nothing is lost with the nudge.

use bytes::Bytes;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::notification::{self, Kind};
use crate::{
    accounts::user,
    app::App,
    event::Event,
    kernel::{BookingId, Fault, Never, NotificationId, UserId},
};

/// A notice to be stored.
#[derive(Debug, Clone)]
pub struct Notice {
    /// To whom.
    pub user: UserId,
    /// What about.
    pub kind: Kind,
    /// One line.
    pub title: String,
    /// A few lines.
    pub body: String,
    /// About which booking.
    pub booking: Option<BookingId>,
    /// What it follows from: the same occasion makes no second notice.
    pub occasion: String,
}

/// Stores the notices that are new, and nudges who listens.
pub async fn deliver(app: &App, notices: Vec<Notice>) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let mut people: Vec<UserId> = notices.iter().map(|notice| notice.user).collect();
    // Rows of people are locked in one order, whoever is told first.
    people.sort_unstable();
    people.dedup();
    app.db
        .write(|tx| {
            let (notices, people) = (notices.clone(), people.clone());
            async move {
                for user in people {
                    for notice in notices.iter().filter(|notice| notice.user == user) {
                        store(&tx, notice, now).await?;
                    }
                }
                Ok(())
            }
        })
        .await?;
    for user in people {
        app.bus.publish(&topic(user), Bytes::new()).await;
    }
    Ok(())
}

/// Where a person's nudges are published.
pub fn topic(user: UserId) -> String {
    format!("notifications.{user}")
}

async fn store(
    tx: &crate::db::Tx,
    notice: &Notice,
    now: crate::kernel::clock::Instant,
) -> Result<(), sea_orm::DbErr> {
    // The number is taken first: it locks the person's row, so that numbers are committed in their order.
    let numbered = user::Entity::update_many()
        .col_expr(user::Column::NotificationSeq, Expr::col(user::Column::NotificationSeq).add(1))
        .filter(user::Column::Id.eq(notice.user))
        .exec_with_returning(&**tx)
        .await?;
    let Some(person) = numbered.into_iter().next() else { return Ok(()) };
    let told = notification::Entity::find()
        .filter(notification::Column::UserId.eq(notice.user))
        .filter(notification::Column::DedupKey.eq(&notice.occasion))
        .count(&**tx)
        .await?;
    if told > 0 {
        return Ok(());
    }
    let id = NotificationId::new();
    let row = notification::ActiveModel {
        id: Set(id),
        user_id: Set(notice.user),
        seq: Set(person.notification_seq),
        kind: Set(notice.kind),
        title: Set(notice.title.clone()),
        body: Set(notice.body.clone()),
        dedup_key: Set(notice.occasion.clone()),
        booking_id: Set(notice.booking),
        created_at: Set(now),
        read_at: Set(None),
        mailed_at: Set(None),
    };
    notification::Entity::insert(row).exec_without_returning(&**tx).await?;
    Event::NotificationStored { notification: id }.emit(tx, now).await
}
