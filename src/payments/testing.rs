//! Rows that payments stand on, for tests: a guest, a host, a listing, a quote, a booking. Tests only.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{NaiveTime, TimeDelta};
use clap::Parser;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

use super::{open::open, payment, rules};
use crate::{
    accounts::{Gate, Keys, user},
    app::App,
    bookings::booking,
    config::Settings,
    db::Db,
    jobs,
    kernel::{
        BookingId, Clock, Currency, EmailAddress, Fault, ListingId, Money, Never, PaymentId, QuoteId, UserId,
        clock::Instant,
    },
    listings::listing::{self, CancellationPolicy},
    ports::{
        Cache, Feeds, Files, Mail, RateSource, Tally, Throttle,
        bus::Bus,
        feeds::{self, Reach},
        stripe::{Intent, IntentStatus, Stripe},
    },
    pricing::{
        RatePlan, RateTable,
        price::{Line, LineKind, Price},
        quote,
    },
};

/// When every test begins.
pub(crate) fn start_of_test() -> Instant {
    Instant::from_timestamp(1_800_000_000, 0).unwrap()
}

async fn person(db: &Db, now: Instant) -> UserId {
    let id = UserId::new();
    let email: EmailAddress = format!("{id}@example.org").parse().unwrap();
    let row = user::Model {
        id,
        email,
        password_hash: None,
        display_name: "Somebody".to_owned(),
        bio: String::new(),
        is_host: true,
        is_admin: false,
        email_verified_at: Some(now),
        suspended_at: None,
        revision: 0,
        notification_seq: 0,
        created_at: now,
    };
    user::Entity::insert(row.into_active_model()).exec_without_returning(db.writer()).await.unwrap();
    id
}

async fn place(db: &Db, host_id: UserId, now: Instant) -> ListingId {
    let id = ListingId::new();
    let row = listing::Model {
        id,
        slug: id.to_string(),
        host_id,
        status: listing::Status::Published,
        title: "A cabin".to_owned(),
        description: String::new(),
        property_type: listing::PropertyType::Cabin,
        room_type: listing::RoomType::EntirePlace,
        street: String::new(),
        postal_code: String::new(),
        city: "Lisbon".to_owned(),
        region: String::new(),
        country: "PT".to_owned(),
        lat_e6: 0,
        lon_e6: 0,
        time_zone: "Europe/Lisbon".to_owned(),
        bedrooms: 1,
        beds: 1,
        half_bathrooms: 2,
        max_guests: 2,
        amenities: 0,
        house_rules: String::new(),
        check_in_time: NaiveTime::MIN,
        check_out_time: NaiveTime::MIN,
        check_in_instructions: String::new(),
        cancellation_policy: CancellationPolicy::Moderate,
        instant_book: true,
        currency: Currency::EUR,
        rating_sum: 0,
        rating_count: 0,
        suspended_at: None,
        suspended_reason: None,
        revision: 0,
        published_at: Some(now),
        created_at: now,
        updated_at: now,
    };
    listing::Entity::insert(row.into_active_model()).exec_without_returning(db.writer()).await.unwrap();
    id
}

/// A booking of `total` minor units of EUR that waits to be paid for 15 minutes from [`start_of_test`] on.
pub(crate) async fn booked(db: &Db, total: i64) -> booking::Model {
    let now = start_of_test();
    let (guest_id, host_id) = (person(db, now).await, person(db, now).await);
    let listing_id = place(db, host_id, now).await;
    let price = Price {
        currency: Currency::EUR,
        nightly: vec![total],
        lines: vec![Line { kind: LineKind::Nights, amount: total }],
        host_fee: 300,
        exchange: None,
        usd_rate: None,
    };
    let check_in = (now + TimeDelta::days(60)).date_naive();
    let check_out = (now + TimeDelta::days(61)).date_naive();
    let quote = quote::Model {
        id: QuoteId::new(),
        listing_id,
        user_id: guest_id,
        check_in,
        check_out,
        adults: 1,
        children: 0,
        infants: 0,
        pets: 0,
        price: price.clone(),
        currency: Currency::EUR,
        total,
        cancellation_policy: CancellationPolicy::Moderate,
        rate_plan: RatePlan::Standard,
        created_at: now,
        expires_at: now + TimeDelta::minutes(15),
    };
    let quote_id = quote.id;
    quote::Entity::insert(quote.into_active_model()).exec_without_returning(db.writer()).await.unwrap();
    let id = BookingId::new();
    let booking = booking::Model {
        id,
        code: id.to_string(),
        listing_id,
        guest_id,
        host_id,
        quote_id,
        status: booking::Status::PendingPayment,
        check_in,
        check_out,
        adults: 1,
        children: 0,
        infants: 0,
        pets: 0,
        price,
        currency: Currency::EUR,
        total,
        cancellation_policy: CancellationPolicy::Moderate,
        rate_plan: RatePlan::Standard,
        time_zone: "Europe/Lisbon".to_owned(),
        check_in_at: now + TimeDelta::days(60),
        check_out_at: now + TimeDelta::days(61),
        hold_ends_at: now + TimeDelta::minutes(15),
        hold_extended: false,
        by_request: false,
        requested_at: None,
        accepted_at: None,
        confirmed_at: None,
        cancelled_at: None,
        idempotency_key: None,
        created_at: now,
    };
    let row = booking.clone().into_active_model();
    booking::Entity::insert(row).exec_without_returning(db.writer()).await.unwrap();
    booking
}

/// A payment of `amount` that is worth `worth` to the listing, in no database; nothing has come yet.
pub(crate) fn plain_payment(amount: Money, worth: Money) -> payment::Model {
    payment::Model {
        id: PaymentId::new(),
        booking_id: BookingId::new(),
        change_id: None,
        counts: true,
        status: payment::Status::Created,
        currency: amount.currency,
        amount: amount.minor,
        captured: 0,
        refunded: 0,
        listing_currency: worth.currency,
        listing_amount: worth.minor,
        listing_refunded: 0,
        charged_back: 0,
        listing_charged_back: 0,
        open_chargebacks: 0,
        intent_id: Some("pi_1".to_owned()),
        client_secret: None,
        charge_id: None,
        decline_code: None,
        attempts: 1,
        asked_at: None,
        manual_capture: false,
        capture_attempts: 0,
        capture_asked_at: None,
        created_at: start_of_test(),
        updated_at: start_of_test(),
    }
}

/// The opened payment of a booking of `total` minor units of EUR.
pub(crate) async fn opened(db: &Db, total: i64) -> payment::Model {
    let booking = booked(db, total).await;
    let booking = &booking;
    db.write(|tx| async move { Ok::<_, Fault<Never>>(open(&tx, booking, start_of_test()).await?) })
        .await
        .unwrap()
}

/// A payment that Stripe knows as `pi_<id>`.
pub(crate) async fn started(db: &Db, total: i64) -> payment::Model {
    let payment = opened(db, total).await;
    let mut row = payment.clone().into_active_model();
    row.intent_id = sea_orm::Set(Some(format!("pi_{}", payment.id)));
    row.status = sea_orm::Set(payment::Status::RequiresPaymentMethod);
    row.update(db.writer()).await.unwrap()
}

/// A payment that was captured in full, with its ledger transaction.
pub(crate) async fn paid(db: &Db, total: i64) -> payment::Model {
    let payment = started(db, total).await;
    let seen = seen(&payment, IntentStatus::Succeeded);
    let step = rules::step(&payment, &seen).unwrap();
    assert!(super::settle::record(db, &payment, &seen, &step, None, start_of_test()).await.unwrap());
    super::find::payment::<Never>(db.read(), payment.id).await.unwrap()
}

/// What Stripe would say of a payment.
pub(crate) fn seen(payment: &payment::Model, status: IntentStatus) -> Intent {
    let amount = Money::new(payment.amount, payment.currency);
    let is_paid = status == IntentStatus::Succeeded;
    Intent {
        id: payment.intent_id.clone().unwrap(),
        status,
        amount,
        amount_received: if is_paid { amount } else { Money::zero(payment.currency) },
        client_secret: None,
        latest_charge: is_paid.then(|| format!("ch_{}", payment.id)),
        last_error: None,
        metadata: Default::default(),
        manual_capture: false,
        transfer_group: None,
        created: start_of_test(),
    }
}

/// How many jobs of a kind were stored.
pub(crate) async fn jobs_of(db: &Db, kind: &str) -> u64 {
    let filter = jobs::entity::Column::Kind.eq(kind);
    jobs::entity::Entity::find().filter(filter).count(db.read()).await.unwrap()
}

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
}

/// Everything that a use case may touch, with this database, this clock and this Stripe.
pub(crate) fn app(db: Db, clock: Clock, stripe: Stripe, data_dir: &std::path::Path) -> App {
    let key = |kid: &str| format!("{kid}:{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()));
    App {
        db,
        clock,
        cache: Cache::open(None, "test:").unwrap(),
        bus: Bus::open(None, "test:").unwrap(),
        files: Files::open("file:", data_dir, &[]).unwrap(),
        mail: Mail::open("file:", "Sojourn <hello@sojourn.test>", data_dir).unwrap(),
        feeds: Feeds::open(
            Reach::Public,
            feeds::Limits { bytes: 1, time: std::time::Duration::from_secs(1) },
        )
        .unwrap(),
        stripe,
        emulator: None,
        hand: crate::sandbox::Hand::default(),
        rate_source: RateSource::open("recorded:").unwrap(),
        rates: RateTable::default(),
        search: crate::search::Memory::default(),
        keys: Keys::from_settings(Some(&key("a")), Some(&key("b")), data_dir, false).unwrap(),
        settings: Arc::new(Cli::parse_from(["test"]).settings),
        gate: Gate::new(Tally::default()),
        throttle: Throttle::open(None, "").unwrap(),
    }
}
