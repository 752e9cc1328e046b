//! The main job, from signing up to cancelling, over the public API: a guest books a host's place, pays, and both are
//! told, live.

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    both,
    support::{ListingAsk, people::in_days},
};

const NOTICES: &str = "subscription { notificationReceived { id kind title booking { id status } } }";

both! {
    async fn a_guest_books_a_stay(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;

        // Found by place, dates, guests, price and amenities.
        let check_in = in_days(world, 40);
        let found = world.stranger().get(
            "query($stay: StayInput!, $filter: SearchFilterInput!) {
               searchListings(filter: $filter, stay: $stay, first: 10) { totalCount nodes { id title nightlyPrice { amount } coverPhoto { url } } } }",
            json!({
                "stay": { "checkIn": check_in, "checkOut": in_days(world, 43) },
                "filter": { "place": "Lisbon, Portugal", "guests": 2, "amenities": ["WIFI"],
                            "priceMax": { "amount": "120.00", "currencyCode": "EUR" } },
            }),
        ).await;
        assert_eq!(found["totalCount"], 1);
        assert_eq!(found["nodes"][0]["id"], json!(listing));

        // Looked at: photos, host, quote and availability.
        let page = world.stranger().get(
            "query($id: ID!, $stay: StayInput!) { listing(by: { id: $id }) {
               title photos { url(width: 320) blurhash } host { displayName } address { street }
               quote(stay: $stay, party: { adults: 2 }) { total { amount } lines { kind } }
               availability(stay: $stay, party: { adults: 2 }) { isAvailable } } }",
            json!({ "id": listing, "stay": { "checkIn": check_in, "checkOut": in_days(world, 43) } }),
        ).await;
        assert_eq!(page["host"]["displayName"], "Hanna");
        assert_eq!(page["address"], json!(null), "the exact address is not for strangers");
        assert_eq!(page["quote"]["total"]["amount"], "336.00");
        assert_eq!(page["availability"]["isAvailable"], true);
        let photo = page["photos"][0]["url"].as_str().unwrap().replace(&world.url, "");
        let photo = world.stranger().fetch(&photo).await;
        assert_eq!((photo.status().as_u16(), photo.headers()["content-type"].to_str().unwrap()), (200, "image/jpeg"));

        // Both listen.
        let mut guest_hears = guest.socket().await;
        guest_hears.subscribe(NOTICES, json!({})).await;
        let mut host_hears = host.socket().await;
        host_hears.subscribe(NOTICES, json!({})).await;

        // Quoted, booked, paid.
        let booked = guest.hold(&listing, check_in, 3).await;
        assert_eq!(booked["booking"]["status"], "PENDING_PAYMENT");
        assert_eq!(booked["booking"]["total"]["amount"], "336.00");
        assert!(booked["payment"]["clientSecret"].as_str().unwrap().starts_with("pi_"));
        let paid = guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242 4242 4242 4242").await;
        assert_eq!(paid["errors"], json!([]));

        // Both are told, live.
        let id = booked["booking"]["id"].clone();
        for hears in [&mut guest_hears, &mut host_hears] {
            let notice = hears.next().await;
            assert_eq!(notice["kind"], "BOOKING_CONFIRMED");
            assert_eq!(notice["booking"], json!({ "id": id, "status": "CONFIRMED" }));
        }
        let letters = world.letters(&guest.email).await;
        assert!(letters.iter().any(|letter| letter.subject.contains("is confirmed")));

        // In the trips of the guest and the reservations of the host, who both see where and who.
        let trips = guest.get("{ viewer { bookings { totalCount nodes { id address { street } listing { title } } } } }", json!({})).await;
        assert_eq!(trips["bookings"]["totalCount"], 1);
        assert_eq!(trips["bookings"]["nodes"][0]["address"]["street"], "Rua das Flores 7");
        let reservations = host.get("{ viewer { hosting { reservations { nodes { id guest { displayName } payment { id } } } } } }", json!({})).await;
        let reservation = &reservations["hosting"]["reservations"]["nodes"][0];
        assert_eq!(reservation["guest"]["displayName"], "Gustavo");
        assert_eq!(reservation["payment"], json!(null), "what the guest pays with is not the host's business");

        // The nights are no longer for sale.
        let again = world.guest("Greta").await.quote(&listing, check_in, 2).await;
        assert_eq!(again["errors"][0]["code"], "NOT_AVAILABLE");

        // Cancelled early: all of it comes back, and the nights are free.
        let id = id.as_str().unwrap();
        let preview = guest.booking(id).await["refundPreview"]["total"]["amount"].clone();
        let cancelled = guest.done(
            "mutation($input: CancelBookingInput!) { cancelBooking(input: $input) { booking { status } errors { code message } } }",
            json!({ "bookingId": id, "reason": "A wedding at home", "idempotencyKey": "cancel-1" }),
        ).await;
        assert_eq!(cancelled["booking"]["status"], "CANCELLED");
        assert_eq!(guest_hears.next().await["kind"], "BOOKING_CANCELLED");
        world.settle().await;
        let after = guest.booking(id).await;
        assert_eq!((&after["payment"]["refunded"]["amount"], preview.as_str()), (&json!("336.00"), Some("336.00")));
        assert_eq!(guest.quote(&listing, check_in, 3).await["errors"], json!([]));
    }
}

both! {
    async fn a_hold_that_is_not_paid_frees_its_nights(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let check_in = in_days(world, 10);
        let booked = guest.hold(&listing, check_in, 2).await;
        let id = booked["booking"]["id"].as_str().unwrap();

        world.advance(TimeDelta::minutes(16)).await;

        assert_eq!(guest.booking(id).await["status"], "EXPIRED");
        let other = world.guest("Greta").await;
        other.confirmed(world, &listing, check_in, 2).await;
        // The payment of the lost hold can't be made any more.
        let paid = guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
        assert_eq!(paid["errors"][0]["code"], "NOT_PAYABLE");
    }
}
