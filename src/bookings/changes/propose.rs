//! `proposeBookingChange`: a guest or a host would like other dates or guests. The whole new price is reckoned by the rules
//! of now and kept: accepting charges exactly what was shown. Nothing is held until then.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::{Days, NaiveDate, Timelike};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, prelude::Uuid};

use super::{
    find,
    rules::{self, Difference, Refusal, Terms},
};
use crate::{
    accounts::{self, idempotent_answer, viewer::Viewer},
    app::App,
    bookings::{
        self, booking,
        booking_change::{self, Status},
        booking_event::Kind,
        timeline,
    },
    calendar::{self, calendar_rules, rules::Violation},
    db::Tx,
    event::Event,
    kernel::{BookingChangeId, BookingId, Fault, Party, Stay, clock::Instant},
    listings::{self, listing},
    payments,
    pricing::{self, price::Price, sellable::sellable},
};

/// The mutation, as keys know it.
const NAME: &str = "proposeBookingChange";

/// What is proposed.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Of which booking.
    pub booking: BookingId,
    /// Other dates; none for those it has.
    pub stay: Option<Stay>,
    /// Another party; none for the one it has.
    pub party: Option<Party>,
    /// A word to the other side; may be empty.
    pub note: String,
    /// Made by the client: a second click proposes nothing more.
    pub idempotency_key: String,
}

/// Proposes a change of a confirmed booking, as its guest or its host.
pub async fn propose(app: &App, viewer: &Viewer, ask: Ask) -> Result<booking_change::Model, Fault<Refusal>> {
    viewer.may_act()?;
    let now = app.clock.now();
    if !idempotent_answer::is_key(&ask.idempotency_key) {
        return Err(Fault::Refused(Refusal::IdempotencyKey));
    }
    if !bookings::rules::is_reason(&ask.note) {
        return Err(Fault::Refused(Refusal::NoteInvalid));
    }
    let change = app.db.write(|tx| proposed(tx, app, viewer, ask.clone(), now)).await?;
    app.bus.publish(&bookings::topic(change.booking_id), Bytes::new()).await;
    Ok(change)
}

/// The transaction: load, judge, write.
async fn proposed(
    tx: Tx,
    app: &App,
    viewer: &Viewer,
    ask: Ask,
    now: Instant,
) -> Result<booking_change::Model, Fault<Refusal>> {
    accounts::lock(&tx, viewer.user).await?;
    let input = format!("{} {:?} {:?} {}", ask.booking, ask.stay, ask.party, ask.note);
    let key = &ask.idempotency_key;
    match idempotent_answer::recall::<BookingChangeId>(&tx, viewer.user, NAME, key, &input).await? {
        None => {}
        Some(Err(_)) => return Err(Fault::Refused(Refusal::IdempotencyConflict)),
        Some(Ok(id)) => return find::change(&*tx, id).await,
    }
    let booking = bookings::find::locked(&tx, ask.booking).await?.ok_or(Fault::Missing)?;
    if ![booking.guest_id, booking.host_id].contains(&viewer.user) {
        return Err(Fault::Missing);
    }
    if let Some(open) = find::open_of(&*tx, booking.id).await? {
        if !rules::has_lapsed(&open, now) {
            return Err(Fault::Refused(Refusal::AlreadyOpen));
        }
        super::expire::settle(&tx, &open, now).await?;
    }
    if find::count_of(&*tx, booking.id).await? >= rules::MOST {
        return Err(Fault::Refused(Refusal::TooMany));
    }

    let from = rules::terms_of(&booking).map_err(anyhow::Error::from)?;
    let to = Terms { stay: ask.stay.unwrap_or(from.stay), party: ask.party.unwrap_or(from.party) };
    rules::may_change(&booking, to, now).map_err(Fault::Refused)?;
    let listing = listings::find::any(&*tx, &[booking.listing_id]).await?.pop().ok_or(Fault::Missing)?;
    let own = [booking.id.0];
    judge(&*tx, &listing, from, to, &own, now).await?;
    let price = price(&tx, app, &booking, &listing, to, now).await?;
    let paid = payments::find::counting(&*tx, booking.id).await?;
    let difference = rules::difference(&booking, &price, &paid).map_err(Fault::Refused)?;

    let row = row(viewer, &booking, to, price, difference, ask.note.clone(), now)?;
    let change = row.into_active_model().reset_all().insert(&*tx).await?;
    timeline::note(&tx, booking.id, Kind::ChangeProposed, Some(viewer.user), &rules::in_words(from, to), now)
        .await?;
    Event::ChangeEnds { change: change.id }.emit(&tx, change.ends_at).await?;
    Event::BookingChangeProposed { change: change.id }.emit(&tx, now).await?;
    idempotent_answer::remember(&tx, viewer.user, NAME, key, &input, &change.id, now).await?;
    Ok(change)
}

/// Refuses what the listing's rules don't allow, now: at proposing and again at accepting. What `own` sources have taken is
/// in nobody's way.
pub(super) async fn judge(
    conn: &impl ConnectionTrait,
    listing: &listing::Model,
    from: Terms,
    to: Terms,
    own: &[Uuid],
    now: Instant,
) -> Result<(), Fault<Refusal>> {
    let violations = violations(conn, listing, to, own, now).await?;
    let broken = rules::broken(violations, from, to);
    if broken.is_empty() { Ok(()) } else { Err(Fault::Refused(Refusal::NotAvailable(broken))) }
}

async fn violations(
    conn: &impl ConnectionTrait,
    listing: &listing::Model,
    to: Terms,
    own: &[Uuid],
    now: Instant,
) -> Result<Vec<Violation>, DbErr> {
    let stay = to.stay;
    let after = Days::new(calendar::find::LONGEST_PREPARATION);
    let last = stay.check_out().checked_add_days(after).unwrap_or(NaiveDate::MAX);
    let taken = calendar::find::taken_by_others(conn, listing.id, stay.check_in(), last, own, now).await?;
    let nights = |preparation: bool| -> BTreeSet<NaiveDate> {
        taken.iter().filter(|(_, only)| **only == preparation).map(|(night, _)| *night).collect()
    };
    let rules = calendar_rules::Entity::find_by_id(listing.id).one(conn).await?;
    let local = now.with_timezone(&listing.zone());
    let facts = calendar::rules::Facts {
        on_sale: is_in_the_market(conn, listing).await?,
        rules: rules.unwrap_or_else(|| calendar::default_rules(listing.id)),
        max_guests: u32::try_from(listing.max_guests).unwrap_or(0),
        today: local.date_naive(),
        hour: local.hour(),
        taken: nights(false),
        preparation: nights(true),
    };
    Ok(calendar::rules::violations(&facts, stay, to.party))
}

/// Whether stays at a listing can be changed: a host who takes no new guests for a while goes on with those who have
/// booked, but not one whom an admin keeps off the market, nor with such a place.
pub(super) async fn is_in_the_market(
    conn: &impl ConnectionTrait,
    listing: &listing::Model,
) -> Result<bool, DbErr> {
    let may_be = matches!(listing.status, listing::Status::Published | listing::Status::Paused);
    Ok(may_be && accounts::is_active(conn, listing.host_id).await?)
}

/// The whole new price by the rules of now: at the booking's own rate plan, in its currency, at the rate it keeps.
async fn price(
    tx: &Tx,
    app: &App,
    booking: &booking::Model,
    listing: &listing::Model,
    to: Terms,
    now: Instant,
) -> Result<Price, Fault<Refusal>> {
    let nights = Some((to.stay.check_in(), to.stay.check_out()));
    let (fees, rates) = (&app.settings.fees, app.rates.rates());
    let mut facts = pricing::facts::load(&**tx, &[listing], nights, fees, &rates, now).await?;
    let no_price = || Fault::Refused(Refusal::NotForSale(pricing::sellable::Unsellable::NoPrice));
    let facts = facts.remove(&listing.id).ok_or_else(no_price)?;
    let price = pricing::rules::price(&facts, to.stay, to.party, booking.rate_plan);
    let price = price.and_then(|price| price.paid_as(&booking.price));
    sellable(price, booking.currency).map_err(|why| Fault::Refused(Refusal::NotForSale(why)))
}

fn row(
    viewer: &Viewer,
    booking: &booking::Model,
    to: Terms,
    price: Price,
    difference: Difference,
    note: String,
    now: Instant,
) -> anyhow::Result<booking_change::Model> {
    let (check_in_at, check_out_at) = rules::instants(booking, to.stay);
    let total = price.to_pay()?;
    Ok(booking_change::Model {
        id: BookingChangeId::new(),
        booking_id: booking.id,
        listing_id: booking.listing_id,
        proposed_by: viewer.user,
        status: Status::Proposed,
        from_check_in: booking.check_in,
        from_check_out: booking.check_out,
        from_adults: booking.adults,
        from_children: booking.children,
        from_infants: booking.infants,
        from_pets: booking.pets,
        from_total: booking.total,
        check_in: to.stay.check_in(),
        check_out: to.stay.check_out(),
        adults: i32::try_from(to.party.adults)?,
        children: i32::try_from(to.party.children)?,
        infants: i32::try_from(to.party.infants)?,
        pets: i32::try_from(to.party.pets)?,
        price,
        currency: total.currency,
        total: total.minor,
        difference: difference.paid.minor,
        listing_difference: difference.worth.minor,
        check_in_at,
        check_out_at,
        note,
        reason: String::new(),
        ends_at: rules::ends_at(booking, to.stay, now, rules::ANSWERED_WITHIN),
        hold_extended: false,
        answered_at: None,
        applied_at: None,
        created_at: now,
    })
}
