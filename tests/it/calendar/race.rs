//! Guests book, hosts block and open nights, all at once, with nights of preparation between the stays.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sojourn::{
    bookings::booking::{self, Status},
    calendar::{
        night,
        night_reason::{self, Kind},
    },
};

use super::{change, set};
use crate::{
    both,
    support::{ListingAsk, Person, people::in_days},
};

const GUESTS: usize = 8;
const TRIES: usize = 8;
const SPAN: u64 = 40;

/// Books what comes, and calls some of it off: refusals are answers, anything else ends the test.
async fn book(guest: Person, listing: String, first: NaiveDate) {
    for n in 0..TRIES {
        let check_in = first + Days::new(rand::random_range(0..SPAN));
        let quoted = guest.quote(&listing, check_in, rand::random_range(1..=3)).await;
        let Some(quote) = quoted["quote"]["id"].as_str() else { continue };
        let booked = guest.book(quote, quote).await;
        if let Some(id) = booked["booking"]["id"].as_str().filter(|_| n % 3 == 0) {
            assert_eq!(guest.cancel(id, id).await["errors"], json!([]));
        }
    }
}

/// Blocks and opens nights, and asks for more or less preparation.
async fn host(host: Person, listing: String, first: NaiveDate) {
    for n in 0..TRIES * 2 {
        let from = first + Days::new(rand::random_range(0..SPAN));
        let range = json!([{ "first": from, "last": from + Days::new(rand::random_range(0..4)) }]);
        let what = match n % 3 {
            0 => json!({ "block": range }),
            1 => json!({ "open": range }),
            // Never less than one: so one night at least lies between any two stays.
            _ => json!({ "preparationBefore": rand::random_range(1..=2) }),
        };
        change(&host, &listing, what).await;
    }
}

both! {
    async fn blocks_and_bookings_with_preparation_never_share_a_night(world: World) {
        let hanna = world.host("Hanna").await;
        let listing = hanna.listing(&ListingAsk::default()).await;
        set(&hanna, &listing, json!({ "preparationAfter": 1 })).await;
        let first = in_days(world, 20);
        let guests = world.guests(GUESTS).await;
        let mut at_work: Vec<_> =
            guests.into_iter().map(|guest| tokio::spawn(book(guest, listing.clone(), first))).collect();
        at_work.push(tokio::spawn(host(hanna.clone(), listing.clone(), first)));
        for outcome in join_all(at_work).await {
            outcome.unwrap();
        }

        let db = world.app.db.read();
        let live = booking::Column::Status.is_in([Status::PendingPayment, Status::Confirmed]);
        let mut stays: Vec<_> = booking::Entity::find().filter(live).all(db).await.unwrap();
        stays.sort_by_key(|stay| stay.check_in);
        assert!(stays.len() > 2);
        assert!(stays.windows(2).all(|pair| pair[1].check_in > pair[0].check_out), "two stays without a night between");
        let mut reasons: BTreeMap<NaiveDate, Vec<Kind>> = BTreeMap::new();
        for reason in night_reason::Entity::find().all(db).await.unwrap() {
            reasons.entry(reason.night).or_default().push(reason.kind);
        }
        for (date, kinds) in &reasons {
            let stays = kinds.iter().filter(|kind| **kind == Kind::Stay).count();
            assert!(stays <= 1 && (stays == 0 || !kinds.contains(&Kind::Block)), "{date}: {kinds:?}");
        }
        let nights = night::Entity::find().all(db).await.unwrap();
        let counted: BTreeMap<_, _> =
            nights.iter().map(|night| (night.night, usize::try_from(night.reasons).unwrap())).collect();
        assert_eq!(counted, reasons.iter().map(|(date, kinds)| (*date, kinds.len())).collect::<BTreeMap<_, _>>());
    }
}
