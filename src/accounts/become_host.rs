//! Taking the host role, which everybody may.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{Viewer, user};
use crate::{
    app::App,
    kernel::{Fault, Never},
};

/// Gives the viewer the host role and returns the account. Doing it twice is no fault.
pub async fn become_host(app: &App, viewer: &Viewer) -> Result<user::Model, Fault<Never>> {
    viewer.may_act()?;
    let id = viewer.user;
    let changed = app
        .db
        .write(|tx| async move {
            let changed = user::Entity::update_many()
                .col_expr(user::Column::IsHost, Expr::value(true))
                .filter(user::Column::Id.eq(id))
                .filter(user::Column::SuspendedAt.is_null())
                .exec_with_returning(&*tx)
                .await?;
            Ok::<_, Fault<Never>>(changed)
        })
        .await?;
    app.gate.forget(viewer.session).await;
    changed.into_iter().next().ok_or(Fault::Forbidden)
}
