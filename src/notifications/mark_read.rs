//! `markNotificationsRead`: a person has seen everything up to a notice.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{find, notification};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Fault, Never, NotificationId},
};

/// Marks a notice and all before it as read; returns how many are still unread.
pub async fn mark_read(app: &App, viewer: &Viewer, upto: NotificationId) -> Result<u64, Fault<Never>> {
    viewer.may_act()?;
    let now = app.clock.now();
    let upto = find::own(app.db.read(), viewer.user, upto).await?.ok_or(Fault::Missing)?;
    app.db
        .write(|tx| async move {
            notification::Entity::update_many()
                .col_expr(notification::Column::ReadAt, Expr::value(now))
                .filter(notification::Column::UserId.eq(viewer.user))
                .filter(notification::Column::Seq.lte(upto.seq))
                .filter(notification::Column::ReadAt.is_null())
                .exec(&*tx)
                .await?;
            Ok::<_, Fault<Never>>(())
        })
        .await?;
    Ok(find::unread(app.db.read(), viewer.user).await?)
}
