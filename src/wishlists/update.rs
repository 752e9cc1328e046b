//! `updateWishlist`: its owner renames a list, shares it by a link, or takes the link back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

use super::{
    find,
    rules::{self, LONGEST_NAME},
    wishlist,
};
use crate::{
    accounts::{self, viewer::Viewer},
    app::App,
    kernel::{Fault, WishlistId},
};

/// What to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A new name.
    pub name: Option<String>,
    /// Whether whoever has the link may look. A link that was taken back never comes back: sharing again makes another.
    pub shared: Option<bool>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Empty, too long, or not of one line.
    #[error("a name has 1 to {LONGEST_NAME} characters, all on one line")]
    NameInvalid,
}

/// Changes one of the person's own lists.
pub async fn update(
    app: &App,
    owner: &Viewer,
    id: WishlistId,
    ask: Ask,
) -> Result<wishlist::Model, Fault<Refusal>> {
    owner.may_act()?;
    app.db
        .write(|tx| {
            let ask = ask.clone();
            async move {
                accounts::lock(&tx, owner.user).await?;
                let list = find::own(&*tx, owner.user, id).await?.ok_or(Fault::Missing)?;

                let after = judge(list, &ask).map_err(Fault::Refused)?;

                Ok(after.into_active_model().reset_all().update(&*tx).await?)
            }
        })
        .await
}

fn judge(mut list: wishlist::Model, ask: &Ask) -> Result<wishlist::Model, Refusal> {
    if let Some(name) = &ask.name {
        list.name = rules::name(name).ok_or(Refusal::NameInvalid)?;
    }
    list.share_secret = match ask.shared {
        Some(true) => list.share_secret.or_else(|| Some(secret())),
        Some(false) => None,
        None => list.share_secret,
    };
    Ok(list)
}

/// 128 bits that nobody guesses, safe in a URL.
fn secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}
