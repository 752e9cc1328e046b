//! Search follows what changes, and is made right where it was wrong.

use std::sync::Arc;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter,
};

use super::{SECRET, Server, count, day, market, noon, oracle::Oracle, walk, walk_and_check};
use crate::{
    kernel::{Clock, Fault, ListingId, Never, PriceOverrideId, Stay},
    ledger::testing::on_each_database,
    listings::{find as listings, listing},
    pricing::{price_override, settings, tax_rule},
    search::{Ask, Flexible, Keeper, place, rebuild, row, verify, verify::What},
};

#[tokio::test]
async fn verify_finds_what_was_planted_and_rebuild_makes_it_right() {
    on_each_database(async |db| {
        let db = market(db, 40).await;
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        let run = async |sql: &str| db.writer().execute_unprepared(sql).await.unwrap();
        let rows = row::Entity::find().all(db.read()).await.unwrap();
        let (one, two, three) = (rows[3].listing_id, rows[7].listing_id, rows[9].listing_id);
        let mut change: row::ActiveModel = rows[3].clone().into_active_model();
        change.price = Set(rows[3].price + 1);
        change.nights_5 = Set(rows[3].nights_5 ^ 4);
        change.update(db.writer()).await.unwrap();
        row::Entity::delete_by_id(two).exec(db.writer()).await.unwrap();
        let mut paused = listing::Entity::find_by_id(three).one(db.read()).await.unwrap().unwrap().into_active_model();
        paused.status = Set(listing::Status::Paused);
        paused.update(db.writer()).await.unwrap();
        run("UPDATE search_card SET card = replace(card, '\"guests\":', '\"guests\":1') WHERE listing_id NOT IN (SELECT listing_id FROM search_row)").await;

        let found = verify(&db, &SECRET, noon()).await.unwrap();
        let names = |id: ListingId| -> Vec<String> {
            let of = found.iter().filter(|difference| difference.listing == id);
            of.map(|difference| match &difference.what {
                What::Value { name, .. } => name.clone(),
                other => format!("{other:?}"),
            })
            .collect()
        };
        assert_eq!(names(one), ["nights_5", "price"]);
        assert_eq!(names(two), ["Missing"]);
        assert_eq!(names(three), ["TooMany"]);
        assert_eq!(found.len(), 4);

        run("INSERT INTO place (name, kind) VALUES ('atlantis', 'CITY')").await;
        let rebuilt = rebuild(&db, &SECRET, noon()).await.unwrap();
        assert_eq!((rebuilt.made, rebuilt.removed), (39, 1));
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        assert_eq!(place::Entity::find_by_id(("atlantis".into(), place::Kind::City)).one(db.read()).await.unwrap(), None);
    })
    .await;
}

/// A refreshed row, a paused one, a suspended host.
#[tokio::test]
async fn a_change_of_the_tables_is_a_change_of_search() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
        let db = Server::on(db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))));
        let listing = listing::Entity::find().one(db.read()).await.unwrap().unwrap();
        let change = async |change: listing::ActiveModel| {
            db.write(|tx| {
                let change = change.clone();
                async move {
                    listings::for_change(&tx, listing.id).await?;
                    change.update(&*tx).await?;
                    tx.touch_listing(listing.id);
                    Ok::<_, Fault<Never>>(())
                }
            })
            .await
            .unwrap();
            assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        };
        let id = || Set(listing.id);
        change(listing::ActiveModel { id: id(), title: Set("Ærlig talt".into()), ..Default::default() })
            .await;
        let ask = Ask { place: Some("aerlig TALT".into()), now: noon(), ..Ask::default() };
        assert_eq!(walk(&db, &ask, 5).await, [listing.id]);
        change(listing::ActiveModel { id: id(), status: Set(listing::Status::Paused), ..Default::default() })
            .await;
        assert!(walk(&db, &ask, 5).await.is_empty());
        change(listing::ActiveModel {
            id: id(),
            status: Set(listing::Status::Published),
            ..Default::default()
        })
        .await;
        assert_eq!(walk(&db, &ask, 5).await, [listing.id]);
    })
    .await;
}

/// New prices of nights and new taxes are in the totals at once, on every page and in every count.
#[tokio::test]
async fn totals_follow_prices_and_taxes() {
    on_each_database(async |db| {
        let db = market(db, 60).await;
        let db = Server::on(db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))));
        let stay = Stay::new(day(40), day(49)).ok();
        let ask =
            Ask { stay, totals: true, guests: Some(3), guest_fee: 1_200, now: noon(), ..Ask::default() };
        let right = async || {
            assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
            let oracle = Oracle::load(&db, &SECRET).await;
            walk_and_check(&db, &ask, 20, |hit| oracle.check(hit, &ask)).await
        };
        let listing = right().await[0];
        db.write(|tx| async move {
            listings::for_change(&tx, listing).await?;
            for (first, last, nightly) in [(38, 44, 77_700), (43, 43, 99_900), (200, 230, 1)] {
                let row = price_override::Model {
                    id: PriceOverrideId::new(),
                    listing_id: listing,
                    first_night: day(first),
                    last_night: day(last),
                    nightly,
                };
                row.into_active_model().reset_all().insert(&*tx).await?;
            }
            tx.touch_listing(listing);
            Ok::<_, Fault<Never>>(())
        })
        .await
        .unwrap();
        right().await;

        let of = listing::Entity::find_by_id(listing).one(db.read()).await.unwrap().unwrap();
        for (region, percent) in [("", 900), (of.region.as_str(), 1_100), ("", 0)] {
            let rule = tax_rule::Model {
                country: of.country.clone(),
                region: region.to_owned(),
                percent,
                per_person_night: 250,
                currency: of.currency,
                ..tax_rule::Model::none()
            };
            let country = of.country.clone();
            db.write(|tx| {
                let (rule, country) = (rule.clone(), country.clone());
                async move {
                    let key = (rule.country.clone(), rule.region.clone());
                    tax_rule::Entity::delete_by_id(key).exec(&*tx).await?;
                    rule.into_active_model().reset_all().insert(&*tx).await?;
                    tx.touch_country(&country);
                    Ok::<_, Fault<Never>>(())
                }
            })
            .await
            .unwrap();
            right().await;
        }
    })
    .await;
}

/// A cent, and a million: no card can be charged with that, so no search for dates finds it.
#[tokio::test]
async fn a_stay_whose_price_can_not_be_charged_is_not_found() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
        let db = Server::on(db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))));
        let stay = Stay::new(day(60), day(62)).ok();
        let flexible = Flexible::new(day(60), day(66), Some(2), false).ok();
        let any = Ask { guest_fee: 1_200, now: noon(), ..Ask::default() };
        let dated = Ask { stay, ..any.clone() };
        let some_day = Ask { flexible, ..any.clone() };
        let listing = walk(&db, &dated, 20).await[0];
        for (nightly, is_found) in [(1, false), (60_000_000, false), (9_000, true)] {
            let set = db.write(|tx| async move {
                listings::for_change(&tx, listing).await?;
                let prices = settings::ActiveModel {
                    listing_id: Set(listing),
                    nightly: Set(nightly),
                    weekend: Set(None),
                    cleaning_fee: Set(0),
                    ..Default::default()
                };
                prices.update(&*tx).await?;
                price_override::Entity::delete_many()
                    .filter(price_override::Column::ListingId.eq(listing))
                    .exec(&*tx)
                    .await?;
                tx.touch_listing(listing);
                Ok::<_, Fault<Never>>(())
            });
            set.await.unwrap();
            assert!(walk(&db, &any, 20).await.contains(&listing));
            for ask in [&dated, &some_day] {
                let found = walk(&db, ask, 20).await;
                assert_eq!(found.contains(&listing), is_found, "{nightly}");
                assert_eq!(count(&db, ask).await, found.len() as u64);
                assert_eq!(found, Oracle::load(&db, &SECRET).await.answer(ask));
            }
        }
    })
    .await;
}
