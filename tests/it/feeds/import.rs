//! Calendars of other sites: what they take, what they give back, and where they meet our own stays.

use chrono::{Days, NaiveDate, TimeDelta};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use sojourn::{
    calendar::{feeds::feed_event, night_reason},
    kernel::zone,
};

use super::{add, calendar, feeds, nights, refreshed};
use crate::{
    both,
    support::{
        ListingAsk, Person, World,
        feed::{self, Answer, Site, days},
        only_error,
        people::in_days,
    },
};

both! {
    async fn a_feed_takes_nights_and_a_second_import_changes_nothing(world: World) {
        let (host, guest, site) = (world.host("Hanna").await, world.guest("Greta").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = in_days(world, 0);
        let day = |n: u64| today + Days::new(n);
        site.says(&[days("a", day(10), 3, "Zoe from elsewhere")]);

        let added = add(&host, &listing, &site.url).await;
        assert_eq!(added["errors"], json!([]));
        assert_eq!(added["feed"]["lastCheckedAt"], Value::Null, "it is fetched by a job");
        world.settle().await;
        let feed = feeds(&host, &listing).await[0].clone();
        assert_eq!((&feed["name"], &feed["url"], &feed["problem"]), (&json!("Elsewhere"), &json!(site.url), &Value::Null));
        assert!(feed["lastSyncedAt"].is_string() && feed["skippedEvents"] == 0);
        let taken = |n| (day(n), vec!["IMPORT Elsewhere".to_owned()]);
        assert_eq!(nights(&host, &listing, day(9), day(14)).await, [taken(10), taken(11), taken(12)]);
        assert_eq!(only_error(&guest.quote(&listing, day(11), 3).await), "NOT_AVAILABLE");
        assert_eq!(guest.quote(&listing, day(13), 3).await["errors"], json!([]));

        let before = rows(world).await;
        world.advance(TimeDelta::minutes(61)).await;
        assert_eq!(site.asked(), 2);
        assert_eq!(rows(world).await, before, "the same rows, not rows that look the same");
        let later = feeds(&host, &listing).await[0].clone();
        assert_ne!(later["lastSyncedAt"], feed["lastSyncedAt"]);

        assert_eq!(only_error(&add(&host, &listing, &site.url).await), "ALREADY_ADDED");
        let remove = "mutation($input: CalendarFeedIdInput!) { removeCalendarFeed(input: $input) { feedId errors { code } } }";
        assert_eq!(host.done(remove, json!({ "feedId": feed["id"] })).await["feedId"], feed["id"]);
        assert_eq!(nights(&host, &listing, day(9), day(14)).await, []);
        assert_eq!(feeds(&host, &listing).await, [] as [Value; 0]);
        world.advance(TimeDelta::hours(3)).await;
        assert_eq!(site.asked(), 2, "nobody asks for a feed that was removed");
    }
}

both! {
    async fn a_vanished_event_frees_only_what_nothing_else_holds(world: World) {
        let host = world.host("Hanna").await;
        let (one, other) = (Site::start().await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = in_days(world, 0);
        let day = |n: u64| today + Days::new(n);
        one.says(&[days("a", day(10), 4, "Taken")]);
        other.says(&[days("b", day(12), 1, "Taken")]);
        add(&host, &listing, &one.url).await;
        add(&host, &listing, &other.url).await;
        block(&host, &listing, day(11)).await;
        world.settle().await;
        assert_eq!(nights(&host, &listing, day(9), day(15)).await.len(), 4);

        one.says(&[]);
        world.advance(TimeDelta::minutes(61)).await;
        let left = nights(&host, &listing, day(9), day(15)).await;
        assert_eq!(left, [(day(11), vec!["BLOCK".to_owned()]), (day(12), vec!["IMPORT Elsewhere".to_owned()])]);
    }
}

both! {
    async fn a_feed_that_meets_a_stay_is_a_conflict_and_takes_over_when_the_stay_goes(world: World) {
        let (host, guest, site) = (world.host("Hanna").await, world.guest("Greta").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = in_days(world, 0);
        let day = |n: u64| today + Days::new(n);
        let booking = guest.confirmed(world, &listing, day(20), 3).await;
        let other = guest.confirmed(world, &listing, day(30), 2).await;
        site.says(&[days("a", day(21), 3, "Zoe"), days("b", day(31), 1, "Yann")]);
        add(&host, &listing, &site.url).await;
        world.settle().await;

        let conflicts = conflicts(&host, &listing).await;
        let code = guest.booking(&booking).await["code"].clone();
        assert_eq!(conflicts[0], json!({
            "feed": { "name": "Elsewhere" }, "booking": { "code": code }, "summary": "Zoe",
            "nights": [day(21), day(22)],
        }));
        assert_eq!(conflicts.len(), 2);
        assert_eq!(feeds(&host, &listing).await[0]["conflicts"].as_array().unwrap().len(), 2);
        assert_eq!(guest.booking(&booking).await["status"], "CONFIRMED");
        let stay = |n| (day(n), vec!["STAY".to_owned()]);
        let import = |n| (day(n), vec!["IMPORT Elsewhere".to_owned()]);
        assert_eq!(nights(&host, &listing, day(20), day(24)).await, [stay(20), stay(21), stay(22), import(23)]);

        guest.cancel(&booking, "one").await;
        assert_eq!(nights(&host, &listing, day(20), day(24)).await, [import(21), import(22), import(23)]);
        host.cancel(&other, "two").await;
        let both = vec!["BLOCK".to_owned(), "IMPORT Elsewhere".to_owned()];
        assert_eq!(nights(&host, &listing, day(30), day(32)).await, [(day(30), vec!["BLOCK".to_owned()]), (day(31), both)]);
        assert_eq!(crate::feeds::import::conflicts(&host, &listing).await, [] as [Value; 0]);

        site.says(&[]);
        world.advance(TimeDelta::minutes(61)).await;
        assert_eq!(nights(&host, &listing, day(20), day(24)).await, []);
    }
}

both! {
    async fn our_own_events_come_back_without_a_loop(world: World) {
        let (host, guest, site) = (world.host("Hanna").await, world.guest("Greta").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = in_days(world, 0);
        let day = |n: u64| today + Days::new(n);
        let booking = guest.confirmed(world, &listing, day(20), 3).await;
        block(&host, &listing, day(40)).await;

        // One site hands back our own calendar as it is; Airbnb says of the same nights that they are not available.
        site.answers(Answer::Text(calendar(world, &host, &listing).await));
        let airbnb = Site::start().await;
        let echo = [
            days("x@airbnb.com", day(20), 3, "Airbnb (Not available)"),
            days("y@airbnb.com", day(40), 2, "Airbnb (Not available)"),
        ];
        airbnb.answers(Answer::Text(feed::calendar("-//Airbnb Inc//Hosting Calendar 1.0//EN", &echo)));
        add(&host, &listing, &site.url).await;
        add(&host, &listing, &airbnb.url).await;
        world.settle().await;
        assert_eq!(conflicts(&host, &listing).await, [] as [Value; 0]);
        let found = nights(&host, &listing, day(19), day(43)).await;
        let kinds: Vec<_> = found.iter().map(|(_, kinds)| kinds.join(" ")).collect();
        assert_eq!(kinds, ["STAY", "STAY", "STAY", "BLOCK", "IMPORT Elsewhere"], "only what Airbnb alone says is taken");

        // The stay is called off here: neither echo keeps its nights, though both sites still tell of them.
        guest.cancel(&booking, "one").await;
        world.advance(TimeDelta::minutes(61)).await;
        assert_eq!(nights(&host, &listing, day(19), day(24)).await, []);
    }
}

both! {
    async fn airbnbs_windows_are_no_bookings(world: World) {
        let (host, site) = (world.host("Hanna").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = || zone::local_date(world.now(), chrono_tz::Europe::Lisbon);
        let says = |first: NaiveDate| {
            let closed = |uid, from, nights| days(uid, from, nights, "Airbnb (Not available)");
            let events = [
                closed("notice@airbnb.com", first, 2),
                days("stay@airbnb.com", first + Days::new(30), 2, "Reserved"),
                closed("horizon@airbnb.com", first + Days::new(180), 185),
            ];
            site.answers(Answer::Text(feed::calendar("-//Airbnb Inc//Hosting Calendar 1.0//EN", &events)));
        };
        let first = today();
        says(first);
        add(&host, &listing, &site.url).await;
        world.settle().await;
        let imported: Vec<_> = nights(&host, &listing, first, first + Days::new(399)).await.into_iter().map(|(night, _)| night).collect();
        let expected = [0, 1, 30, 31].map(|n| first + Days::new(n));
        assert_eq!(imported, expected, "the far end is a window; of the near one nobody can know on the first day");

        // A day later the near one has moved: nothing that is booked does that.
        let advanced = world.advance(TimeDelta::days(1));
        says(first + Days::new(1));
        advanced.await;
        world.advance(TimeDelta::minutes(61)).await;
        let imported: Vec<_> = nights(&host, &listing, today(), first + Days::new(399)).await.into_iter().map(|(night, _)| night).collect();
        assert_eq!(imported, [31, 32].map(|n| first + Days::new(n)));
    }
}

both! {
    async fn timed_events_of_foreign_zones_take_the_listings_nights(world: World) {
        let (host, site) = (world.host("Hanna").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = in_days(world, 0);
        let day = |n: u64| today + Days::new(n);
        let at = |n, time: &str| format!("{}T{time}", day(n).format("%Y%m%d"));
        site.says(&[
            // Half past midnight in Tokyo is the afternoon before in Lisbon.
            format!("UID:tokyo\nDTSTART;TZID=Asia/Tokyo:{}\nDTEND;TZID=Asia/Tokyo:{}", at(11, "003000"), at(12, "170000")),
            format!("UID:win\nDTSTART;TZID=Romance Standard Time:{}\nDURATION:PT18H", at(20, "170000")),
            format!("UID:none\nDTSTART;TZID=Mars/Olympus:{}\nDTEND;TZID=Mars/Olympus:{}", at(30, "150000"), at(31, "110000")),
        ]);
        add(&host, &listing, &site.url).await;
        world.settle().await;
        let found: Vec<_> = nights(&host, &listing, day(9), day(32)).await.into_iter().map(|(night, _)| night).collect();
        assert_eq!(found, [day(10), day(11), day(20), day(30)]);
        assert_eq!(feeds(&host, &listing).await[0]["skippedEvents"], 1, "a zone that doesn't exist is a guess");
    }
}

both! {
    async fn recurring_events_with_exceptions(world: World) {
        let (host, site) = (world.host("Hanna").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let today = in_days(world, 0);
        let day = |n: u64| today + Days::new(n);
        let written = |n| day(n).format("%Y%m%d").to_string();
        site.says(&[
            format!("{}\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;VALUE=DATE:{}", days("w", day(10), 1, "Cleaning week"), written(17)),
            format!("RECURRENCE-ID;VALUE=DATE:{}\n{}", written(24), days("w", day(26), 1, "Moved")),
        ]);
        add(&host, &listing, &site.url).await;
        world.settle().await;
        let found: Vec<_> = nights(&host, &listing, day(9), day(40)).await.into_iter().map(|(night, _)| night).collect();
        assert_eq!(found, [day(10), day(26), day(31)]);
    }
}

both! {
    async fn an_event_of_a_hundred_years_takes_the_bookable_days(world: World) {
        let (host, site) = (world.host("Hanna").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        site.says(&["UID:century\nDTSTART:19900101\nDTEND:20900101".to_owned()]);
        add(&host, &listing, &site.url).await;
        world.settle().await;
        assert_eq!(feeds(&host, &listing).await[0]["problem"], Value::Null);
        let imported = night_reason::Entity::find().all(world.app.db.read()).await.unwrap().len();
        assert_eq!(imported, 730);
    }
}

both! {
    async fn a_feed_is_fetched_again_when_its_host_asks_but_not_every_second(world: World) {
        let (host, site) = (world.host("Hanna").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        add(&host, &listing, &site.url).await;
        world.settle().await;
        let id = feeds(&host, &listing).await[0]["id"].clone();
        let refresh = "mutation($input: CalendarFeedIdInput!) { refreshCalendarFeed(input: $input) { feed { id } errors { code } } }";
        assert_eq!(only_error(&host.attempt(refresh, json!({ "feedId": id })).await), "JUST_CHECKED");

        refreshed(world, &host, &id).await;
        assert_eq!(site.asked(), 2);
        world.advance(TimeDelta::minutes(59)).await;
        assert_eq!(site.asked(), 2, "the hour begins anew");
        world.advance(TimeDelta::minutes(2)).await;
        assert_eq!(site.asked(), 3);
    }
}

async fn block(host: &Person, listing: &str, night: NaiveDate) {
    host.done(
        "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { errors { code } } }",
        json!({ "listingId": listing, "block": [{ "first": night, "last": night }] }),
    )
    .await;
}

async fn conflicts(host: &Person, listing: &str) -> Vec<Value> {
    let listing = host
        .get(
            "query($id: ID!) { listing(by: { id: $id }) { calendarConflicts {
               feed { name } booking { code } nights summary } } }",
            json!({ "id": listing }),
        )
        .await;
    listing["calendarConflicts"].as_array().unwrap().clone()
}

/// The rows that an import may write.
async fn rows(world: &World) -> (Vec<feed_event::Model>, Vec<night_reason::Model>) {
    let db = world.app.db.read();
    let events = feed_event::Entity::find().order_by_asc(feed_event::Column::Id).all(db).await.unwrap();
    let reasons = night_reason::Entity::find().order_by_asc(night_reason::Column::Id).all(db).await.unwrap();
    (events, reasons)
}
