//! `deleteWishlist`: its owner lets a list go, with all that is on it.

use sea_orm::EntityTrait;

use super::{find, wishlist};
use crate::{
    accounts::{self, viewer::Viewer},
    app::App,
    kernel::{Fault, Never, WishlistId},
};

/// Deletes one of the person's own lists.
pub async fn delete(app: &App, owner: &Viewer, id: WishlistId) -> Result<WishlistId, Fault<Never>> {
    owner.may_act()?;
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, owner.user).await?;
            find::own(&*tx, owner.user, id).await?.ok_or(Fault::Missing)?;
            wishlist::Entity::delete_by_id(id).exec(&*tx).await?;
            Ok(id)
        })
        .await
}
