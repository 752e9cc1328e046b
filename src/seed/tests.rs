//! A seeded market must be such as the use cases would have left it. Tests only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use sea_orm::EntityTrait;

use super::{Ask, GUEST, HOST, cities::MAIN, pictures::blanks};
use crate::{
    accounts::user,
    bookings::booking::{self, Status},
    calendar::{night, night_reason},
    config::FeeSettings,
    db::Db,
    jobs::entity as job,
    kernel::{Stay, clock::Instant},
    ledger::{self, entry, testing::on_each_database, transaction},
    listings::{listing, photo},
    ports::Files,
    pricing::{price_override, settings},
    reviews::review::{self, Side},
    search,
};

const SECRET: [u8; 32] = [9; 32];

fn now() -> Instant {
    "2027-05-02T09:30:00Z".parse().unwrap()
}

async fn market(db: &Db, listings: u32) -> super::Report {
    market_at(db, listings, now()).await
}

async fn market_at(db: &Db, listings: u32, now: Instant) -> super::Report {
    let fees = FeeSettings { guest_fee: 1_200, host_fee: 300 };
    super::fill(db, &blanks(), Ask { listings, seed: 1 }, &fees, now, &SECRET).await.unwrap()
}

#[tokio::test]
async fn a_market_is_right_by_the_ledger_by_search_and_by_its_own_rules() {
    on_each_database(async |db| {
        let report = market(&db, 60).await;
        assert_eq!((report.listings, report.pictures, report.hosts), (60, 24, 19));
        assert!(ledger::verify(&db).await.unwrap().is_empty());
        assert!(search::verify(&db, &SECRET, now()).await.unwrap().is_empty());

        let conn = db.read();
        let listings = listing::Entity::find().all(conn).await.unwrap();
        let titles: BTreeSet<_> = listings.iter().map(|l| &l.title).collect();
        assert_eq!(titles.len(), 60);
        let mut stars = BTreeMap::<_, (i32, i32)>::new();
        for review in review::Entity::find().all(conn).await.unwrap() {
            assert!(review.released_at.is_some_and(|at| at <= now() && at > review.submitted_at));
            if review.side == Side::Guest {
                let sum = stars.entry(review.listing_id).or_default();
                *sum = (sum.0 + review.overall, sum.1 + 1);
            }
        }
        for listing in &listings {
            let found = stars.get(&listing.id).copied().unwrap_or_default();
            assert_eq!((listing.rating_sum, listing.rating_count), found);
        }
        for row in photo::Entity::find().all(conn).await.unwrap() {
            assert!(!row.caption.is_empty() && row.blurhash.len() > 10);
        }
        for row in settings::Entity::find().all(conn).await.unwrap() {
            assert!(row.nightly > 0);
        }
        assert!(
            price_override::Entity::find()
                .all(conn)
                .await
                .unwrap()
                .iter()
                .all(|o| o.first_night <= o.last_night)
        );
    })
    .await;
}

#[tokio::test]
async fn every_night_of_a_stay_is_taken_once_and_by_that_stay() {
    on_each_database(async |db| {
        market(&db, 24).await;
        let conn = db.read();
        let nights = night::Entity::find().all(conn).await.unwrap();
        let reasons = night_reason::Entity::find().all(conn).await.unwrap();
        assert_eq!(nights.len(), reasons.len());
        let taken: BTreeMap<_, _> = reasons.iter().map(|r| ((r.listing_id, r.night), r.source_id)).collect();
        let mut ahead = 0;
        for booking in booking::Entity::find().all(conn).await.unwrap() {
            let stay = Stay::new(booking.check_in, booking.check_out).unwrap();
            assert!(
                stay.nights().all(|night| taken.get(&(booking.listing_id, night)) == Some(&booking.id.0))
            );
            assert!(booking.created_at < now());
            match booking.status {
                Status::Completed => assert!(booking.check_out_at <= now()),
                Status::Confirmed => {
                    assert!(booking.check_in_at > now());
                    ahead += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(ahead > 24);
    })
    .await;
}

#[tokio::test]
async fn the_demo_people_have_something_to_try() {
    on_each_database(async |db| {
        market(&db, 60).await;
        let conn = db.read();
        let users = user::Entity::find().all(conn).await.unwrap();
        let who = |email: &str| users.iter().find(|user| user.email.as_str() == email).unwrap();
        let (guest, host) = (who(GUEST), who(HOST));
        assert!(host.is_host && host.password_hash.is_some());
        let mine: Vec<_> = listing::Entity::find()
            .all(conn)
            .await
            .unwrap()
            .into_iter()
            .filter(|l| l.host_id == host.id)
            .collect();
        let cities: BTreeSet<_> = mine.iter().map(|l| l.city.as_str()).collect();
        assert_eq!(cities.len(), MAIN);
        assert!(mine.iter().all(|l| l.instant_book));
        let trips: Vec<_> = booking::Entity::find().all(conn).await.unwrap();
        let trips: Vec<Status> =
            trips.into_iter().filter(|b| b.guest_id == guest.id).map(|b| b.status).collect();
        assert_eq!(trips.iter().filter(|status| **status == Status::Completed).count(), 2);
        assert_eq!(trips.iter().filter(|status| **status == Status::Confirmed).count(), 1);
    })
    .await;
}

/// Ids, texts and dates are the same for the same numbers and day; and a second market is refused.
#[tokio::test]
async fn the_same_numbers_make_the_same_market_and_only_in_an_empty_database() {
    // Everything but the people, whose passwords are salted.
    let rows = async |db: &Db| {
        let text = |mut rows: Vec<String>| {
            rows.sort_unstable();
            rows
        };
        macro_rules! all {
            ($($table:path),*) => {
                [$({
                    use $table as table;
                    let rows = table::Entity::find().all(db.read()).await.unwrap();
                    text(rows.iter().map(|row| format!("{row:?}")).collect())
                }),*]
            };
        }
        all!(
            listing,
            photo,
            booking,
            night,
            night_reason,
            review,
            settings,
            price_override,
            entry,
            transaction,
            job
        )
    };
    let markets = std::sync::Mutex::new(Vec::new());
    for hours in [0, 5] {
        on_each_database(async |db| {
            market_at(&db, 12, now() + TimeDelta::hours(hours)).await;
            let market = rows(&db).await;
            markets.lock().unwrap().push(market);
            let files = Files::open("memory:", std::path::Path::new("."), &[]).unwrap();
            let fees = FeeSettings { guest_fee: 1_200, host_fee: 300 };
            let again = super::seed(&db, &files, Ask { listings: 1, seed: 1 }, &fees, now(), &SECRET).await;
            assert!(again.is_err());
        })
        .await;
    }
    let markets = markets.into_inner().unwrap();
    for pair in markets.windows(2) {
        for (one, other) in pair[0].iter().zip(&pair[1]) {
            assert!(!one.is_empty());
            assert_eq!(one, other);
        }
    }
}

#[tokio::test]
async fn a_seeding_that_is_cut_off_leaves_nothing_and_can_begin_anew() {
    use sea_orm::ConnectionTrait;
    on_each_database(async |db| {
        // Cut off after the people and most of what is theirs.
        db.writer().execute_unprepared("ALTER TABLE review RENAME TO away").await.unwrap();
        let fees = FeeSettings { guest_fee: 1_200, host_fee: 300 };
        let ask = Ask { listings: 24, seed: 1 };
        assert!(super::fill(&db, &blanks(), ask, &fees, now(), &SECRET).await.is_err());
        assert!(user::Entity::find().all(db.read()).await.unwrap().is_empty());
        assert!(listing::Entity::find().all(db.read()).await.unwrap().is_empty());

        db.writer().execute_unprepared("ALTER TABLE away RENAME TO review").await.unwrap();
        assert_eq!(market(&db, 24).await.listings, 24);
    })
    .await;
}
