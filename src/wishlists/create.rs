//! `createWishlist`: a person begins a list, which nobody else sees.

use sea_orm::{ActiveModelTrait, IntoActiveModel};

use super::{
    find,
    rules::{self, LONGEST_NAME, MOST_LISTS},
    wishlist,
};
use crate::{
    accounts::{self, viewer::Viewer},
    app::App,
    kernel::{Fault, WishlistId},
};

/// Why no list was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Empty, too long, or not of one line.
    #[error("a name has 1 to {LONGEST_NAME} characters, all on one line")]
    NameInvalid,
    /// The person has a hundred already.
    #[error("at most {MOST_LISTS} wish lists")]
    TooMany,
}

/// Begins a list.
pub async fn create(app: &App, owner: &Viewer, name: &str) -> Result<wishlist::Model, Fault<Refusal>> {
    owner.may_act()?;
    let name = rules::name(name).ok_or(Fault::Refused(Refusal::NameInvalid))?;
    let list = wishlist::Model {
        id: WishlistId::new(),
        user_id: owner.user,
        name,
        share_secret: None,
        created_at: app.clock.now(),
    };
    app.db
        .write(|tx| {
            let list = list.clone();
            async move {
                accounts::lock(&tx, owner.user).await?;
                if find::count_of(&*tx, owner.user).await? >= MOST_LISTS {
                    return Err(Fault::Refused(Refusal::TooMany));
                }

                Ok(list.into_active_model().reset_all().insert(&*tx).await?)
            }
        })
        .await
}
