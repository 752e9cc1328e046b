//! The roof: one file per noun, thin objects over the rows and use cases below. No SQL, no rule of the domain; how
//! operations travel is `transport`.

mod admin;
mod booking;
mod booking_answer;
mod booking_change;
mod calendar;
mod context;
mod dispute;
mod dispute_input;
pub mod errors;
mod faults;
mod feed;
mod ledger;
mod listing;
mod listing_input;
mod loaders;
mod market;
mod money;
mod node;
mod notification;
mod page;
mod payment;
mod payout;
mod photo;
mod pricing;
mod quote;
mod receipt;
mod refund;
mod review;
mod sandbox;
mod scalars;
mod search;
mod session;
mod settings;
mod stay;
mod stripe_event;
pub mod transport;
mod upload;
mod user;
mod wishlist;

use std::sync::Arc;

use async_graphql::{Data, MergedObject, MergedSubscription, SDLExportOptions, SchemaBuilder};

pub use self::transport::{Caller, Code};
use crate::{accounts::Viewer, app::App, listings::darkroom::Darkroom};

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    user::UserQuery,
    listing::ListingQuery,
    wishlist::WishlistQuery,
    search::SearchQuery,
    booking::BookingQuery,
    market::MarketQuery,
    node::NodeQuery,
    admin::AdminQuery,
);

/// Everything that can be done. Each takes one input and answers with the thing or with errors.
#[derive(MergedObject, Default)]
pub struct Mutation(
    session::SessionMutation,
    user::UserMutation,
    upload::UploadMutation,
    listing_input::ListingMutation,
    listing_input::photos::ListingPhotoMutation,
    calendar::CalendarMutation,
    feed::FeedMutation,
    pricing::PricingMutation,
    quote::QuoteMutation,
    wishlist::WishlistMutation,
    booking::BookingMutation,
    refund::RefundMutation,
    booking_answer::BookingAnswerMutation,
    booking_change::BookingChangeMutation,
    notification::NotificationMutation,
    payout::PayoutMutation,
    dispute_input::DisputeMutation,
    settings::SettingsMutation,
    sandbox::SandboxMutation,
);

/// Everything that can be heard as it happens.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    notification::NotificationSubscription,
    booking::BookingSubscription,
    calendar::CalendarSubscription,
);

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The same without anybody who watches each field: for queries in which nothing fails.
pub type PlainSchema = loaders::Plain<Schema>;

/// The schema over a server, watched and plain. Limits are the transport's, which knows what a document costs before it
/// is validated.
pub fn schema(app: &App, darkroom: &Darkroom) -> (Schema, PlainSchema) {
    // Whoever may not explore is given no hints either.
    let finish = |schema: SchemaBuilder<_, _, _>| {
        let schema = schema.data(app.clone()).data(darkroom.clone());
        if app.settings.explore() {
            schema.finish()
        } else {
            schema.disable_introspection().disable_suggestions().finish()
        }
    };
    let watched = build()
        .extension(transport::nulls::ErrorsStayLocal)
        .extension(transport::haste::EventsInTime)
        .extension(loaders::LoadTogether);
    (finish(watched), loaders::Plain(finish(build())))
}

/// The schema as text: sorted, with where scalars are specified.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_enum_items().include_specified_by();
    build().finish().sdl_with_options(options)
}

fn build() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .register_output_type::<errors::UserError>()
}

/// What resolvers of one operation find in their context.
pub fn data(app: &Arc<App>, viewer: Option<Viewer>) -> Data {
    let mut data = Data::default();
    let together = loaders::Together::default();
    data.insert(loaders::new(Arc::clone(app), viewer.map(|viewer| viewer.user), together.clone()));
    data.insert(together);
    if let Some(viewer) = viewer {
        data.insert(viewer);
        data.insert(Arc::new(viewer) as Arc<dyn transport::Standing>);
    }
    data
}
