//! `createBooking`: a guest takes the nights of a quote. The nights are held first and paid for later, outside the
//! transaction; of two guests who want the same night, one gets it and the other learns what else is free.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use super::{
    booking::{self, Status},
    booking_event::Kind,
    expire, find, rules, timeline,
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    calendar,
    db::Tx,
    event::Event,
    kernel::{BookingId, Fault, QuoteId, Stay, clock::Instant},
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
            let payment = payments::start::first(app, payment).await;
            Ok(Booked { booking, payment })
        }
        Err(Fault::Refused(Refusal::NightsTaken { nights, .. })) => {
            let alternatives = alternatives(app, &ask).await?;
            Err(Fault::Refused(Refusal::NightsTaken { nights, alternatives }))
        }
        Err(fault) => Err(fault),
    }
}

/// The transaction: load, judge, write.
async fn hold(
    tx: Tx,
    guest: &Viewer,
    ask: Ask,
    now: Instant,
) -> Result<(booking::Model, payment::Model), Fault<Refusal>> {
    let quote = quote::Entity::find_by_id(ask.quote).one(&*tx).await?;
    let quote = quote.filter(|quote| quote.user_id == guest.user).ok_or(Fault::Missing)?;
    accounts::lock(&tx, guest.user).await?;
    if let Some(earlier) = remembered(&tx, guest, &ask).await? {
        return Ok(earlier);
    }
    // Asked before the nights are, which are this very booking's; the unique key only backs it up.
    if find::by_quote(&*tx, quote.id).await?.is_some() {
        return Err(Fault::Refused(Refusal::QuoteUsed));
    }
    let open_holds = open_holds(&tx, guest, now).await?;
    let listing = listings::find::for_change(&tx, quote.listing_id).await?.ok_or(Fault::Missing)?;
    let is_on_sale = listings::find::is_on_sale(&*tx, listing.id).await?;

    rules::may_book(&quote, &listing, is_on_sale, open_holds, now).map_err(Fault::Refused)?;

    let stay = Stay::new(quote.check_in, quote.check_out).map_err(anyhow::Error::from)?;
    let booking = rules::booking(&quote, &listing, now);
    expire::lapsed(&tx, listing.id, now).await?;
    if let Err(nights) = calendar::hold(&tx, listing.id, stay, booking.id.0).await? {
        return Err(Fault::Refused(Refusal::NightsTaken { nights, alternatives: Vec::new() }));
    }
    let booking = insert(&tx, booking).await?;
    timeline::note(&tx, booking.id, Kind::Created, Some(guest.user), "", now).await?;
    idempotent_answer::remember(
        &tx,
        guest.user,
        "createBooking",
        &ask.idempotency_key,
        &ask.quote,
        &booking.id,
        now,
    )
    .await?;
    let payment = payments::open::open(&tx, &booking, now).await?;
    Event::HoldEnds { booking: booking.id }.emit(&tx, booking.hold_ends_at).await?;
    Ok((booking, payment))
}

/// The booking that this key has made before.
async fn remembered(
    tx: &Tx,
    guest: &Viewer,
    ask: &Ask,
) -> Result<Option<(booking::Model, payment::Model)>, Fault<Refusal>> {
    let answer = idempotent_answer::recall::<BookingId>(
        tx,
        guest.user,
        "createBooking",
        &ask.idempotency_key,
        &ask.quote,
    )
    .await?;
    let Some(answer) = answer else { return Ok(None) };
    let id = answer.map_err(|_| Fault::Refused(Refusal::IdempotencyConflict))?;
    let booking = booking::Entity::find_by_id(id).one(&**tx).await?.ok_or(Fault::Missing)?;
    let payment = find::payment_of(&**tx, booking.id).await?.ok_or(Fault::Missing)?;
    Ok(Some((booking, payment)))
}

async fn open_holds(tx: &Tx, guest: &Viewer, now: Instant) -> Result<u64, DbErr> {
    booking::Entity::find()
        .filter(booking::Column::GuestId.eq(guest.user))
        .filter(booking::Column::Status.is_in([Status::PendingPayment, Status::PendingApproval]))
        .filter(booking::Column::HoldEndsAt.gt(now))
        .count(&**tx)
        .await
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
