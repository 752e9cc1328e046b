//! Wish lists on the roof: one's own, and those that others share by a link. No SQL, no rule.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result, SimpleObject};

use super::{
    context::{app, id, loaders, signed_in, viewer},
    errors::{WishlistError, WishlistErrorCode as Code},
    faults::{broken, read, settle, shared},
    listing::Listing,
    loaders::{ListingsOfWishlist, WishlistById},
    page::{self, List, Total},
    scalars::DateTime,
    transport::{Rule, ruled},
    user::{self, User},
};
use crate::{
    kernel::{WishlistId, page::Moment},
    wishlists::{self, create, save, update, wishlist, wishlist_item},
};

/// A named list of places, private or shared by a link.
pub struct Wishlist(pub wishlist::Model);

/// A named list of places, private or shared by a link.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Wishlist {
    /// Names the list everywhere; only its owner finds it by this.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whose; null if the person has gone.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user::by_id(ctx, self.0.user_id).await
    }

    /// Whoever has it may look: `wishlist(by: { link })`. Null while the list is private, and for everybody but its owner.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn share_link(&self, ctx: &Context<'_>) -> Option<&str> {
        let is_mine = viewer(ctx).is_some_and(|viewer| viewer.user == self.0.user_id);
        self.0.share_secret.as_deref().filter(|_| is_mine)
    }

    /// The places on it that are on sale, latest saved first. One that was taken off sale is there again when it comes
    /// back.
    async fn listings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Listing>> {
        let ask = page::ask("wishlist", first, after, last, before)?;
        let found = loaders(ctx).load_one(ListingsOfWishlist(self.0.id, ask)).await.map_err(shared)?;
        let found = found.ok_or_else(|| broken(anyhow::anyhow!("no page of {}", self.0.id)))?;
        let key = |item: &wishlist_item::Model| (Moment(item.saved_at), item.listing_id);
        Ok(page::list("wishlist", found, Total::SavedIn(self.0.id), key, |item| {
            Listing::by_id(item.listing_id)
        }))
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// How to name a wish list.
#[derive(OneofObject)]
pub enum WishlistBy {
    /// By its id: one of one's own.
    Id(ID),
    /// By the link that its owner has shared.
    Link(String),
}

/// Queries about wish lists.
#[derive(Default)]
pub struct WishlistQuery;

#[Object]
impl WishlistQuery {
    /// One of one's own wish lists, or one that is shared by a link.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: WishlistBy,
    ) -> Result<Option<Wishlist>> {
        match by {
            WishlistBy::Id(text) => by_id(ctx, id("by.id", &text)?).await,
            WishlistBy::Link(link) => {
                Ok(read(wishlists::find::by_link(app(ctx).db.read(), &link).await)?.map(Wishlist))
            }
        }
    }
}

/// One of the viewer's own wish lists.
pub async fn by_id(ctx: &Context<'_>, id: WishlistId) -> Result<Option<Wishlist>> {
    Ok(loaders(ctx).load_one(WishlistById(id)).await.map_err(shared)?.map(Wishlist))
}

/// A list to begin.
#[derive(InputObject)]
pub struct CreateWishlistInput {
    /// What to call it, 1 to 60 characters.
    name: String,
}

/// What to change of a list; what is left out stays.
#[derive(InputObject)]
pub struct UpdateWishlistInput {
    /// One of one's own.
    wishlist_id: ID,
    /// What to call it, 1 to 60 characters.
    name: Option<String>,
    /// Whether whoever has the link may look. A link that was taken back never comes back: sharing again makes another.
    shared: Option<bool>,
}

/// A list to let go.
#[derive(InputObject)]
pub struct DeleteWishlistInput {
    /// One of one's own.
    wishlist_id: ID,
}

/// A place to save.
#[derive(InputObject)]
pub struct SaveListingInput {
    /// One of one's own lists.
    wishlist_id: ID,
    /// A place that is on sale.
    listing_id: ID,
}

/// A place to take off a list.
#[derive(InputObject)]
pub struct UnsaveListingInput {
    /// One of one's own lists.
    wishlist_id: ID,
    /// A place on it.
    listing_id: ID,
}

macro_rules! wishlist_payload {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The list as it is now.
            wishlist: Option<Wishlist>,
            /// Why it is not as was asked.
            errors: Vec<WishlistError>,
        }

        impl $name {
            fn new((wishlist, errors): (Option<wishlist::Model>, Vec<WishlistError>)) -> Self {
                Self { wishlist: wishlist.map(Wishlist), errors }
            }
        }
    };
}

wishlist_payload! {
    /// A list, or why there is none.
    CreateWishlistPayload
}
wishlist_payload! {
    /// The list after the change, or why there was none.
    UpdateWishlistPayload
}
wishlist_payload! {
    /// The list with the place, or why it isn't there.
    SaveListingPayload
}
wishlist_payload! {
    /// The list without the place, or why nothing was changed.
    UnsaveListingPayload
}

/// The list that is gone.
#[derive(SimpleObject)]
pub struct DeleteWishlistPayload {
    /// The id that it had.
    wishlist_id: Option<ID>,
    /// Why it is still there.
    errors: Vec<WishlistError>,
}

/// What people change of their wish lists.
#[derive(Default)]
pub struct WishlistMutation;

#[Object]
impl WishlistMutation {
    /// Begins a wish list, which nobody else sees.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn create_wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to begin.")] input: CreateWishlistInput,
    ) -> Result<CreateWishlistPayload> {
        let outcome = wishlists::create(app(ctx), signed_in(ctx)?, &input.name).await;
        let created = settle(outcome, |refusal| match refusal {
            create::Refusal::NameInvalid => vec![WishlistError::new(Code::NameInvalid, "name", refusal)],
            create::Refusal::TooMany => vec![WishlistError::new(Code::TooMany, "", refusal)],
        })?;
        Ok(CreateWishlistPayload::new(created))
    }

    /// Renames a wish list, shares it by a link, or takes the link back.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn update_wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateWishlistInput,
    ) -> Result<UpdateWishlistPayload> {
        let list = id("wishlistId", &input.wishlist_id)?;
        let ask = update::Ask { name: input.name, shared: input.shared };
        let outcome = wishlists::update(app(ctx), signed_in(ctx)?, list, ask).await;
        let updated = settle(outcome, |refusal| match refusal {
            update::Refusal::NameInvalid => vec![WishlistError::new(Code::NameInvalid, "name", refusal)],
        })?;
        Ok(UpdateWishlistPayload::new(updated))
    }

    /// Lets a wish list go, with all that is on it.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn delete_wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: DeleteWishlistInput,
    ) -> Result<DeleteWishlistPayload> {
        let list = id("wishlistId", &input.wishlist_id)?;
        let outcome = wishlists::delete(app(ctx), signed_in(ctx)?, list).await;
        let (gone, errors) = settle(outcome, |never| match never {})?;
        Ok(DeleteWishlistPayload { wishlist_id: gone.map(|id| id.to_string().into()), errors })
    }

    /// Puts a place onto a wish list; a second time changes nothing.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn save_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which place, onto which list.")] input: SaveListingInput,
    ) -> Result<SaveListingPayload> {
        let (list, listing) = (id("wishlistId", &input.wishlist_id)?, id("listingId", &input.listing_id)?);
        let outcome = wishlists::save(app(ctx), signed_in(ctx)?, list, listing).await;
        Ok(SaveListingPayload::new(settle(outcome, |refusal| vec![not_saved(refusal)])?))
    }

    /// Takes a place off a wish list.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn unsave_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which place, off which list.")] input: UnsaveListingInput,
    ) -> Result<UnsaveListingPayload> {
        let (list, listing) = (id("wishlistId", &input.wishlist_id)?, id("listingId", &input.listing_id)?);
        let outcome = wishlists::unsave(app(ctx), signed_in(ctx)?, list, listing).await;
        Ok(UnsaveListingPayload::new(settle(outcome, |refusal| vec![not_saved(refusal)])?))
    }
}

fn not_saved(refusal: save::Refusal) -> WishlistError {
    match refusal {
        save::Refusal::TooMany => WishlistError::new(Code::TooMany, "wishlistId", refusal),
        save::Refusal::NotSaved => WishlistError::new(Code::NotSaved, "listingId", refusal),
    }
}
