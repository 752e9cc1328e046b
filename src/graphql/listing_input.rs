//! What hosts change of their listings: the mutations and their inputs.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::{app, bad_input, id, signed_in},
    errors::{ListingError, ListingErrorCode as Code},
    faults::settle,
    listing::{CancellationPolicy, Listing, PropertyType, RoomType},
    photo::Photo,
    scalars::{CountryCode, CurrencyCode, LocalTime, TimeZone},
    transport::{Rule, ruled},
};
use crate::{
    kernel::Fault,
    listings::{
        self,
        amenity::{Amenities, Amenity},
        create,
        draft::Draft,
        listing,
        moderate::{self, Action},
        photos, publish,
        rules::{Flaw, Missing},
        update,
    },
};

/// Fields of a listing; what is left out stays as it is.
#[derive(InputObject)]
pub struct ListingFieldsInput {
    /// One line, at most 80 characters.
    title: Option<String>,
    /// Some paragraphs, at most 5,000 characters.
    description: Option<String>,
    /// What kind of building.
    property_type: Option<PropertyType>,
    /// How much of it a guest has alone.
    room_type: Option<RoomType>,
    /// Street and number; for the host and the confirmed guest only.
    street: Option<String>,
    /// Postal code; likewise.
    postal_code: Option<String>,
    /// City.
    city: Option<String>,
    /// Region or state.
    region: Option<String>,
    /// Country.
    country: Option<CountryCode>,
    /// Exact latitude × 1,000,000, north positive; for the host and the confirmed guest only.
    latitude_e6: Option<i32>,
    /// Exact longitude × 1,000,000, east positive; likewise.
    longitude_e6: Option<i32>,
    /// The zone of its local times.
    time_zone: Option<TimeZone>,
    /// How many bedrooms, 0 to 50.
    bedrooms: Option<i32>,
    /// How many beds, 0 to 100.
    beds: Option<i32>,
    /// How many bathrooms, in halves of one: 3 is one and a half.
    half_bathrooms: Option<i32>,
    /// Most adults and children together, 1 to 50.
    max_guests: Option<i32>,
    /// Codes of the catalogue: see `Query.amenities`.
    amenities: Option<Vec<String>>,
    /// What guests agree to, at most 3,000 characters.
    house_rules: Option<String>,
    /// From when on guests may come, local time.
    check_in_time: Option<LocalTime>,
    /// Until when guests leave, local time.
    check_out_time: Option<LocalTime>,
    /// Released to the guest 48 h before check-in, at most 3,000 characters.
    check_in_instructions: Option<String>,
    /// What a guest who cancels gets back.
    cancellation_policy: Option<CancellationPolicy>,
    /// Whether a booking needs no approval.
    instant_book: Option<bool>,
}

impl ListingFieldsInput {
    fn read(self) -> Result<Draft> {
        let amenities = self.amenities.map(|codes| {
            codes
                .iter()
                .map(|code| {
                    code.parse::<Amenity>().map_err(|_| bad_input("amenities", format!("there is no {code}")))
                })
                .collect::<Result<Amenities>>()
        });
        Ok(Draft {
            title: self.title,
            description: self.description,
            property_type: self.property_type.map(Into::into),
            room_type: self.room_type.map(Into::into),
            street: self.street,
            postal_code: self.postal_code,
            city: self.city,
            region: self.region,
            country: self.country.map(|country| country.0),
            lat_e6: self.latitude_e6,
            lon_e6: self.longitude_e6,
            time_zone: self.time_zone.map(|zone| zone.0),
            bedrooms: self.bedrooms,
            beds: self.beds,
            half_bathrooms: self.half_bathrooms,
            max_guests: self.max_guests,
            amenities: amenities.transpose()?,
            house_rules: self.house_rules,
            check_in_time: self.check_in_time.map(|time| time.0),
            check_out_time: self.check_out_time.map(|time| time.0),
            check_in_instructions: self.check_in_instructions,
            cancellation_policy: self.cancellation_policy.map(Into::into),
            instant_book: self.instant_book,
        })
    }
}

/// A draft to begin.
#[derive(InputObject)]
pub struct CreateListingInput {
    /// The currency of all its prices, for good.
    currency_code: CurrencyCode,
    /// What is known so far.
    fields: ListingFieldsInput,
}

/// What to change.
#[derive(InputObject)]
pub struct UpdateListingInput {
    /// One of one's own.
    listing_id: ID,
    /// What to change.
    fields: ListingFieldsInput,
}

/// One of one's own listings.
#[derive(InputObject)]
pub struct ListingIdInput {
    /// Which one.
    listing_id: ID,
}

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

macro_rules! listing_payload {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The listing as it is now.
            listing: Option<Listing>,
            /// Why it is not as was asked: every reason at once.
            errors: Vec<ListingError>,
        }

        impl $name {
            fn new((listing, errors): (Option<listing::Model>, Vec<ListingError>)) -> Self {
                Self { listing: listing.map(Listing::from), errors }
            }
        }
    };
}

listing_payload! {
    /// A draft, or why there is none.
    CreateListingPayload
}
listing_payload! {
    /// The listing after the change, or why there was none.
    UpdateListingPayload
}
listing_payload! {
    /// The listing on sale, or everything that it lacks.
    PublishListingPayload
}
listing_payload! {
    /// The listing off sale, or why it isn't.
    PauseListingPayload
}
listing_payload! {
    /// The listing off sale for good, or why it isn't.
    ArchiveListingPayload
}

/// The draft that is gone, or why it isn't.
#[derive(SimpleObject)]
pub struct DeleteListingPayload {
    /// The id that it had.
    listing_id: Option<ID>,
    /// Why it is still there.
    errors: Vec<ListingError>,
}

/// What an admin does with a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Action")]
pub enum ListingModeration {
    /// Take it off sale until an admin says otherwise; its bookings stand.
    Suspend,
    /// Hand it back to its host, off sale.
    Reinstate,
}

/// What an admin does with a listing, and why.
#[derive(InputObject)]
pub struct ModerateListingInput {
    /// Anybody's.
    listing_id: ID,
    /// What to do.
    action: ListingModeration,
    /// Why, 1 to 500 characters; of a suspension, the host reads it.
    reason: String,
}

listing_payload! {
    /// The listing as an admin has left it, or why nothing was changed.
    ModerateListingPayload
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

/// What hosts change of their listings.
#[derive(Default)]
pub struct ListingMutation;

#[Object]
impl ListingMutation {
    /// Begins a draft.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn create_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is known so far.")] input: CreateListingInput,
    ) -> Result<CreateListingPayload> {
        let draft = input.fields.read()?;
        let outcome = listings::create(app(ctx), signed_in(ctx)?, input.currency_code.0, draft).await;
        let created = settle(outcome, |refusal| match refusal {
            create::Refusal::Flaws(flaws) => flaws.iter().map(flaw).collect(),
            create::Refusal::TooMany => vec![ListingError::new(Code::TooMany, "", refusal)],
        })?;
        Ok(CreateListingPayload::new(created))
    }

    /// Edits a listing. Bookings that exist keep what they were made with.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn update_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateListingInput,
    ) -> Result<UpdateListingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let outcome = listings::update(app(ctx), signed_in(ctx)?, listing, input.fields.read()?).await;
        let updated = settle(outcome, |refusal| match refusal {
            update::Refusal::Flaws(flaws) => flaws.iter().map(flaw).collect(),
            update::Refusal::Needed(missing) => missing.into_iter().map(lacking).collect(),
            update::Refusal::Archived => vec![ListingError::new(Code::WrongState, "listingId", refusal)],
        })?;
        Ok(UpdateListingPayload::new(updated))
    }

    /// Puts a listing on sale, or names everything that it lacks.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn publish_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ListingIdInput,
    ) -> Result<PublishListingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let outcome = publish::publish(app(ctx), signed_in(ctx)?, listing).await;
        Ok(PublishListingPayload::new(stepped(outcome)?))
    }

    /// Takes a listing off sale for a while; its bookings stand.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn pause_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ListingIdInput,
    ) -> Result<PauseListingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let outcome = publish::pause(app(ctx), signed_in(ctx)?, listing).await;
        Ok(PauseListingPayload::new(stepped(outcome)?))
    }

    /// Takes a listing off sale for good; refused while guests have booked it.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn archive_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ListingIdInput,
    ) -> Result<ArchiveListingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let outcome = publish::archive(app(ctx), signed_in(ctx)?, listing).await;
        Ok(ArchiveListingPayload::new(stepped(outcome)?))
    }

    /// Takes a listing off sale, or hands it back to its host. Bookings stand.
    #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
    async fn moderate_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do with which one, and why.")] input: ModerateListingInput,
    ) -> Result<ModerateListingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let action = input.action.into();
        let outcome = moderate::moderate(app(ctx), signed_in(ctx)?, listing, action, &input.reason).await;
        let moderated = settle(outcome, |refusal| match refusal {
            moderate::Refusal::WrongState(_) => {
                vec![ListingError::new(Code::WrongState, "listingId", refusal)]
            }
            moderate::Refusal::Reason => vec![ListingError::new(Code::ReasonInvalid, "reason", refusal)],
        })?;
        Ok(ModerateListingPayload::new(moderated))
    }

    /// Deletes a draft; anything that was on sale is archived instead.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn delete_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ListingIdInput,
    ) -> Result<DeleteListingPayload> {
        let listing = id("listingId", &input.listing_id)?;
        let (deleted, errors) = stepped(publish::delete(app(ctx), signed_in(ctx)?, listing).await)?;
        Ok(DeleteListingPayload { listing_id: deleted.map(|id| id.to_string().into()), errors })
    }

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

fn flaw(flaw: &Flaw) -> ListingError {
    ListingError::new(Code::Invalid, &format!("fields.{}", flaw.field), flaw)
}

fn lacking(missing: Missing) -> ListingError {
    let (field, message) = match missing {
        Missing::Title => ("fields.title", "a title of at least 10 characters"),
        Missing::Description => ("fields.description", "a description of at least 50 characters"),
        Missing::Street => ("fields.street", "a street"),
        Missing::City => ("fields.city", "a city"),
        Missing::Country => ("fields.country", "a country"),
        Missing::Location => ("fields.latitudeE6", "latitude and longitude"),
        Missing::TimeZone => ("fields.timeZone", "a time zone"),
        Missing::Beds => ("fields.beds", "at least one bed"),
        Missing::Photos => ("photos", "at least one photo"),
        Missing::Price => ("pricing", "a nightly price"),
        Missing::VerifiedEmail => ("", "a host with a verified email address"),
    };
    ListingError::new(Code::Required, field, message)
}

fn stepped<T>(
    outcome: std::result::Result<T, Fault<publish::Refusal>>,
) -> Result<(Option<T>, Vec<ListingError>)> {
    settle(outcome, |refusal| match refusal {
        publish::Refusal::Incomplete(missing) => missing.into_iter().map(lacking).collect(),
        publish::Refusal::WrongState(_) => vec![ListingError::new(Code::WrongState, "listingId", refusal)],
        publish::Refusal::FutureBookings => {
            vec![ListingError::new(Code::FutureBookings, "listingId", refusal)]
        }
    })
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
