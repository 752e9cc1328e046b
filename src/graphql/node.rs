//! Relay's door to every thing by its id: the same rights as by every other way.

use async_graphql::{Context, ID, Interface, Object, Result};

use super::{
    booking::{self, Booking},
    context::{bad_input, id, loaders},
    dispute::{self, Dispute},
    faults::shared,
    listing::{self, Listing},
    loaders::{NotificationById, QuoteById},
    notification::Notification,
    quote::Quote,
    transport::{Rule, ruled},
    user::{self, User},
    wishlist::{self, Wishlist},
};
use crate::kernel::{BookingId, DisputeId, ListingId, NotificationId, QuoteId, UserId, WishlistId};

/// Whatever has an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Names the thing everywhere."))]
pub enum Node {
    /// A place.
    Listing(Listing),
    /// A person.
    User(User),
    /// A stay.
    Booking(Booking),
    /// A kept price.
    Quote(Quote),
    /// A notice.
    Notification(Notification),
    /// A list of places.
    Wishlist(Wishlist),
    /// What people argue about.
    Dispute(Dispute),
}

/// Queries by id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id, as far as one may see it.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "id", desc = "Of anything that is a Node.")] text: ID,
    ) -> Result<Option<Node>> {
        by_id(ctx, &text).await
    }

    /// Many things by their ids, in the order of the ids; null for what one may not see. At most 100.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > 100 {
            return Err(bad_input("ids", "at most 100"));
        }
        futures_util::future::try_join_all(ids.iter().map(|id| by_id(ctx, id))).await
    }
}

async fn by_id(ctx: &Context<'_>, text: &ID) -> Result<Option<Node>> {
    let kind = text.split_once('_').map_or("", |(prefix, _)| prefix);
    Ok(match kind {
        ListingId::PREFIX => listing::by_id(ctx, id("id", text)?).await?.map(Node::Listing),
        UserId::PREFIX => user::by_id(ctx, id("id", text)?).await?.map(Node::User),
        WishlistId::PREFIX => wishlist::by_id(ctx, id("id", text)?).await?.map(Node::Wishlist),
        BookingId::PREFIX => booking::by_id(ctx, id("id", text)?).await?.map(Node::Booking),
        DisputeId::PREFIX => dispute::by_id(ctx, id("id", text)?).await?.map(Node::Dispute),
        QuoteId::PREFIX => {
            let quote = loaders(ctx).load_one(QuoteById(id("id", text)?)).await.map_err(shared)?;
            quote.map(Quote).map(Node::Quote)
        }
        NotificationId::PREFIX => {
            let notice = loaders(ctx).load_one(NotificationById(id("id", text)?)).await.map_err(shared)?;
            notice.map(Notification).map(Node::Notification)
        }
        _ => return Err(bad_input("id", "this is no id of ours")),
    })
}
