//! How many SQL statements a list takes: as many for ten rows as for one. The numbers are printed: `--nocapture`.

use std::collections::BTreeSet;

use async_graphql::parser::types::BaseType;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};
use sojourn::{
    kernel::{Fault, Never, ReviewId},
    reviews::review,
};

use super::sdl::{Sdl, base};
use crate::{
    both,
    support::{Client, ListingAsk, Person, World, disputes, payouts, people::in_days, stripe},
};

both! {
    async fn a_list_takes_as_many_statements_for_ten_rows_as_for_one(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Greta").await;
        let admin = world.admin("Ada").await;
        let mut listings = Vec::new();
        for n in 0..10 {
            let listing = host.listing(&ListingAsk::default()).await;
            host.done(
                "mutation($input: AddListingPhotosInput!) { addListingPhotos(input: $input) { errors { code } } }",
                json!({ "listingId": listing, "photos": [{ "uploadId": host.upload().await }] }),
            )
            .await;
            let booking = guest.confirmed(world, &listing, in_days(world, 20 + n), 2).await;
            review(world, &host, &guest, &listing, &booking).await;
            world.stranger().done(
                "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }",
                json!({ "email": guest.email, "password": crate::support::people::PASSWORD }),
            )
            .await;
            host.done(
                "mutation($input: AddCalendarFeedInput!) { addCalendarFeed(input: $input) { errors { code } } }",
                json!({ "listingId": listing, "name": "Elsewhere", "url": "http://127.0.0.1:1/a.ics" }),
            )
            .await;
            listings.push(listing);
        }
        for n in 0..9 {
            let booking = guest.confirmed(world, &listings[0], in_days(world, 100 + 3 * n), 2).await;
            review(world, &host, &guest, &listings[0], &booking).await;
        }
        let viewer = guest.get("{ viewer { bookings { nodes { id } } notifications { nodes { id } } } }", json!({})).await;
        let ids = |list: &str| -> Vec<Value> {
            viewer[list]["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect()
        };
        let (bookings, notices) = (ids("bookings"), ids("notifications"));
        for booking in &bookings[..10] {
            let party = json!({ "bookingId": booking, "party": { "adults": 3 }, "idempotencyKey": booking });
            guest.done(crate::support::people::PROPOSE, party).await;
        }
        for booking in &bookings {
            payouts::payout(world, &host.id, booking.as_str().unwrap()).await;
            disputes::open(world, &guest.id, booking.as_str().unwrap()).await;
            admin.give_back(booking.as_str().unwrap(), "1.00").await;
        }
        stripe::send_nonsense(world, 10).await;
        let quotes = quotes(world, &guest, &listings).await;
        wishlists(&guest, &listings).await;

        let stranger = world.stranger();
        let stay = json!({ "checkIn": in_days(world, 60), "checkOut": in_days(world, 63) });
        let mut wrong = Vec::new();
        let of_roots = [
            (&stranger, "searchListings", "searchListings(first: $n) { totalCount nodes { id title nightlyPrice { amount } coverPhoto { url } } }"),
            (&stranger, "searchListings with a stay", "searchListings(first: $n, stay: $stay, filter: { place: \"Lisbon\" }) { nodes { id photos { url } host { displayName } } }"),
            (&stranger, "searchListings with totals and facets", "searchListings(first: $n, stay: $stay, filter: { near: { latitudeE6: 38710000, longitudeE6: -9140000, radiusMeters: 9000 }, totalMax: { amount: \"9000\", currencyCode: \"USD\" } }, sort: TOTAL_LOW, currency: \"JPY\") { totalCount edges { totalPrice { amount } matchedStay { checkIn } distanceMeters node { id } } facets { roomTypes { count } totals { count } } }"),
            (&stranger, "searchListings with flexible dates", "searchListings(first: $n, flexible: { from: \"2027-01-01\", to: \"2027-02-01\", weekend: true }, currency: \"JPY\") { edges { totalPrice { amount } matchedStay { checkIn } node { id } } }"),
            (&stranger, "searchListings with all that a card has not", "searchListings(first: $n) { nodes { description point { latitudeE6 } photos { url } host { displayName } calendarRules { minNights } reviews(first: 2) { totalCount pageInfo { hasNextPage } nodes { text author { displayName } } } } }"),
            (&stranger, "searchListings with quote and availability", "searchListings(first: $n) { nodes { quote(stay: $stay, party: {}) { total { amount } } availability(stay: $stay, party: {}) { isAvailable alternatives { checkIn } } calendar(from: \"2027-01-01\", to: \"2027-01-20\") { isAvailable } } }"),
            (&host, "searchListings as the host", "searchListings(first: $n) { nodes { address { street } pricing { nightly { amount } overrides { firstNight } } calendar(from: \"2027-01-01\", to: \"2027-01-20\") { reasons { kind booking { code } } } } }"),
            (&guest, "viewer.bookings", "viewer { bookings(first: $n) { totalCount nodes { code status viewerActions listing { title coverPhoto { url } } host { displayName } guest { displayName } payment { status clientSecret } timeline { kind actor { displayName } } address { street } refundPreview { total { amount } } } } }"),
            (&guest, "viewer.bookings with their changes", "viewer { bookings(first: $n) { nodes { payments { status } openChange { endsAt } changes { status proposedBy { displayName } price { lines { kind } } payment { clientSecret } } } } }"),
            (&guest, "viewer.bookings with what would come back", "viewer { bookings(first: $n) { nodes { refundSchedule { until preview { rule total { amount } penalty { amount } } } receipt { guestName hostName listingTitle payments { at amount { amount } } refunds { at } } } } }"),
            (&host, "viewer.hosting.listings", "viewer { hosting { listings(first: $n) { totalCount nodes { title status photos { url } nightlyPrice { amount } pricing { nightly { amount } overrides { firstNight } } host { displayName } calendarRules { minNights } reviews { totalCount } } } } }"),
            (&host, "viewer.hosting.listings with feeds", "viewer { hosting { listings(first: $n) { nodes { calendarExportUrl calendarFeeds { name problem { code } conflicts { summary } } calendarConflicts { nights feed { name } booking { code } } } } } }"),
            (&host, "viewer.hosting.reservations", "viewer { hosting { reservations(first: $n) { totalCount nodes { code listing { title } guest { displayName } payment { id } payout { status legs { status } } timeline { kind } address { street } } } } }"),
            (&host, "viewer.payouts", "viewer { payouts(first: $n) { totalCount nodes { status sent { amount } booking { code listing { title } guest { displayName } } legs { status amount { amount } } } } }"),
            (&guest, "viewer.disputes", "viewer { disputes(first: $n) { totalCount nodes { status text viewerActions openedBy { displayName } booking { code } photos { url } answerPhotos { url } decision { toHost { amount } } } } }"),
            (&guest, "viewer.bookings with what is argued about", "viewer { bookings(first: $n) { nodes { disputes { status photos { url } openedBy { displayName } } } } }"),
            (&admin, "admin.disputes", "admin { disputes(first: $n) { totalCount nodes { status problem evidence { guestName timeline { kind actor { displayName } } payments { at } refunds { at } ledger { account } price { lines { kind } } export } } } }"),
            (&admin, "admin.payouts", "admin { payouts(first: $n) { totalCount nodes { status host { displayName } legs { status } } } }"),
            (&admin, "admin.refunds", "admin { refunds(first: $n) { totalCount nodes { status bookingId worth { amount } amount { amount } } } }"),
            (&admin, "admin.stripeEvents", "admin { stripeEvents(first: $n) { totalCount nodes { kind problem raw } } }"),
            (&guest, "viewer.notifications", "viewer { notifications(first: $n) { totalCount nodes { title booking { code listing { title } host { displayName } } } } }"),
            (&guest, "viewer.wishlists", "viewer { wishlists(first: $n) { totalCount nodes { name shareLink owner { displayName } listings(first: 2) { totalCount nodes { title isSaved nightlyPrice { amount } } } } } }"),
            (&guest, "wishlist.listings", "viewer { wishlists(last: 1) { nodes { listings(first: $n) { totalCount nodes { title isSaved coverPhoto { url } } } } } }"),
            (&stranger, "searchListings with what is like it", "searchListings(first: $n) { nodes { similar(first: 2) { id title } } }"),
            (&guest, "searchListings with what is saved", "searchListings(first: $n) { nodes { title isSaved ratePlans } }"),
            (&guest, "viewer.sessions", "viewer { sessions(first: $n) { totalCount nodes { device isCurrent } } }"),
            (&stranger, "searchListings with the lists of each place", "searchListings(first: $n, stay: $stay) { nodes { amenities { code } calendarRules { weekdayNights { weekday } rangeNights { first } } quote(stay: $stay, party: {}) { lines { kind } nightly { amount } } availability(stay: $stay, party: {}) { violations { code } } } facets { amenities { code } bedrooms { count } nightPrices { count } propertyTypes { count } } }"),
            (&guest, "viewer.bookings line by line", "viewer { bookings(first: $n) { nodes { price { lines { kind } } refundPreview { lines { kind } kept { kind } } } } }"),
        ];
        let of_one = [
            (&stranger, "listing.reviews", "listing(by: { id: $id }) { reviews(first: $n) { totalCount nodes { text author { displayName } } } }"),
            (&stranger, "listing.photos", "listing(by: { id: $id }) { photos(first: $n) { url } }"),
        ];
        let documents = of_roots.iter().map(|(_, _, query)| format!("query($n: Int, $stay: StayInput!) {{ {query} }}"));
        let documents = documents.chain(of_one.iter().map(|(_, _, query)| format!("query($id: ID!, $n: Int!) {{ {query} }}")));
        every_list_has_a_line(documents);
        for (who, what, query) in of_roots {
            let query = format!("query($n: Int, $stay: StayInput!) {{ {query} rateLimit {{ cost }} s: searchListings(first: 0, stay: $stay) {{ nodes {{ id }} }} }}");
            let of = async |n: usize| count(world, who, &query, json!({ "n": n, "stay": stay })).await;
            compare(what, of(1).await, of(10).await, &mut wrong);
        }
        for (who, what, query) in of_one {
            let query = format!("query($id: ID!, $n: Int!) {{ {query} }}");
            let of = async |n: usize| count(world, who, &query, json!({ "id": listings[0], "n": n })).await;
            compare(what, of(1).await, of(10).await, &mut wrong);
        }
        let listings: Vec<Value> = listings.iter().map(|id| json!(id)).collect();
        for (who, what, ids, fields) in [
            (&stranger, "nodes of listings", &listings, "... on Listing { title host { displayName } photos { url } }"),
            (&guest, "nodes of bookings", &bookings, "... on Booking { code listing { title } payment { status } timeline { kind } }"),
            (&guest, "nodes of notices", &notices, "... on Notification { title booking { code } }"),
            (&guest, "nodes of quotes", &quotes, "... on Quote { total { amount } listing { title } }"),
        ] {
            assert!(ids.len() >= 10, "{what}: {}", ids.len());
            let query = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {fields} }} }}");
            let of = async |n: usize| count(world, who, &query, json!({ "ids": ids[..n] })).await;
            compare(what, of(1).await, of(10).await, &mut wrong);
        }
        assert!(wrong.is_empty(), "lists that ask again for each row:\n{}", wrong.join("\n"));
    }
}

/// Lists of objects that are not counted, each with the reason.
const UNCOUNTED: &[(&str, &str)] = &[
    ("Admin.ledger", "rows without a link, of one booking"),
    ("AddListingPhotosPayload.photos", "an answer to a mutation: the rows were just written"),
    ("BookingChangeError.violations", "worked out from what was read"),
    ("BookingError.alternatives", "worked out from nights that were read"),
    ("PricingError.ranges", "what the host has sent"),
    ("Query.amenities", "the catalogue is part of the program"),
    ("Query.currencies", "the catalogue is part of the program"),
    ("Query.nodes", "counted below, for each kind"),
    ("ReorderListingPhotosPayload.photos", "an answer to a mutation: the rows were just written"),
    ("RefundBookingPayload.refunds", "an answer to a mutation: the rows were just written"),
    ("Settings.taxRules", "rows without a link, and all there are"),
];

/// Each field that gives a list or a connection of objects is asked for by one of the documents, or known to be none.
fn every_list_has_a_line(documents: impl Iterator<Item = String>) {
    let schema = Sdl::read();
    let asked: BTreeSet<_> = documents.flat_map(|document| schema.asked(&document)).collect();
    let mut missing = Vec::new();
    for ty in schema.types.keys() {
        for field in schema.fields(ty) {
            let (name, of) = (format!("{ty}.{}", field.name.node), base(&field.ty.node));
            let is_list = matches!(field.ty.node.base, BaseType::List(_)) || of.ends_with("Connection");
            // Nodes and edges come with their connection; errors are few, and ours.
            let comes_along = ty.ends_with("Connection") || field.name.node == "errors";
            let known = UNCOUNTED.iter().any(|(uncounted, _)| *uncounted == name);
            if is_list && schema.is_composite(of) && !comes_along && asked.contains(&name) == known {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "a line for each, or a reason (not both): {missing:?}");
    let gone: Vec<_> = UNCOUNTED.iter().filter(|(name, _)| !is_there(&schema, name)).collect();
    assert!(gone.is_empty(), "these are no more: {gone:?}");
}

fn is_there(schema: &Sdl, name: &str) -> bool {
    let Some((ty, field)) = name.split_once('.') else { return false };
    schema.types.contains_key(ty) && schema.fields(ty).iter().any(|one| one.name.node == field)
}

fn compare(what: &str, one: (u64, u64), ten: (u64, u64), wrong: &mut Vec<String>) {
    let said = format!("{what}: {} to {} statements for 1 row, {} to {} for 10", one.0, one.1, ten.0, ten.1);
    println!("{said}");
    if ten.0 > one.1 {
        wrong.push(said);
    }
}

/// The fewest and the most statements of some tries: now and then a session's standing is looked at on the way, and
/// two questions of different levels happen to be asked at once.
async fn count(world: &World, who: &Client, query: &str, variables: Value) -> (u64, u64) {
    let (mut fewest, mut most) = (u64::MAX, 0);
    for _ in 0..4 {
        let (statements, _) = world.statements(who.ask(query, variables.clone())).await;
        (fewest, most) = (fewest.min(statements), most.max(statements));
    }
    (fewest, most)
}

/// There is no other way yet to write a review.
async fn review(world: &World, host: &Person, guest: &Person, listing: &str, booking: &str) {
    let row = review::Model {
        id: ReviewId::new(),
        booking_id: booking.parse().unwrap(),
        listing_id: listing.parse().unwrap(),
        author_id: guest.id.parse().unwrap(),
        subject_id: host.id.parse().unwrap(),
        side: review::Side::Guest,
        overall: 5,
        cleanliness: None,
        accuracy: None,
        check_in: None,
        communication: None,
        location: None,
        value: None,
        text: "Lovely".into(),
        private_note: String::new(),
        submitted_at: world.now(),
        released_at: Some(world.now()),
    };
    let row = review::ActiveModel { id: Set(row.id), ..row.into_active_model().reset_all() };
    let stored = world.app.db.write(|tx| {
        let row = row.clone();
        async move { Ok::<_, Fault<Never>>(row.insert(&*tx).await.map(|_| ())?) }
    });
    stored.await.unwrap();
}

/// Ten quotes of a guest.
async fn quotes(world: &World, guest: &Person, listings: &[String]) -> Vec<Value> {
    let mut quotes = Vec::new();
    for listing in listings {
        quotes.push(guest.quote(listing, in_days(world, 80), 2).await["quote"]["id"].clone());
    }
    quotes
}

/// Ten wish lists of a guest, each with all the listings.
async fn wishlists(guest: &Person, listings: &[String]) {
    for n in 0..10 {
        let list = guest
            .done(
                "mutation($input: CreateWishlistInput!) { createWishlist(input: $input) { wishlist { id } errors { code } } }",
                json!({ "name": format!("List {n}") }),
            )
            .await;
        for listing in listings {
            guest
                .done(
                    "mutation($input: SaveListingInput!) { saveListing(input: $input) { errors { code } } }",
                    json!({ "wishlistId": list["wishlist"]["id"], "listingId": listing }),
                )
                .await;
        }
    }
}
