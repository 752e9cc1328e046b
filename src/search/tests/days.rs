//! Days turn: nights come in at one end of the ring and go out at the other.

use chrono::{Days, NaiveDate, TimeDelta};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, Statement, sea_query::OnConflict};

use super::{SECRET, day, market, noon};
use crate::{
    calendar::night,
    kernel::{Fault, Never},
    ledger::testing::on_each_database,
    listings::find as listings,
    search::{
        nights::{self, Nights},
        occupy, row, turn_day, verify,
    },
    seed::chance::Chance,
};

/// Three years in steps of days and weeks: nights far ahead come in, slots are emptied before they are used again.
#[tokio::test]
async fn rows_stay_right_while_days_turn() {
    on_each_database(async |db| {
        let db = market(db, 3).await;
        let listing = row::Entity::find().one(db.read()).await.unwrap().unwrap().listing_id;
        // A host who blocks each Monday for five years, and at once.
        let blocked: Vec<NaiveDate> = (1..260).map(|week| day(week * 7)).collect();
        db.write(|tx| {
            let blocked = blocked.clone();
            async move {
                listings::for_change(&tx, listing).await?;
                let rows = blocked.iter().map(|night| {
                    night::Model { listing_id: listing, night: *night, reasons: 1 }.into_active_model()
                });
                let known = OnConflict::new().do_nothing().to_owned();
                night::Entity::insert_many(rows).on_conflict(known).exec_without_returning(&*tx).await?;
                Ok::<_, Fault<Never>>(occupy::occupy(&tx, listing, &blocked, noon()).await?)
            }
        })
        .await
        .unwrap();
        let mut now = noon();
        assert_eq!(verify(&db, &SECRET, now).await.unwrap(), []);
        let mut chance = Chance::new(3, "days", 0);
        while now < noon() + TimeDelta::days(3 * 365) {
            now += TimeDelta::days(chance.weighted(&[(1, 50), (3, 20), (12, 20), (25, 9), (40, 1)]));
            turn_day(&db, &SECRET, now).await.unwrap();
            assert_eq!(verify(&db, &SECRET, now).await.unwrap(), [], "{now}");
            let row = row::Entity::find_by_id(listing).one(db.read()).await.unwrap().unwrap();
            for chunk in nights::idle(now) {
                assert_eq!(row.nights().0[chunk], 0, "{now}: an idle slot has bits");
            }
        }
        // Each turn has asked for the next, once a day.
        let sql = "SELECT COUNT(*) FROM job WHERE kind = 'search.turn_day' AND state = 'WAITING'";
        let count =
            db.read().query_one_raw(Statement::from_string(db.backend(), sql)).await.unwrap().unwrap();
        assert!(count.try_get_by_index::<i64>(0).unwrap() > 50);
    })
    .await;
}

#[tokio::test]
async fn giving_back_nights_that_have_passed_frees_nothing_that_is_to_come() {
    on_each_database(async |db| {
        let db = market(db, 3).await;
        let listing = row::Entity::find().one(db.read()).await.unwrap().unwrap().listing_id;
        let before = row::Entity::find_by_id(listing).one(db.read()).await.unwrap().unwrap();
        let ring = before.nights();
        let future: Vec<NaiveDate> = (0..740).map(day).filter(|night| ring.contains(*night)).collect();
        let past: Vec<NaiveDate> = future.iter().map(|night| *night - Days::new(832)).collect();
        assert_eq!(past.iter().copied().collect::<Nights>().and(ring), future.iter().copied().collect());
        db.write(|tx| {
            let past = past.clone();
            async move { Ok::<_, Fault<Never>>(occupy::release(&tx, listing, &past, noon()).await?) }
        })
        .await
        .unwrap();
        assert_eq!(row::Entity::find_by_id(listing).one(db.read()).await.unwrap().unwrap(), before);
    })
    .await;
}
