//! Pictures on the roof.

use async_graphql::{Context, ID, Object};

use super::{context::app, scalars::Url};
use crate::{disputes::dispute_photo, kernel::PhotoId, listings::photo, search};

/// A picture of a listing, or of what people argue about.
pub struct Photo {
    id: PhotoId,
    caption: String,
    file_key: String,
    width: i32,
    height: i32,
    blurhash: String,
    color: String,
    widths: String,
}

impl From<photo::Model> for Photo {
    fn from(row: photo::Model) -> Self {
        let photo::Model { id, caption, file_key, width, height, blurhash, color, widths, .. } = row;
        Self { id, caption, file_key, width, height, blurhash, color, widths }
    }
}

impl From<dispute_photo::Model> for Photo {
    fn from(row: dispute_photo::Model) -> Self {
        let dispute_photo::Model { id, file_key, width, height, blurhash, color, widths, .. } = row;
        Self { id, caption: String::new(), file_key, width, height, blurhash, color, widths }
    }
}

impl From<search::CardPhoto> for Photo {
    fn from(card: search::CardPhoto) -> Self {
        let search::CardPhoto { id, caption, file_key, width, height, blurhash, color, widths } = card;
        Self { id, caption, file_key, width, height, blurhash, color, widths }
    }
}

/// A picture of a listing, or of what people argue about.
#[Object]
impl Photo {
    /// Names the picture.
    async fn id(&self) -> ID {
        self.id.to_string().into()
    }

    /// What it shows.
    async fn caption(&self) -> &str {
        &self.caption
    }

    /// Where to load it: the smallest stored variant that is at least this wide, or the widest there is.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many pixels wide it will be shown; variants have 320, 960 and 1920.",
            default = 960
        )]
        width: i32,
    ) -> Url {
        let widths: Vec<i32> = self.widths.split(',').filter_map(|w| w.parse().ok()).collect();
        let fits = widths.iter().find(|w| **w >= width).or(widths.last()).copied().unwrap_or(self.width);
        Url(format!("{}/files/{}/{fits}.jpg", app(ctx).settings.public_url(), self.file_key))
    }

    /// Pixels of the largest variant.
    async fn width(&self) -> i32 {
        self.width
    }

    /// Pixels of the largest variant.
    async fn height(&self) -> i32 {
        self.height
    }

    /// A placeholder while it loads.
    async fn blurhash(&self) -> &str {
        &self.blurhash
    }

    /// Its dominant colour, `#rrggbb`.
    async fn color(&self) -> &str {
        &self.color
    }
}
