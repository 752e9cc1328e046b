//! Search against the tables: a market, random asks, and an oracle that looks at the tables only. Tests only.

mod oracle;

use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeDelta};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder, Statement,
};

use super::{
    Ask, Cursor, Hit, Keeper, Refusal, Sort, find,
    nights::{self, Nights},
    occupy, row, turn_day, verify,
    verify::What,
};
use crate::{
    calendar::{
        self, calendar_rules,
        limits::{Limits, RangeLimit, WEEK, WeekdayLimit, Weekdays},
        night,
    },
    config::FeeSettings,
    db::Db,
    kernel::{Clock, Fault, ListingId, Never, PageAsk, PriceOverrideId, Stay, clock::Instant},
    ledger::testing::on_each_database,
    listings::{
        find as listings,
        listing::{self, Status},
    },
    pricing::{price_override, settings, tax_rule},
    seed::{self, chance::Chance},
};
use oracle::Oracle;

const SECRET: [u8; 32] = [7; 32];
const FEES: FeeSettings = FeeSettings { guest_fee: 1_200, host_fee: 300 };

fn noon() -> Instant {
    "2027-03-10T12:00:00Z".parse().unwrap()
}

fn day(n: u64) -> NaiveDate {
    noon().date_naive() + Days::new(n)
}

async fn market(db: &Db, listings: u32) {
    let ask = seed::Ask { listings, seed: 5 };
    seed::fill(db, &seed::pictures::blanks(), ask, &FEES, noon(), &SECRET).await.unwrap();
}

/// All ids of an ask, page by page; and the same from the end, which must be the same list.
async fn walk(db: &Db, ask: &Ask, size: u32) -> Vec<ListingId> {
    walk_and_check(db, ask, size, |_| {}).await
}

async fn walk_and_check(db: &Db, ask: &Ask, size: u32, check: impl Fn(&Hit)) -> Vec<ListingId> {
    let mut seen = Vec::new();
    let mut page = PageAsk { size, from: None::<Cursor>, backward: false };
    loop {
        let found = find(db, ask, &page).await.unwrap();
        found.rows.iter().for_each(&check);
        seen.extend(found.rows.iter().map(|hit| hit.card.id));
        assert_eq!(found.has_previous, page.from.is_some());
        match found.rows.last() {
            Some(last) if found.has_next => page.from = Some(last.cursor),
            _ => break,
        }
    }
    let mut backward = Vec::new();
    let mut page = PageAsk { size, from: None, backward: true };
    loop {
        let found = find(db, ask, &page).await.unwrap();
        backward.splice(0..0, found.rows.iter().map(|hit| hit.card.id));
        match found.rows.first() {
            Some(first) if found.has_previous => page.from = Some(first.cursor),
            _ => break,
        }
    }
    assert_eq!(seen, backward, "{ask:?}");
    seen
}

#[tokio::test]
async fn find_says_what_a_look_at_every_table_says_on_every_page_in_both_directions() {
    on_each_database(async |db| {
        market(&db, 240).await;
        let oracle = Oracle::load(&db, &SECRET).await;
        let mut chance = Chance::new(1, "asks", 0);
        let (mut matches, mut empty) = (0, 0);
        for _ in 0..250 {
            let ask = oracle.random_ask(&mut chance, noon());
            let expected = oracle.answer(&ask);
            let size =
                u32::try_from(chance.between(1, 40)).unwrap().max(u32::try_from(expected.len() / 5).unwrap());
            let check = |hit: &Hit| oracle.check(hit, &ask);
            assert_eq!(walk_and_check(&db, &ask, size.min(100), check).await, expected, "{ask:?}");
            assert_eq!(super::count(&db, &ask).await.unwrap(), expected.len() as u64, "{ask:?}");
            matches += expected.len();
            empty += usize::from(expected.is_empty());
        }
        for _ in 0..60 {
            let ask = oracle.random_ask(&mut chance, noon());
            let bars = u32::try_from(chance.between(1, 50)).unwrap();
            let (mut found, mut expected) =
                (super::facets(&db, &ask, bars).await.unwrap(), oracle.facets(&ask, bars));
            for facets in [&mut found, &mut expected] {
                facets.room_types.sort_by_key(|(kind, _)| format!("{kind:?}"));
                facets.property_types.sort_by_key(|(kind, _)| format!("{kind:?}"));
            }
            assert_eq!(found, expected, "{ask:?}");
        }
        // The asks are worth something: most find some, not all find all.
        assert!(empty < 125 && matches > 1_000 && matches < 40_000, "{empty} {matches}");
    })
    .await;
}

/// Hosts who set every rule there is: search finds exactly the stays that the rules allow.
#[tokio::test]
async fn find_keeps_every_rule_of_the_calendars() {
    on_each_database(async |db| {
        market(&db, 80).await;
        let mut chance = Chance::new(4, "rules", 0);
        for rules in calendar_rules::Entity::find().all(db.read()).await.unwrap() {
            random_rules(rules, &mut chance).update(db.writer()).await.unwrap();
        }
        super::rebuild(&db, &SECRET, noon()).await.unwrap();
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        let oracle = Oracle::load(&db, &SECRET).await;
        let mut matches = 0;
        for _ in 0..200 {
            // At any time of day, while clocks are changed here and there; mostly soon, as far as that matters.
            let now = noon() + TimeDelta::minutes(i64::from(chance.between(0, 5 * 24 * 60)));
            let soon = if chance.percent(60) { 6 } else { 90 };
            let from = now.date_naive() + Days::new(chance.count(0, soon)) - Days::new(2);
            let stay = Stay::new(from, from + Days::new(chance.count(1, 12))).ok();
            let ask = Ask { stay, now, ..Ask::default() };
            let expected = oracle.answer(&ask);
            assert_eq!(walk(&db, &ask, 100).await, expected, "{ask:?}");
            matches += expected.len();
        }
        assert!(matches > 300 && matches < 9_000, "{matches}");
    })
    .await;
}

/// Rules of which each is there now and then.
fn random_rules(rules: calendar_rules::Model, chance: &mut Chance) -> calendar_rules::ActiveModel {
    let mut limits = Limits::default();
    for weekday in WEEK {
        let min = chance.percent(50).then(|| chance.between(1, 5));
        let max = (min.is_none() || chance.percent(30)).then(|| chance.between(5, 20));
        if chance.percent(30) {
            limits.weekdays.push(WeekdayLimit { weekday, min, max });
        }
    }
    let mut first = day(chance.count(0, 20));
    while chance.percent(70) {
        let last = first + Days::new(chance.count(0, 30));
        let min = chance.percent(60).then(|| chance.between(1, 7));
        let max = (min.is_none() || chance.percent(30)).then(|| chance.between(7, 14));
        limits.ranges.push(RangeLimit { first, last, min, max });
        first = last + Days::new(chance.count(1, 10));
    }
    let days =
        |chance: &mut Chance| -> Weekdays { WEEK.into_iter().filter(|_| chance.percent(15)).collect() };
    let rules = calendar_rules::Model {
        min_nights: chance.between(1, 3),
        max_nights: chance.between(8, 30),
        notice_days: *chance.pick(&[0, 0, 0, 1, 2, 3, 7]),
        cut_off_hour: chance.percent(70).then(|| chance.between(1, 23)),
        window_months: chance.between(1, 24),
        closed_to_arrival: days(chance).0,
        closed_to_departure: days(chance).0,
        limits,
        ..rules
    };
    rules.into_active_model().reset_all()
}

/// Places in all zones of the world, asked about around the hours at which their days begin, end, and are too late; and
/// for stays that end where their windows do.
#[tokio::test]
async fn every_clock_of_the_world_is_kept_to() {
    on_each_database(async |db| {
        market(&db, 60).await;
        let mut chance = Chance::new(6, "clocks", 0);
        let zones = [
            "Pacific/Kiritimati",
            "Pacific/Chatham",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "Asia/Tokyo",
            "Africa/Casablanca",
            "Europe/Lisbon",
            "America/St_Johns",
            "America/New_York",
            "America/Los_Angeles",
            "Pacific/Marquesas",
            "Pacific/Pago_Pago",
            "Etc/GMT+12",
            "UTC",
        ];
        for (n, listing) in listing::Entity::find().all(db.read()).await.unwrap().into_iter().enumerate() {
            let zone = zones[n % zones.len()].to_owned();
            let moved =
                listing::ActiveModel { id: Set(listing.id), time_zone: Set(zone), ..Default::default() };
            moved.update(db.writer()).await.unwrap();
            let rules = calendar_rules::ActiveModel {
                listing_id: Set(listing.id),
                min_nights: Set(1),
                notice_days: Set(*chance.pick(&[0, 0, 0, 1, 2])),
                cut_off_hour: Set(chance.percent(60).then(|| chance.between(1, 23))),
                window_months: Set(*chance.pick(&[1, 2, 24])),
                ..Default::default()
            };
            rules.update(db.writer()).await.unwrap();
        }
        super::rebuild(&db, &SECRET, noon()).await.unwrap();
        let oracle = Oracle::load(&db, &SECRET).await;
        let mut matches = 0;
        for _ in 0..150 {
            let now = noon() + TimeDelta::seconds(i64::from(chance.between(0, 3 * 86_400)));
            let today = now.date_naive();
            let (from, nights) = if chance.percent(70) {
                (today - Days::new(1) + Days::new(chance.count(0, 4)), chance.count(1, 3))
            } else {
                let months = *chance.pick(&[1, 2]);
                let last = today + chrono::Months::new(months) + Days::new(chance.count(0, 3)) - Days::new(1);
                (last - Days::new(2), 2)
            };
            let stay = Stay::new(from, from + Days::new(nights)).ok();
            let flexible = super::Flexible::new(from, from + Days::new(8), Some(2), false).ok();
            let (stay, flexible) = if chance.percent(80) { (stay, None) } else { (None, flexible) };
            let ask =
                Ask { stay, flexible, totals: flexible.is_some(), guest_fee: 1_200, now, ..Ask::default() };
            let expected = oracle.answer(&ask);
            let check = |hit: &Hit| oracle.check(hit, &ask);
            assert_eq!(walk_and_check(&db, &ask, 100, check).await, expected, "{ask:?}");
            assert_eq!(super::count(&db, &ask).await.unwrap(), expected.len() as u64);
            matches += expected.len();
        }
        assert!(matches > 500 && matches < 8_000, "{matches}");
        // Counts look at the clocks too.
        let ask =
            Ask { stay: Stay::new(day(0), day(1)).ok(), guest_fee: 1_200, now: noon(), ..Ask::default() };
        let rooms: u64 = super::facets(&db, &ask, 5).await.unwrap().room_types.iter().map(|(_, n)| n).sum();
        assert_eq!(rooms, oracle.answer(&ask).len() as u64);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_one_statement_and_a_place_one_more() {
    on_each_database(async |db| {
        market(&db, 30).await;
        let spent = async |ask: &Ask| {
            let before = db.statements();
            let found = find(&db, ask, &PageAsk::first(5)).await.unwrap();
            assert!(!found.rows.is_empty() && found.rows.iter().all(|hit| !hit.card.photos.is_empty()));
            db.statements() - before
        };
        let stay = Stay::new(day(60), day(62)).ok();
        assert_eq!(spent(&Ask { stay, now: noon(), ..Ask::default() }).await, 1);
        let place = Some("Lisbon, Portugal".to_owned());
        assert_eq!(spent(&Ask { place, now: noon(), ..Ask::default() }).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_search_or_order_is_refused() {
    on_each_database(async |db| {
        market(&db, 12).await;
        let first = find(&db, &Ask { now: noon(), ..Ask::default() }, &PageAsk::first(2)).await.unwrap();
        let page = PageAsk { size: 2, from: Some(first.rows[1].cursor), backward: false };
        let cheap = Ask { sort: Sort::PriceLow, now: noon(), ..Ask::default() };
        let refused = find(&db, &cheap, &page).await;
        assert!(matches!(refused, Err(Fault::Refused(Refusal::CursorOfAnotherSearch))));
        let roomy = Ask { guests: Some(2), now: noon(), ..Ask::default() };
        let refused = find(&db, &roomy, &page).await;
        assert!(matches!(refused, Err(Fault::Refused(Refusal::CursorOfAnotherSearch))));
        // The same search, asked for with totals and later in the day, goes on.
        let later = noon() + TimeDelta::hours(1);
        let same = Ask { totals: true, now: later, ..Ask::default() };
        assert_eq!(find(&db, &same, &page).await.unwrap().rows.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn verify_finds_what_was_planted_and_rebuild_makes_it_right() {
    on_each_database(async |db| {
        market(&db, 40).await;
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
        let rebuilt = super::rebuild(&db, &SECRET, noon()).await.unwrap();
        assert_eq!((rebuilt.made, rebuilt.removed), (39, 1));
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
        assert_eq!(super::place::Entity::find_by_id(("atlantis".into(), super::place::Kind::City)).one(db.read()).await.unwrap(), None);
    })
    .await;
}

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
        market(&db, 12).await;
        let db = db.kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon()))));
        let ids: Vec<ListingId> =
            row::Entity::find().all(db.read()).await.unwrap().iter().map(|row| row.listing_id).collect();
        let work = (0..32).map(|n| {
            let (db, ids) = (db.clone(), ids.clone());
            tokio::spawn(async move {
                let mut chance = Chance::new(13, "storm", n);
                for _ in 0..10 {
                    change_something(&db, &mut chance, &ids).await;
                }
            })
        });
        for worker in futures_util::future::join_all(work).await {
            worker.unwrap();
        }
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
    })
    .await;
}

/// Between any two pages others change in all ways: what stays as it was is seen once, in its order.
#[tokio::test]
async fn a_walk_while_others_change_neither_repeats_nor_skips_what_stays_as_it_was() {
    on_each_database(async |db| {
        market(&db, 90).await;
        let db = db.kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon()))));
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
        let steady: std::collections::BTreeSet<ListingId> = steady.into_iter().map(|(_, id)| id).collect();
        let mut chance = Chance::new(21, "walk", 0);
        let stay = Stay::new(day(60), day(63)).ok();
        let near = super::Near::new(38_700_000, -9_100_000, 20_000_000).ok();
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
        assert_eq!(verify(&db, &SECRET, noon()).await.unwrap(), []);
    })
    .await;
}

/// Sixteen at once take and give back nights of three listings, as bookings do; in the end the bits are the table's.
#[tokio::test]
async fn bits_equal_the_table_after_a_scramble() {
    on_each_database(async |db| {
        market(&db, 6).await;
        let db = db.kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon()))));
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

/// New prices of nights and new taxes are in the totals at once, on every page and in every count.
#[tokio::test]
async fn totals_follow_prices_and_taxes() {
    on_each_database(async |db| {
        market(&db, 60).await;
        let db = db.kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon()))));
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

/// A refreshed row, a paused one, a suspended host.
#[tokio::test]
async fn a_change_of_the_tables_is_a_change_of_search() {
    on_each_database(async |db| {
        market(&db, 12).await;
        let db = db.kept_by(Arc::new(Keeper::new(SECRET, Clock::standing(noon()))));
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

/// Three years in steps of days and weeks: nights far ahead come in, slots are emptied before they are used again.
#[tokio::test]
async fn rows_stay_right_while_days_turn() {
    on_each_database(async |db| {
        market(&db, 3).await;
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
                let known = sea_orm::sea_query::OnConflict::new().do_nothing().to_owned();
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
        market(&db, 3).await;
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
