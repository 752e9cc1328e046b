//! `createBooking`: a guest takes the nights of a quote. The nights are held first and paid for later, outside the
//! transaction; of two guests who want the same night, one gets it and the other learns what else is free.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QuerySelect,
    QueryTrait, Select, sea_query::Expr,
};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    expire, find, rules, timeline,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    calendar::{self, calendar_rules},
    db::Tx,
    drill,
    kernel::{BookingId, Fault, ListingId, QuoteId, Stay, clock::Instant},
    listings::{self, listing},
    payments::{self, payment},
    pricing::{self, quote},
};

/// What the guest asks for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The price the guest has seen.
    pub quote: QuoteId,
    /// Made by the client: the same key is the same booking, however often it is sent.
    pub idempotency_key: String,
}

/// Why there is no booking.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The price was kept for fifteen minutes. A new quote is worth asking for.
    #[error("this quote has expired")]
    QuoteExpired(Box<quote::Model>),
    /// This quote is booked already, by the same guest.
    #[error("this quote has been booked already")]
    QuoteUsed,
    /// Somebody else has some of the nights.
    #[error("some of these nights have just been taken")]
    NightsTaken {
        /// Which nights.
        nights: Vec<chrono::NaiveDate>,
        /// Stays of the same length that are free.
        alternatives: Vec<Stay>,
    },
    /// The listing is off sale, or the stay has begun.
    #[error("this place can no longer be booked for these dates")]
    NotAvailable,
    /// Too many unpaid bookings at once.
    #[error("pay or cancel one of your open bookings first: at most {} at a time", rules::MOST_HOLDS)]
    TooManyHolds,
    /// The same key was sent with another quote.
    #[error("this idempotency key was used for something else")]
    IdempotencyConflict,
    /// Empty, longer than 255 characters, or with control characters.
    #[error("an idempotency key has 1 to 255 characters, and no control characters")]
    IdempotencyKey,
}

/// A booking and what is to be paid for it.
#[derive(Debug, Clone)]
pub struct Booked {
    /// The booking.
    pub booking: booking::Model,
    /// Its payment, with what a browser needs to go on.
    pub payment: payment::Model,
}

/// Holds the nights of a quote for fifteen minutes and starts the payment.
pub async fn create(app: &App, guest: &Viewer, ask: Ask) -> Result<Booked, Fault<Refusal>> {
    guest.may_book()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    let held = app.db.write(|tx| hold(tx, guest, ask.clone(), now)).await;

    match held {
        Ok((booking, payment)) => {
            drill::point("bookings.create.held");
            let payment = payments::start::first(app, payment, &booking).await;
            Ok(Booked { booking, payment })
        }
        Err(Fault::Refused(Refusal::NightsTaken { nights, .. })) => {
            let alternatives = alternatives(app, &ask).await?;
            Err(Fault::Refused(Refusal::NightsTaken { nights, alternatives }))
        }
        Err(fault) => Err(fault),
    }
}

/// The transaction: load, judge, write. Eleven statements, where nobody's hold has lapsed at the listing.
async fn hold(
    tx: Tx,
    guest: &Viewer,
    ask: Ask,
    now: Instant,
) -> Result<(booking::Model, payment::Model), Fault<Refusal>> {
    accounts::lock(&tx, guest.user).await?;
    let Facts { quote, of_key, of_quote, open_holds } = facts(&tx, guest, &ask, now).await?;
    match (of_key, of_quote) {
        (Some(earlier), Some(of_quote)) if earlier == of_quote => return made(&tx, earlier).await,
        (Some(_), _) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
        // Asked before the nights are, which are this very booking's; the unique key only backs it up.
        (None, Some(_)) => return Err(Fault::Refused(Refusal::QuoteUsed)),
        (None, None) => {}
    }
    let listing = listings::find::for_change(&tx, quote.listing_id).await?.ok_or(Fault::Missing)?;
    let place = place(&tx, listing.id, now).await?;

    rules::may_book(&quote, &listing, place.is_on_sale, open_holds.unsigned_abs(), now)
        .map_err(Fault::Refused)?;

    let stay = Stay::new(quote.check_in, quote.check_out).map_err(anyhow::Error::from)?;
    let booking = booking::Model {
        idempotency_key: Some(ask.idempotency_key),
        ..rules::booking(&quote, &listing, now)
    };
    if place.has_lapsed {
        expire::lapsed(&tx, listing.id, now).await?;
    }
    let gap = place.before.zip(place.after).map_or(0, |(before, after)| calendar::rules::gap(before, after));
    if let Err(nights) = calendar::hold_apart(&tx, listing.id, stay, booking.id.0, gap).await? {
        return Err(Fault::Refused(Refusal::NightsTaken { nights, alternatives: Vec::new() }));
    }
    let booking = insert(&tx, booking).await?;
    timeline::note(&tx, booking.id, Kind::Created, Some(guest.user), "", now).await?;
    let payment = payments::open::open(&tx, &booking, now).await?;
    Ok((booking, payment))
}

/// What is known of the quote and of its guest.
#[derive(FromQueryResult)]
struct Facts {
    #[sea_orm(nested)]
    quote: quote::Model,
    /// The booking that this key has made before.
    of_key: Option<BookingId>,
    /// The booking that the quote became.
    of_quote: Option<BookingId>,
    /// How many unpaid or unanswered bookings the guest has.
    open_holds: i64,
}

/// One statement. The caller has locked the guest's row, so that two clicks come here one after the other.
async fn facts(tx: &Tx, guest: &Viewer, ask: &Ask, now: Instant) -> Result<Facts, Fault<Refusal>> {
    let of_guest = || booking::Entity::find().select_only().filter(booking::Column::GuestId.eq(guest.user));
    let of_key = of_guest()
        .column(booking::Column::Id)
        .filter(booking::Column::IdempotencyKey.eq(ask.idempotency_key.as_str()));
    let of_quote = booking::Entity::find()
        .select_only()
        .column(booking::Column::Id)
        .filter(booking::Column::QuoteId.eq(ask.quote));
    let open_holds = of_guest()
        .expr(booking::Column::Id.count())
        .filter(booking::Column::Status.is_in([Status::PendingPayment, Status::PendingApproval]))
        .filter(booking::Column::HoldEndsAt.gt(now));
    quote::Entity::find_by_id(ask.quote)
        .filter(quote::Column::UserId.eq(guest.user))
        .expr_as(value_of(of_key), "of_key")
        .expr_as(value_of(of_quote), "of_quote")
        .expr_as(value_of(open_holds), "open_holds")
        .into_model::<Facts>()
        .one(&**tx)
        .await?
        .ok_or(Fault::Missing)
}

/// The one value of a query that has one column, and one row at most.
fn value_of<E: EntityTrait>(query: Select<E>) -> Expr {
    Expr::SubQuery(None, Box::new(query.into_query().into()))
}

/// What is known of the place.
#[derive(FromQueryResult)]
struct Place {
    is_on_sale: bool,
    /// Whether the time of somebody's hold is over.
    has_lapsed: bool,
    /// Nights to prepare before a stay.
    before: Option<i32>,
    /// And after it.
    after: Option<i32>,
}

/// One statement. The caller has locked the listing's row.
async fn place(tx: &Tx, listing: ListingId, now: Instant) -> Result<Place, Fault<Refusal>> {
    let nights = |column| calendar_rules::Entity::find_by_id(listing).select_only().column(column);
    listing::Entity::find_by_id(listing)
        .select_only()
        .expr_as(listings::find::on_sale(), "is_on_sale")
        .expr_as(expire::has_lapsed(listing, now), "has_lapsed")
        .expr_as(value_of(nights(calendar_rules::Column::PreparationBefore)), "before")
        .expr_as(value_of(nights(calendar_rules::Column::PreparationAfter)), "after")
        .into_model::<Place>()
        .one(&**tx)
        .await?
        .ok_or(Fault::Missing)
}

/// What an earlier click has made.
async fn made(tx: &Tx, id: BookingId) -> Result<(booking::Model, payment::Model), Fault<Refusal>> {
    let booking = booking::Entity::find_by_id(id).one(&**tx).await?.ok_or(Fault::Missing)?;
    let payment = find::payment_of(&**tx, id).await?.ok_or(Fault::Missing)?;
    Ok((booking, payment))
}

async fn insert(tx: &Tx, booking: booking::Model) -> Result<booking::Model, Fault<Refusal>> {
    use crate::db::{Key, OnUnique};
    booking
        .into_active_model()
        .reset_all()
        .insert(&**tx)
        .await
        .on_unique(Key::BookingQuote, Refusal::QuoteUsed)
}

/// What else is free, for who lost the race.
async fn alternatives(app: &App, ask: &Ask) -> Result<Vec<Stay>, Fault<Refusal>> {
    let quote = quote::Entity::find_by_id(ask.quote).one(app.db.read()).await?.ok_or(Fault::Missing)?;
    let listing: Option<listing::Model> = listings::find::published(app.db.read(), quote.listing_id).await?;
    let stay = Stay::new(quote.check_in, quote.check_out).map_err(anyhow::Error::from)?;
    match listing {
        Some(listing) => Ok(pricing::offer(app, &listing, stay, quote.party()).await?.alternatives),
        None => Ok(Vec::new()),
    }
}
