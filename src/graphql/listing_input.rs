//! What hosts change of their listings: the mutations and their inputs. Fields and photos have files of their own.

mod fields;
pub mod photos;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use self::fields::ListingFieldsInput;
use super::{
    context::{app, id, signed_in},
    errors::{ListingError, ListingErrorCode as Code},
    faults::settle,
    listing::Listing,
    scalars::CurrencyCode,
    transport::{Rule, ruled},
};
use crate::{
    kernel::Fault,
    listings::{
        self, create, listing,
        moderate::{self, Action},
        publish,
        rules::{Flaw, Missing},
        update,
    },
};

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
