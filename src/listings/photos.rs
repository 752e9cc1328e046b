//! `addListingPhotos`, `reorderListingPhotos`, `removeListingPhoto`: the pictures of a listing, in order.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use super::{
    find,
    listing::{self, Status},
    photo,
    rules::MOST_PHOTOS,
    take_upload::take_upload,
    upload,
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    db::Tx,
    kernel::{Fault, ListingId, PhotoId, UploadId, can_be_shown, clock::Instant},
};

/// Longest caption, in characters.
const LONGEST_CAPTION: usize = 200;

/// Why the pictures stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such upload of yours, or it was used already.
    #[error("there is no unused upload {0}")]
    UnknownUpload(UploadId),
    /// More than a listing takes.
    #[error("a listing has at most {MOST_PHOTOS} photos")]
    TooMany,
    /// Too long for under a picture, or with control characters.
    #[error("a caption has at most {LONGEST_CAPTION} characters, and no control characters")]
    CaptionInvalid,
    /// A new order must name each photo once.
    #[error("name each photo of the listing once")]
    NotTheSamePhotos,
    /// Archived for good.
    #[error("an archived listing cannot be changed")]
    Archived,
    /// A listing on sale keeps one picture at least.
    #[error("a published listing keeps at least one photo")]
    LastPhoto,
}

/// Attaches uploads after the photos that are there.
pub async fn add(
    app: &App,
    host: &Viewer,
    listing: ListingId,
    uploads: Vec<(UploadId, String)>,
) -> Result<Vec<photo::Model>, Fault<Refusal>> {
    let now = app.clock.now();
    let fits = |caption: &str| caption.chars().count() <= LONGEST_CAPTION && can_be_shown(caption);
    if !uploads.iter().all(|(_, caption)| fits(caption)) {
        return Err(Fault::Refused(Refusal::CaptionInvalid));
    }
    app.db
        .write(|tx| {
            let uploads = uploads.clone();
            async move {
                changeable(&find::owned_for_change(&tx, host, listing).await?)?;
                let there = of(&tx, listing).await?;
                if there.len() + uploads.len() > MOST_PHOTOS {
                    return Err(Fault::Refused(Refusal::TooMany));
                }

                let first = there.last().map_or(0, |photo| photo.position + 1);
                for ((id, caption), position) in uploads.into_iter().zip(first..) {
                    let upload = take_upload(&tx, host.user, id, now).await?;
                    let upload = upload.ok_or(Fault::Refused(Refusal::UnknownUpload(id)))?;
                    attached(listing, upload, caption, position, now).insert(&*tx).await?;
                }
                tx.touch_listing(listing);
                Ok(of(&tx, listing).await?)
            }
        })
        .await
}

/// Puts the photos in this order.
pub async fn reorder(
    app: &App,
    host: &Viewer,
    listing: ListingId,
    order: Vec<PhotoId>,
) -> Result<Vec<photo::Model>, Fault<Refusal>> {
    app.db
        .write(|tx| {
            let order = order.clone();
            async move {
                changeable(&find::owned_for_change(&tx, host, listing).await?)?;
                let there = of(&tx, listing).await?;
                let sorted = |mut ids: Vec<PhotoId>| {
                    ids.sort_unstable();
                    ids
                };
                if sorted(order.clone()) != sorted(there.iter().map(|photo| photo.id).collect()) {
                    return Err(Fault::Refused(Refusal::NotTheSamePhotos));
                }

                for (id, position) in order.into_iter().zip(0..) {
                    photo::Entity::update_many()
                        .col_expr(photo::Column::Position, Expr::value(position))
                        .filter(photo::Column::Id.eq(id))
                        .exec(&*tx)
                        .await?;
                }
                tx.touch_listing(listing);
                Ok(of(&tx, listing).await?)
            }
        })
        .await
}

/// Takes a photo away. Its files stay: bookings and cards may still show them.
pub async fn remove(app: &App, host: &Viewer, id: PhotoId) -> Result<ListingId, Fault<Refusal>> {
    app.db
        .write(|tx| async move {
            let photo = photo::Entity::find_by_id(id).one(&*tx).await?.ok_or(Fault::Missing)?;
            let listing = find::owned_for_change(&tx, host, photo.listing_id).await?;
            changeable(&listing)?;
            if listing.status == Status::Published && of(&tx, listing.id).await?.len() == 1 {
                return Err(Fault::Refused(Refusal::LastPhoto));
            }
            photo::Entity::delete_by_id(id).exec(&*tx).await?;
            tx.touch_listing(listing.id);
            Ok(listing.id)
        })
        .await
}

fn changeable(listing: &listing::Model) -> Result<(), Fault<Refusal>> {
    if listing.status == Status::Archived { Err(Fault::Refused(Refusal::Archived)) } else { Ok(()) }
}

async fn of(tx: &Tx, listing: ListingId) -> Result<Vec<photo::Model>, sea_orm::DbErr> {
    photo::Entity::find()
        .filter(photo::Column::ListingId.eq(listing))
        .order_by_asc(photo::Column::Position)
        .order_by_asc(photo::Column::Id)
        .all(&**tx)
        .await
}

fn attached(
    listing: ListingId,
    upload: upload::Model,
    caption: String,
    position: i32,
    now: Instant,
) -> photo::ActiveModel {
    let photo = photo::Model {
        id: PhotoId::new(),
        listing_id: listing,
        position,
        caption: caption.trim().to_owned(),
        file_key: upload.file_key,
        width: upload.width,
        height: upload.height,
        blurhash: upload.blurhash,
        color: upload.color,
        widths: upload.widths,
        created_at: now,
    };
    let mut row = photo.into_active_model().reset_all();
    row.listing_id = Set(listing);
    row
}
