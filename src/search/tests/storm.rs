//! Many change listings and nights at once, and while others walk through the pages.

use std::{collections::BTreeSet, sync::Arc};

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QueryOrder};

use super::{SECRET, Server, day, find, follow, market, noon, walk};
use crate::{
    calendar::{self, night},
    db::Db,
    kernel::{Clock, Fault, ListingId, Never, PageAsk, PriceOverrideId, Stay},
    ledger::testing::on_each_database,
    listings::{
        find as listings,
        listing::{self, Status},
    },
    pricing::{price_override, settings},
    search::{Ask, Cursor, Keeper, Near, Sort, row, verify},
    seed::chance::Chance,
};

/// One change that a host or a guest makes, of any kind, to one of these listings.
async fn change_something(db: &Db, chance: &mut Chance, ids: &[ListingId]) {
    let listing = *chance.pick(ids);
    let kind = chance.index(5);
    let (from, length) = (chance.count(30, 200), chance.count(1, 6));
    let stay = Stay::new(day(from), day(from + length)).unwrap();
    let (price, id) = (i64::from(chance.between(20, 900)) * 100, chance.id(noon()));
    let change = db.write(|tx| async move {
        listings::for_change(&tx, listing).await?;
        match kind {
            // Nights of a stay, or of a block: they stay what they are for search.
            0 | 1 => {
                if calendar::hold(&tx, listing, stay, id).await?.is_err() {
                    return Err(Fault::Refused(()));
                }
            }
            2 => {
                let prices = settings::ActiveModel {
                    listing_id: Set(listing),
                    nightly: Set(price),
                    cleaning_fee: Set(price / 3),
                    ..Default::default()
                };
                prices.update(&*tx).await?;
                tx.touch_listing(listing);
            }
            3 => {
                let row = price_override::Model {
                    id: PriceOverrideId(id),
                    listing_id: listing,
                    first_night: stay.check_in(),
                    last_night: stay.check_out(),
                    nightly: price,
                };
                row.into_active_model().reset_all().insert(&*tx).await?;
                tx.touch_listing(listing);
            }
            _ => {
                let status = if price % 3 == 0 { Status::Paused } else { Status::Published };
                let row =
                    listing::ActiveModel { id: Set(listing), status: Set(status), ..Default::default() };
                row.update(&*tx).await?;
                tx.touch_listing(listing);
            }
        }
        Ok(())
    });
    if let (Ok(()), 0) = (change.await, kind) {
        let give_back = db.write(|tx| async move {
            listings::for_change(&tx, listing).await?;
            Ok::<_, Fault<Never>>(calendar::release(&tx, listing, id).await?)
        });
        give_back.await.unwrap();
    }
}

/// Thirty-two at once book, cancel, block, set prices, pause and publish: in the end search is what the tables say.
#[tokio::test]
async fn verify_finds_nothing_after_a_storm_of_changes() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
        let db = Server::on(db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))));
        let ids: Vec<ListingId> =
            row::Entity::find().all(db.read()).await.unwrap().iter().map(|row| row.listing_id).collect();
        let work = (0..32).map(|n| {
            let (db, memory, ids) = (db.clone(), db.memory.clone(), ids.clone());
            tokio::spawn(async move {
                let mut chance = Chance::new(13, "storm", n);
                for _ in 0..10 {
                    change_something(&db, &mut chance, &ids).await;
                    // All at once, and each of what it did itself.
                    memory.look(&db, |_| ()).await.unwrap();
                }
            })
        });
        for worker in futures_util::future::join_all(work).await {
            worker.unwrap();
        }
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        follow::is_like_a_new_one(&db).await;
    })
    .await;
}

/// Between any two pages others change in all ways: what stays as it was is seen once, in its order.
#[tokio::test]
async fn a_walk_while_others_change_neither_repeats_nor_skips_what_stays_as_it_was() {
    on_each_database(async |db| {
        let db = market(db, 90).await;
        let db = Server::on(db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))));
        let ids: Vec<ListingId> = row::Entity::find()
            .order_by_asc(row::Column::ListingId)
            .all(db.read())
            .await
            .unwrap()
            .iter()
            .map(|row| row.listing_id)
            .collect();
        let (changing, steady): (Vec<_>, Vec<_>) =
            ids.iter().copied().enumerate().partition(|(n, _)| n % 2 == 0);
        let changing: Vec<ListingId> = changing.into_iter().map(|(_, id)| id).collect();
        let steady: BTreeSet<ListingId> = steady.into_iter().map(|(_, id)| id).collect();
        let mut chance = Chance::new(21, "walk", 0);
        let stay = Stay::new(day(60), day(63)).ok();
        let near = Near::new(38_700_000, -9_100_000, 20_000_000).ok();
        for sort in [
            Sort::Relevance,
            Sort::PriceLow,
            Sort::PriceHigh,
            Sort::Rating,
            Sort::Newest,
            Sort::Distance,
            Sort::TotalLow,
            Sort::TotalHigh,
        ] {
            let ask = Ask { stay, near, sort, guest_fee: 1_200, now: noon(), ..Ask::default() };
            let expected: Vec<ListingId> =
                walk(&db, &ask, 50).await.into_iter().filter(|id| steady.contains(id)).collect();
            for backward in [false, true] {
                let mut seen: Vec<ListingId> = Vec::new();
                let mut page = PageAsk { size: 7, from: None::<Cursor>, backward };
                loop {
                    let found = find(&db, &ask, &page).await.unwrap();
                    let ids = found.rows.iter().map(|hit| hit.card.id).filter(|id| steady.contains(id));
                    if backward {
                        seen.splice(0..0, ids);
                    } else {
                        seen.extend(ids);
                    }
                    let (edge, more) = if backward {
                        (found.rows.first(), found.has_previous)
                    } else {
                        (found.rows.last(), found.has_next)
                    };
                    match edge {
                        Some(hit) if more => page.from = Some(hit.cursor),
                        _ => break,
                    }
                    for _ in 0..4 {
                        change_something(&db, &mut chance, &changing).await;
                    }
                }
                assert_eq!(seen, expected, "{sort:?} backward: {backward}");
            }
            assert!(expected.len() > 10);
        }
        follow::is_like_a_new_one(&db).await;
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
    })
    .await;
}

/// Sixteen at once take and give back nights of three listings, as bookings do; in the end the bits are the table's.
#[tokio::test]
async fn bits_equal_the_table_after_a_scramble() {
    on_each_database(async |db| {
        let db = market(db, 6).await;
        let db = Server::on(db.clone().kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon())))));
        let ids: Vec<ListingId> = row::Entity::find()
            .all(db.read())
            .await
            .unwrap()
            .iter()
            .take(3)
            .map(|row| row.listing_id)
            .collect();
        let work = (0..16).map(|n| {
            let (db, ids) = (db.clone(), ids.clone());
            tokio::spawn(async move {
                let mut chance = Chance::new(9, "scramble", n);
                for _ in 0..12 {
                    let listing = *chance.pick(&ids);
                    let from = chance.count(200, 260);
                    let stay = Stay::new(day(from), day(from + chance.count(1, 6))).unwrap();
                    let booking = uuid::Uuid::now_v7();
                    let take = db.write(|tx| async move {
                        listings::for_change(&tx, listing).await?;
                        match calendar::hold(&tx, listing, stay, booking).await? {
                            Ok(()) => Ok(()),
                            Err(_) => Err(Fault::Refused(())),
                        }
                    });
                    if matches!(take.await, Ok(())) && chance.percent(60) {
                        let give_back = db.write(|tx| async move {
                            listings::for_change(&tx, listing).await?;
                            Ok::<_, Fault<Never>>(calendar::release(&tx, listing, booking).await?)
                        });
                        give_back.await.unwrap();
                    }
                }
            })
        });
        for worker in futures_util::future::join_all(work).await {
            worker.unwrap();
        }
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        let taken = night::Entity::find().all(db.read()).await.unwrap();
        assert!(taken.iter().filter(|row| row.night >= day(200) && row.night < day(270)).count() > 20);
    })
    .await;
}
