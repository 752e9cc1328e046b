//! Pictures that come in with a mutation: the same as `POST /uploads`, for clients that speak nothing but GraphQL.

use async_graphql::{Context, Error, ErrorExtensions, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, bad_input, signed_in},
    errors::{ListingError, ListingErrorCode as Code},
    faults::{error, settle},
    transport::{
        self, Rule,
        code::whole_seconds,
        form::{Files, Upload},
        ruled,
    },
};
use crate::{
    kernel::{Fault, Never},
    listings::{
        darkroom::Darkroom,
        picture::NotAPicture,
        store_upload::{Refusal, store_upload},
    },
};

/// A picture to be stored.
#[derive(InputObject)]
pub struct UploadPictureInput {
    /// A JPEG, PNG or WebP of at most 10 MiB.
    file: Upload,
}

/// What became of it.
#[derive(SimpleObject)]
pub struct UploadPicturePayload {
    /// Names the upload, for `addListingPhotos`.
    upload_id: Option<ID>,
    /// Its width in pixels.
    width: Option<i32>,
    /// Its height in pixels.
    height: Option<i32>,
    /// Why it was not stored.
    errors: Vec<ListingError>,
}

/// Pictures come in here.
#[derive(Default)]
pub struct UploadMutation;

#[Object]
impl UploadMutation {
    /// Stores a picture, without its metadata; it waits to be attached to something.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn upload_picture(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The picture.")] input: UploadPictureInput,
    ) -> Result<UploadPicturePayload> {
        let viewer = signed_in(ctx)?;
        viewer.may_act::<Never>().map_err(error)?;
        let file = ctx.data_opt::<Files>().and_then(|files| files.get(&input.file));
        let file = file.ok_or_else(|| bad_input("file", "send it in a form, as the scalar Upload says"))?;
        let place = ctx.data_unchecked::<Darkroom>().enter();
        let place = place.ok_or_else(|| later("Too many pictures are being stored just now.", 1))?;
        let outcome = store_upload(app(ctx), place, viewer, file).await;
        if let Err(Fault::Refused(Refusal::TooOften(wait))) = &outcome {
            return Err(later("Too many uploads in the last minute.", whole_seconds(*wait)));
        }
        let (row, errors) = settle(outcome, |refusal| {
            let code = match &refusal {
                Refusal::NotAPicture(NotAPicture::TooLarge) => Code::Invalid,
                Refusal::NotAPicture(_) => Code::NotAPicture,
                Refusal::TooMany | Refusal::TooOften(_) => Code::TooMany,
            };
            vec![ListingError::new(code, "file", refusal)]
        })?;
        Ok(UploadPicturePayload {
            upload_id: row.as_ref().map(|row| row.id.to_string().into()),
            width: row.as_ref().map(|row| row.width),
            height: row.as_ref().map(|row| row.height),
            errors,
        })
    }
}

fn later(message: &str, seconds: u64) -> Error {
    let error = transport::Code::RateLimited.error(message);
    error.extend_with(|_, extensions| extensions.set("retryAfter", seconds))
}
