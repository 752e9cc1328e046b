//! Search against the tables: a market, random asks, and an oracle that looks at the tables only. Tests only.

mod changes;
mod days;
mod follow;
mod oracle;
mod storm;

use std::ops::Deref;

use chrono::{Days, NaiveDate, TimeDelta};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::{Ask, Cursor, Hit, Memory, Refusal, Sort, Spot, facets::Facets, place, verify};
use crate::{
    calendar::{
        calendar_rules,
        limits::{Limits, RangeLimit, WEEK, WeekdayLimit, Weekdays},
    },
    config::FeeSettings,
    db::Db,
    kernel::{Fault, ListingId, Never, Page, PageAsk, Stay, clock::Instant},
    ledger::testing::on_each_database,
    listings::listing,
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

/// A server: a database, and what it remembers of search.
struct Server {
    db: Db,
    memory: Memory,
}

impl Server {
    fn on(db: Db) -> Self {
        Self { db, memory: Memory::default() }
    }
}

impl Deref for Server {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// A server with a market of so many listings.
async fn market(db: Db, listings: u32) -> Server {
    let ask = seed::Ask { listings, seed: 5 };
    seed::fill(&db, &seed::pictures::blanks(), ask, &FEES, noon(), &SECRET).await.unwrap();
    Server::on(db)
}

/// A page, by a server that remembers no place.
async fn find(server: &Server, ask: &Ask, page: &PageAsk<Cursor>) -> Result<Page<Hit>, Fault<Refusal>> {
    let spot = Memory::default().spot(server, ask).await?;
    super::find(server, &server.memory, ask, &spot, page).await
}

async fn count(server: &Server, ask: &Ask) -> u64 {
    let spot = Memory::default().spot(server, ask).await.unwrap();
    super::count(server, &server.memory, ask, &spot).await.unwrap()
}

async fn facets(server: &Server, ask: &Ask, bars: u32) -> Facets {
    let spot = Memory::default().spot(server, ask).await.unwrap();
    super::facets(server, &server.memory, ask, &spot, bars).await.unwrap()
}

/// All ids of an ask, page by page; and the same from the end, which must be the same list.
async fn walk(server: &Server, ask: &Ask, size: u32) -> Vec<ListingId> {
    walk_and_check(server, ask, size, |_| {}).await
}

async fn walk_and_check(server: &Server, ask: &Ask, size: u32, check: impl Fn(&Hit)) -> Vec<ListingId> {
    let mut seen = Vec::new();
    let mut page = PageAsk { size, from: None::<Cursor>, backward: false };
    loop {
        let found = find(server, ask, &page).await.unwrap();
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
        let found = find(server, ask, &page).await.unwrap();
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
        let db = market(db, 240).await;
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
            assert_eq!(count(&db, &ask).await, expected.len() as u64, "{ask:?}");
            matches += expected.len();
            empty += usize::from(expected.is_empty());
        }
        for _ in 0..60 {
            let ask = oracle.random_ask(&mut chance, noon());
            let bars = u32::try_from(chance.between(1, 50)).unwrap();
            let (mut found, mut expected) = (facets(&db, &ask, bars).await, oracle.facets(&ask, bars));
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
        let db = market(db, 80).await;
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
        let db = market(db, 60).await;
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
            assert_eq!(count(&db, &ask).await, expected.len() as u64);
            matches += expected.len();
        }
        assert!(matches > 500 && matches < 8_000, "{matches}");
        // Counts look at the clocks too.
        let ask =
            Ask { stay: Stay::new(day(0), day(1)).ok(), guest_fee: 1_200, now: noon(), ..Ask::default() };
        let rooms: u64 = facets(&db, &ask, 5).await.room_types.iter().map(|(_, n)| n).sum();
        assert_eq!(rooms, oracle.answer(&ask).len() as u64);
    })
    .await;
}

#[tokio::test]
async fn a_page_is_one_statement_once_its_place_and_its_cards_are_known() {
    on_each_database(async |db| {
        let db = market(db, 30).await;
        let spent = async |ask: &Ask, memory: &Memory| {
            let before = db.statements();
            let spot = memory.spot(&db, ask).await.unwrap();
            let found = super::find(&db, memory, ask, &spot, &PageAsk::first(5)).await.unwrap();
            assert!(!found.rows.is_empty() && found.rows.iter().all(|hit| hit.card.cover.is_some()));
            db.statements() - before
        };
        let stay = Stay::new(day(60), day(62)).ok();
        let place = Some("Lisbon, Portugal".to_owned());
        for (ask, at_first) in [
            (Ask { stay, now: noon(), ..Ask::default() }, 2),
            (Ask { place, now: noon(), ..Ask::default() }, 3),
        ] {
            let memory = Memory::default();
            // The index is loaded.
            memory.look(&db, |_| ()).await.unwrap();
            assert_eq!((spent(&ask, &memory).await, spent(&ask, &memory).await), (at_first, 1), "{ask:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_remembered_card_is_shown_only_as_long_as_it_is_the_same() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
        let memory = Memory::default();
        let ask = Ask { now: noon(), ..Ask::default() };
        let first = async || {
            let found = super::find(&db, &memory, &ask, &Spot::default(), &PageAsk::first(3)).await.unwrap();
            found.rows[0].card.clone()
        };
        let id = first().await.id;
        let row = listing::Entity::find_by_id(id).one(db.read()).await.unwrap().unwrap();
        let change = db.write(|tx| {
            let mut row = row.clone().into_active_model();
            async move {
                row.title = Set("Another title".to_owned());
                row.update(&*tx).await?;
                super::refresh(&tx, id, &SECRET, noon()).await?;
                Ok::<_, Fault<Never>>(())
            }
        });
        change.await.unwrap();
        let after = first().await;
        assert_eq!((after.id, after.title.as_str()), (id, "Another title"));
    })
    .await;
}

#[tokio::test]
async fn a_place_is_made_out_once_and_a_text_that_names_none_each_time() {
    on_each_database(async |db| {
        let db = market(db, 30).await;
        let memory = Memory::default();
        let spent = async |text: &str| {
            let before = db.statements();
            let ask = Ask { place: Some(text.to_owned()), ..Ask::default() };
            let spot = memory.spot(&db, &ask).await.unwrap();
            (db.statements() - before, spot.cities.clone(), spot.words.clone())
        };
        let lisbon = || vec!["lisbon".to_owned()];
        assert_eq!(spent("Lisbon, Portugal").await, (1, lisbon(), vec![]));
        assert_eq!(spent("Lisbon, Portugal").await, (0, lisbon(), vec![]));
        let words = || vec!["atlantis".to_owned()];
        assert_eq!(spent("Atlantis").await, (1, vec![], words()));
        assert_eq!(spent("Atlantis").await, (1, vec![], words()));
        // It rises from the sea, and is found at once.
        let risen = db.write(|tx| async move {
            let place = place::Model { name: "atlantis".to_owned(), kind: place::Kind::City };
            place::Entity::insert(place.into_active_model()).exec_without_returning(&*tx).await?;
            Ok::<_, Fault<Never>>(())
        });
        risen.await.unwrap();
        assert_eq!(spent("Atlantis").await, (1, words(), vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_search_or_order_is_refused() {
    on_each_database(async |db| {
        let db = market(db, 12).await;
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
