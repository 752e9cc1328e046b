//! What hosts change of a listing's photos: the mutations and their inputs.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::{
    graphql::{
        context::{app, id, signed_in},
        errors::{ListingError, ListingErrorCode as Code},
        faults::settle,
        photo::Photo,
        transport::{Rule, ruled},
    },
    listings::photos,
};

/// An upload to attach.
#[derive(InputObject)]
pub struct UploadedPhotoInput {
    /// From `POST /uploads`.
    upload_id: ID,
    /// What it shows, at most 200 characters.
    #[graphql(default)]
    caption: String,
}

/// Photos to attach.
#[derive(InputObject)]
pub struct AddListingPhotosInput {
    /// One of one's own.
    listing_id: ID,
    /// Uploads, each used once; a listing has at most 40 photos.
    photos: Vec<UploadedPhotoInput>,
}

/// A new order.
#[derive(InputObject)]
pub struct ReorderListingPhotosInput {
    /// One of one's own.
    listing_id: ID,
    /// Each photo of the listing once, in the new order.
    photo_ids: Vec<ID>,
}

/// A photo to take away.
#[derive(InputObject)]
pub struct RemoveListingPhotoInput {
    /// Of one of one's own listings.
    photo_id: ID,
}

macro_rules! photos_payload {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// All photos of the listing, in order.
            photos: Option<Vec<Photo>>,
            /// Why nothing was changed.
            errors: Vec<ListingError>,
        }
    };
}

photos_payload! {
    /// The photos with the new ones, or why there are none.
    AddListingPhotosPayload
}
photos_payload! {
    /// The photos in the new order, or why not.
    ReorderListingPhotosPayload
}

/// The photo that is gone, or why it isn't.
#[derive(SimpleObject)]
pub struct RemoveListingPhotoPayload {
    /// The id that it had.
    photo_id: Option<ID>,
    /// Why it is still there.
    errors: Vec<ListingError>,
}

/// What hosts change of a listing's photos.
#[derive(Default)]
pub struct ListingPhotoMutation;

#[Object]
impl ListingPhotoMutation {
    /// Attaches uploads after the photos that are there.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn add_listing_photos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones, to which listing.")] input: AddListingPhotosInput,
    ) -> Result<AddListingPhotosPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let upload =
            |photo: UploadedPhotoInput| Ok((id("photos.uploadId", &photo.upload_id)?, photo.caption));
        let uploads = input.photos.into_iter().map(upload).collect::<Result<Vec<_>>>()?;
        let outcome = photos::add(app(ctx), signed_in(ctx)?, listing, uploads).await;
        let (rows, errors) = settle(outcome, not_attached)?;
        Ok(AddListingPhotosPayload {
            photos: rows.map(|rows| rows.into_iter().map(Photo::from).collect()),
            errors,
        })
    }

    /// Puts the photos of a listing in another order; the first is the cover.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn reorder_listing_photos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new order.")] input: ReorderListingPhotosInput,
    ) -> Result<ReorderListingPhotosPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let order = input.photo_ids.iter().map(|photo| id("photoIds", photo)).collect::<Result<Vec<_>>>()?;
        let outcome = photos::reorder(app(ctx), signed_in(ctx)?, listing, order).await;
        let (rows, errors) = settle(outcome, not_attached)?;
        let photos = rows.map(|rows| rows.into_iter().map(Photo::from).collect());
        Ok(ReorderListingPhotosPayload { photos, errors })
    }

    /// Takes a photo away; a published listing keeps one at least.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn remove_listing_photo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RemoveListingPhotoInput,
    ) -> Result<RemoveListingPhotoPayload> {
        let photo = id("photoId", &input.photo_id)?;
        let outcome = photos::remove(app(ctx), signed_in(ctx)?, photo).await;
        let (removed, errors) = settle(outcome, not_attached)?;
        Ok(RemoveListingPhotoPayload { photo_id: removed.map(|_| input.photo_id), errors })
    }
}

fn not_attached(refusal: photos::Refusal) -> Vec<ListingError> {
    let (field, code) = match &refusal {
        photos::Refusal::UnknownUpload(_) => ("photos.uploadId", Code::UnknownUpload),
        photos::Refusal::TooMany => ("photos", Code::TooMany),
        photos::Refusal::CaptionInvalid => ("photos.caption", Code::Invalid),
        photos::Refusal::NotTheSamePhotos => ("photoIds", Code::NotTheSamePhotos),
        photos::Refusal::Archived => ("", Code::WrongState),
        photos::Refusal::LastPhoto => ("photoId", Code::LastPhoto),
    };
    vec![ListingError::new(code, field, refusal)]
}
