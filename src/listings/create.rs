//! `createListing`: a host begins a draft, in the currency that all its prices will have.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::{
    draft::Draft,
    listing::{self, CancellationPolicy, PropertyType, RoomType, Status},
    rules::{self, Flaw},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    kernel::{Currency, Fault, ListingId, UserId, clock::Instant},
};

/// Drafts and listings that one host may have.
const MOST_LISTINGS: u64 = 1_000;

/// Why no draft was begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fields that are wrong; all of them.
    #[error("some fields are not right")]
    Flaws(Vec<Flaw>),
    /// The host has a thousand already.
    #[error("at most {MOST_LISTINGS} listings")]
    TooMany,
}

/// Begins a draft.
pub async fn create(
    app: &App,
    host: &Viewer,
    currency: Currency,
    draft: Draft,
) -> Result<listing::Model, Fault<Refusal>> {
    host.may_host()?;
    let mut flaws = draft.flaws();
    let listing = named(draft.apply(blank(host.user, currency, app.clock.now())));
    flaws.extend(rules::flaws(&listing));
    if !flaws.is_empty() {
        return Err(Fault::Refused(Refusal::Flaws(flaws)));
    }
    app.db
        .write(|tx| {
            let listing = listing.clone();
            async move {
                if count_of(&tx, listing.host_id).await? >= MOST_LISTINGS {
                    return Err(Fault::Refused(Refusal::TooMany));
                }
                Ok(listing.into_active_model().reset_all().insert(&*tx).await?)
            }
        })
        .await
}

async fn count_of(tx: &crate::db::Tx, host: UserId) -> Result<u64, sea_orm::DbErr> {
    use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
    listing::Entity::find().filter(listing::Column::HostId.eq(host)).count(&**tx).await
}

fn named(mut listing: listing::Model) -> listing::Model {
    listing.slug = rules::slug(&listing.title, listing.id);
    listing
}

fn blank(host: UserId, currency: Currency, now: Instant) -> listing::Model {
    let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    listing::Model {
        id: ListingId::new(),
        slug: String::new(),
        host_id: host,
        status: Status::Draft,
        title: String::new(),
        description: String::new(),
        property_type: PropertyType::Apartment,
        room_type: RoomType::EntirePlace,
        street: String::new(),
        postal_code: String::new(),
        city: String::new(),
        region: String::new(),
        country: String::new(),
        lat_e6: 0,
        lon_e6: 0,
        time_zone: String::new(),
        bedrooms: 1,
        beds: 0,
        half_bathrooms: 2,
        max_guests: 2,
        amenities: 0,
        house_rules: String::new(),
        check_in_time: time(15),
        check_out_time: time(11),
        check_in_instructions: String::new(),
        cancellation_policy: CancellationPolicy::Flexible,
        instant_book: true,
        currency,
        rating_sum: 0,
        rating_count: 0,
        suspended_at: None,
        suspended_reason: None,
        revision: 0,
        published_at: None,
        created_at: now,
        updated_at: now,
    }
}
