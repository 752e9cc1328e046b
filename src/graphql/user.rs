//! People: the public profile, and what a person sees of themselves. No rule.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use futures_util::TryFutureExt as _;

use super::{
    booking::Booking,
    context::{app, id, loaders, signed_in, viewer},
    dispute::Dispute,
    errors::{AccountError, AccountErrorCode},
    faults::{read, settle},
    listing::Listing,
    loaders::UserById,
    notification::Notification,
    page::{self, List, Total},
    payout::{Payout, PayoutAccount},
    scalars::{DateTime, EmailAddress},
    session::Session,
    transport::{Rule, ruled},
    wishlist::Wishlist,
};
use crate::{
    accounts::{self, update_profile, user},
    bookings::{self, find::Side},
    disputes,
    kernel::UserId,
    listings, notifications, payouts, wishlists,
};

/// A person, as everybody sees them.
pub struct User(pub user::Model);

/// A person, as everybody sees them.
#[Object]
impl User {
    /// Names the person everywhere.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name that the person chose.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// A few words about themselves.
    async fn bio(&self) -> &str {
        &self.0.bio
    }

    /// Whether the email address was proven.
    async fn is_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// Whether the person lists places.
    async fn is_host(&self) -> bool {
        self.0.is_host
    }

    /// When the account was made.
    async fn member_since(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// What a signed-in person sees of themselves.
pub struct Me(pub accounts::Viewer);

/// What a signed-in person sees of themselves.
#[Object(name = "Viewer", directive = ruled::apply(Rule::SignedIn))]
impl Me {
    /// The public profile.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loaders(ctx).load_one(UserById(self.0.user)).map_err(super::faults::shared).await?.map(User))
    }

    /// Where mail goes.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<EmailAddress>> {
        let user = loaders(ctx).load_one(UserById(self.0.user)).map_err(super::faults::shared).await?;
        Ok(user.map(|user| EmailAddress(user.email)))
    }

    /// Whether the person may list places.
    async fn is_host(&self) -> bool {
        self.0.is_host
    }

    /// Whether the person may run the market.
    async fn is_admin(&self) -> bool {
        self.0.is_admin
    }

    /// The stays that the person has booked, latest booking first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn bookings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Booking>> {
        bookings_of(ctx, self.0.user, Side::Guest, page::ask("bookings", first, after, last, before)?).await
    }

    /// What the person does as a host; null for who isn't one.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn hosting(&self) -> Option<Hosting> {
        self.0.is_host.then_some(Hosting(self.0))
    }

    /// The person's own wish lists, latest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn wishlists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Wishlist>> {
        let ask = page::ask("wishlists", first, after, last, before)?;
        let found = read(wishlists::find::of(app(ctx).db.read(), self.0.user, &ask).await)?;
        Ok(page::list("wishlists", found, Total::WishlistsOf(self.0.user), |row| row.id, Wishlist))
    }

    /// Notices, latest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Notification>> {
        let ask = page::ask("notifications", first, after, last, before)?;
        let found = read(notifications::find::of(app(ctx).db.read(), self.0.user, &ask).await)?;
        let total = Total::NotificationsOf(self.0.user);
        Ok(page::list("notifications", found, total, |row| row.seq, Notification))
    }

    /// Where the person is paid as a host; null before `startPayoutOnboarding`.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn payout_account(&self, ctx: &Context<'_>) -> Result<Option<PayoutAccount>> {
        Ok(read(payouts::find::account_of(app(ctx).db.read(), self.0.user).await)?.map(PayoutAccount))
    }

    /// What the person is paid as a host, latest booking first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Payout>> {
        let ask = page::ask("payouts", first, after, last, before)?;
        let found = read(payouts::find::of_host(app(ctx).db.read(), self.0.user, &ask).await)?;
        Ok(page::list("payouts", found, Total::PayoutsOf(self.0.user), |row| row.id, Payout))
    }

    /// What is argued about the person's bookings, as guest and as host, latest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Dispute>> {
        let ask = page::ask("disputes", first, after, last, before)?;
        let found = read(disputes::find::of(app(ctx).db.read(), self.0.user, &ask).await)?;
        Ok(page::list("disputes", found, Total::DisputesOf(self.0.user), |row| row.id, Dispute))
    }

    /// How much the person has not seen yet.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn unread_counts(&self, ctx: &Context<'_>) -> Result<UnreadCounts> {
        let notifications = read(notifications::find::unread(app(ctx).db.read(), self.0.user).await)?;
        Ok(UnreadCounts { notifications })
    }

    /// Where the person is signed in, latest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Session>> {
        let ask = page::ask("sessions", first, after, last, before)?;
        let found = accounts::list_sessions::list_sessions(app(ctx), &self.0, &ask).await;
        let found = found.map_err(super::faults::error)?;
        let current = self.0.session;
        let node = |row| Session { row, current };
        Ok(page::list("sessions", found, Total::SessionsOf(self.0.user), |row| row.id, node))
    }
}

/// What somebody has not seen yet.
#[derive(SimpleObject)]
#[graphql(directive = ruled::apply(Rule::Owner))]
pub struct UnreadCounts {
    /// Notices.
    notifications: u64,
}

/// What a person does as a host.
pub struct Hosting(accounts::Viewer);

/// What a person does as a host.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Hosting {
    /// The person's own places in every state, latest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn listings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Listing>> {
        let ask = page::ask("listings", first, after, last, before)?;
        let found = read(listings::find::of_host(app(ctx).db.read(), self.0.user, &ask).await)?;
        Ok(page::list("listings", found, Total::ListingsOf(self.0.user), |row| row.id, Listing::from))
    }

    /// Bookings of the person's places, latest first.
    #[graphql(directive = ruled::apply(Rule::Owner))]
    async fn reservations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Those before this cursor.")] before: Option<String>,
    ) -> Result<List<Booking>> {
        bookings_of(ctx, self.0.user, Side::Host, page::ask("reservations", first, after, last, before)?)
            .await
    }
}

async fn bookings_of(
    ctx: &Context<'_>,
    user: UserId,
    side: Side,
    ask: crate::kernel::PageAsk<crate::kernel::BookingId>,
) -> Result<List<Booking>> {
    let found = read(bookings::find::of(app(ctx).db.read(), user, side, &ask).await)?;
    let name = if side == Side::Guest { "bookings" } else { "reservations" };
    Ok(page::list(name, found, Total::BookingsOf(user, side), |row| row.id, Booking))
}

/// Queries about people.
#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// Whoever is signed in; null for a stranger.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Me> {
        viewer(ctx).copied().map(Me)
    }

    /// A person's public profile.
    #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "id", desc = "Whose.")] text: ID,
    ) -> Result<Option<User>> {
        by_id(ctx, id("id", &text)?).await
    }
}

/// A person's public profile; suspended people have none.
pub async fn by_id(ctx: &Context<'_>, id: UserId) -> Result<Option<User>> {
    let user = loaders(ctx).load_one(UserById(id)).map_err(super::faults::shared).await?;
    // The loader keeps others out already; who is suspended finds no public profile of their own either.
    Ok(user.filter(|user| user.suspended_at.is_none()).map(User))
}

/// What to change of one's profile; what is left out stays.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The name that others see, 1 to 60 characters.
    display_name: Option<String>,
    /// A few words about oneself; an empty text clears them.
    bio: Option<String>,
}

/// The profile, or why it stays as it was.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// The profile.
    user: Option<User>,
    /// Why nothing was changed.
    errors: Vec<AccountError>,
}

/// The new host.
#[derive(SimpleObject)]
pub struct BecomeHostPayload {
    /// The profile.
    user: Option<User>,
    /// Why not.
    errors: Vec<AccountError>,
}

/// What a person changes of themselves.
#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Changes one's own profile.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let ask = update_profile::Ask { display_name: input.display_name, bio: input.bio };
        let outcome = update_profile::update_profile(app(ctx), signed_in(ctx)?, ask).await;
        let (user, errors) = settle(outcome, |refusal| {
            let (field, code) = match refusal {
                update_profile::Refusal::NameInvalid => ("displayName", AccountErrorCode::NameInvalid),
                update_profile::Refusal::BioInvalid => ("bio", AccountErrorCode::BioInvalid),
            };
            vec![AccountError::new(code, field, refusal)]
        })?;
        Ok(UpdateProfilePayload { user: user.map(User), errors })
    }

    /// From now on the person may list places.
    #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
    async fn become_host(&self, ctx: &Context<'_>) -> Result<BecomeHostPayload> {
        let outcome = accounts::become_host::become_host(app(ctx), signed_in(ctx)?).await;
        let (user, errors) = settle(outcome, |never| match never {})?;
        Ok(BecomeHostPayload { user: user.map(User), errors })
    }
}
