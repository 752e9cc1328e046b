//! `saveListing`, `unsaveListing`: a place comes onto a list, or off it.

use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use super::{find, rules::MOST_ITEMS, wishlist, wishlist_item};
use crate::{
    accounts::{self, viewer::Viewer},
    app::App,
    kernel::{Fault, ListingId, WishlistId},
    listings,
};

/// Why the list stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The list has five hundred already.
    #[error("at most {MOST_ITEMS} places on a wish list")]
    TooMany,
    /// The place is not on the list.
    #[error("this place is not on the wish list")]
    NotSaved,
}

/// Puts a place that the person may see onto one of their own lists. Once is enough: a second time changes nothing.
pub async fn save(
    app: &App,
    owner: &Viewer,
    id: WishlistId,
    listing: ListingId,
) -> Result<wishlist::Model, Fault<Refusal>> {
    owner.may_act()?;
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, owner.user).await?;
            let list = find::own(&*tx, owner.user, id).await?.ok_or(Fault::Missing)?;
            let seen = listings::find::visible_to(&*tx, Some(owner.user), &[listing]).await?;
            if seen.is_empty() {
                return Err(Fault::Missing);
            }
            let there = wishlist_item::Entity::find_by_id((id, listing)).one(&*tx).await?.is_some();
            if !there && find::items_of(&*tx, id).await? >= MOST_ITEMS {
                return Err(Fault::Refused(Refusal::TooMany));
            }

            let row = wishlist_item::ActiveModel {
                wishlist_id: Set(id),
                listing_id: Set(listing),
                saved_at: Set(now),
            };
            wishlist_item::Entity::insert(row)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&*tx)
                .await?;
            Ok(list)
        })
        .await
}

/// Takes a place off one of the person's own lists, whatever became of the place.
pub async fn unsave(
    app: &App,
    owner: &Viewer,
    id: WishlistId,
    listing: ListingId,
) -> Result<wishlist::Model, Fault<Refusal>> {
    owner.may_act()?;
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, owner.user).await?;
            let list = find::own(&*tx, owner.user, id).await?.ok_or(Fault::Missing)?;

            let gone = wishlist_item::Entity::delete_by_id((id, listing)).exec(&*tx).await?;
            if gone.rows_affected == 0 { Err(Fault::Refused(Refusal::NotSaved)) } else { Ok(list) }
        })
        .await
}
