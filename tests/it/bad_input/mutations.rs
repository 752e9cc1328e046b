//! Every input of every mutation, taken from the schema, with values of every kind that must not pass: each is refused
//! with a typed error that names the field, and nothing is written. What a value means is the affair of `meaning`.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{BaseType, Type, TypeKind};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    both,
    shape::sdl::{Sdl, base},
    support::{ListingAsk, Person, World, disputes, people::in_days, refunds},
};

/// Whoever guesses learns nothing of what was wrong: any field of the input may be named.
const OPAQUE: [&str; 3] = ["signIn", "verifyEmail", "refreshSession"];

/// Inputs for which an id of somebody else is right.
const OF_OTHERS: [&str; 6] = [
    "createQuote.listingId",
    "saveListing.listingId",
    "moderateListing.listingId",
    "refundBooking.bookingId",
    "resolveDispute.disputeId",
    "sandboxCloseChargeback.disputeId",
];

/// Numbers that may be negative.
const SIGNED: [&str; 2] = ["latitudeE6", "longitudeE6"];

/// A value to put at a place of an input, and whether it must be refused.
struct Bad {
    value: Value,
    must: bool,
}

both! {
    async fn every_field_of_every_mutation_refuses_what_is_not_right(world: World) {
        let schema = Sdl::read();
        let actor = world.host("Mia").await;
        let other = world.host("Olaf").await;
        let guest = world.guest("Greta").await;
        let strangers = things(world, &other, &guest).await;
        let inputs = inputs(world, &actor, &guest).await;
        // What comes a moment after a booking has come, and is nobody's answer.
        world.advance(TimeDelta::minutes(1)).await;
        let covered: BTreeSet<_> = inputs.iter().map(|(mutation, _, _)| *mutation).collect();
        let mut wrong = Vec::new();
        for field in schema.fields("Mutation") {
            let name = field.name.node.as_str();
            assert!(field.arguments.is_empty() || covered.contains(name), "give {name} an input in inputs()");
        }

        for (mutation, person, good) in &inputs {
            let field = schema.fields("Mutation").into_iter().find(|field| field.name.node == *mutation).unwrap();
            let ty = base(&field.arguments[0].node.ty.node).to_owned();
            let document = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ errors {{ message path }} }} }}");
            let mut places = Vec::new();
            walk(&schema, &ty, good, &mut Vec::new(), &mut places);
            world.settle().await;
            let before = rows(world).await;
            let mut later = Vec::new();
            for (path, ty) in places {
                for bad in bad_values(&schema, mutation, &path, &ty, &strangers) {
                    let input = with(good, &path, bad.value);
                    if bad.must {
                        let answer = person.send(&document, json!({ "input": input })).await.1;
                        if let Err(why) = judged(mutation, &path, &answer) {
                            let sent = shortened(&input_at(&input, &path));
                            wrong.push(format!("{mutation} {}: {sent}: {why}: {}", path.join("."), shortened(&answer)));
                        }
                    } else {
                        later.push((path.clone(), input));
                    }
                }
            }
            let after = rows(world).await;
            if before != after {
                let differ: Vec<_> = before.iter().filter(|(table, said)| after[*table] != **said).map(|(table, _)| table).collect();
                wrong.push(format!("{mutation}: refused, and yet something was written: {differ:?}"));
            }
            // What may pass only has to be answered properly.
            for (path, input) in later {
                let answer = person.send(&document, json!({ "input": input })).await.1;
                let code = answer["errors"][0]["extensions"]["code"].as_str();
                if !matches!(code, None | Some("BAD_USER_INPUT" | "NOT_FOUND")) {
                    let sent = shortened(&input_at(&input, &path));
                    wrong.push(format!("{mutation} {}: {sent}: {}", path.join("."), shortened(&answer)));
                }
            }
        }
        assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// Whether an answer refuses the value at `path`, by name.
fn judged(mutation: &str, path: &[String], answer: &Value) -> Result<(), &'static str> {
    // An amount is named by its price, a date by its range; `fields` names nothing.
    let is_name = |step: &&String| (*step != "fields" || path.len() == 1) && step.parse::<usize>().is_err();
    let names = |text: &str| path.iter().filter(is_name).any(|step| text.contains(step.as_str()));
    if let Some(errors) = answer["errors"].as_array() {
        return match errors[0]["extensions"]["code"].as_str() {
            Some("NOT_FOUND") => Ok(()),
            Some("BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED") => {
                let text = format!("{}{}", errors[0]["message"], errors[0]["extensions"]["field"]);
                if names(&text) { Ok(()) } else { Err("the field is not named") }
            }
            _ => Err("this is no typed error"),
        };
    }
    let errors = answer["data"][mutation]["errors"].as_array().ok_or("there is no payload")?;
    if errors.is_empty() {
        return Err("it was accepted");
    }
    let named = errors.iter().any(|error| names(&error["path"].to_string()));
    if named || OPAQUE.contains(&mutation) { Ok(()) } else { Err("the field is not named") }
}

/// Every place of an input: leaves, lists and objects, each with its type.
fn walk(schema: &Sdl, ty: &str, good: &Value, at: &mut Vec<String>, places: &mut Vec<(Vec<String>, Type)>) {
    for field in schema.input_fields(ty) {
        let name = field.name.node.to_string();
        let here = &good[&name];
        at.push(name);
        assert!(!here.is_null(), "give {} a value in inputs()", at.join("."));
        places.push((at.clone(), field.ty.node.clone()));
        let below = base(&field.ty.node);
        if !schema.input_fields(below).is_empty() {
            match here {
                Value::Array(items) => {
                    at.push("0".to_owned());
                    walk(schema, below, &items[0], at, places);
                    at.pop();
                }
                here => walk(schema, below, here, at, places),
            }
        }
        at.pop();
    }
}

fn bad_values(
    schema: &Sdl,
    mutation: &str,
    path: &[String],
    ty: &Type,
    strangers: &BTreeMap<&str, String>,
) -> Vec<Bad> {
    let must = |value: Value| Bad { value, must: true };
    let may = |value: Value| Bad { value, must: false };
    let mut bad = Vec::new();
    if !ty.nullable {
        bad.push(must(Value::Null));
    }
    if let BaseType::List(item) = &ty.base {
        let one =
            if schema.input_fields(base(item)).is_empty() { json!("x") } else { json!({ "nonsense": 1 }) };
        bad.push(must(json!(vec![one.clone(); 251])));
        bad.push(must(json!([one])));
        bad.push(must(json!([null])));
        bad.push(may(json!([])));
        return bad;
    }
    let place = format!("{mutation}.{}", path.join("."));
    let name = path.last().unwrap().as_str();
    let huge = "x".repeat(100_000);
    let wrong: &[Value] = match base(ty) {
        "ID" => {
            for text in ["", " ", "x", "lst_", "'; DROP TABLE booking; --", "\u{0}", huge.as_str()] {
                bad.push(must(json!(text)));
            }
            let kind = kind_of(name);
            bad.push(must(json!(format!("{kind}_{}", Uuid::now_v7().simple()))));
            let another = if kind == "usr" { "lst" } else { "usr" };
            bad.push(must(json!(format!("{another}_{}", Uuid::now_v7().simple()))));
            if !OF_OTHERS.contains(&place.as_str()) {
                bad.push(must(json!(strangers[kind])));
            }
            &[json!({}), json!(1.5), json!(true)]
        }
        "String" => {
            for text in [
                "",
                "   ",
                "🏡👩‍👩‍👧",
                "'; DROP TABLE booking; --",
                "<script>alert(1)</script>",
                "\u{202e}\u{200b}",
            ] {
                bad.push(may(json!(text)));
            }
            bad.push(must(json!(huge)));
            // A password may be of any characters.
            for text in ["zero\u{0}byte and more", "bell\u{7}and\u{1b}[31mescape"] {
                bad.push(Bad { value: json!(text), must: name != "password" });
            }
            &[json!(42), json!({}), json!([1])]
        }
        "Int" => {
            let negative = Bad { value: json!(-1), must: !SIGNED.contains(&name) };
            bad.push(negative);
            bad.push(may(json!(0)));
            &[json!(i32::MAX), json!(i32::MIN), json!(99_999_999_999_i64), json!(1.5), json!("7"), json!({})]
        }
        "Boolean" => &[json!("yes"), json!(1)],
        "Date" => &[
            json!("2026-13-01"),
            json!("2026-02-30"),
            json!("yesterday"),
            json!(""),
            json!(20_260_101),
            json!("99999-01-01"),
        ],
        "DateTime" => &[
            json!("noon"),
            json!("2026-01-01"),
            json!(1_700_000_000),
            json!("9999-12-31T23:59:59Z"),
            json!("0001-01-01T00:00:00Z"),
        ],
        "LocalTime" => &[json!("25:00"), json!("9 am"), json!(900), json!("")],
        "Decimal" => &[
            json!("NaN"),
            json!("Infinity"),
            json!("1e9"),
            json!("-5.00"),
            json!("1.2345"),
            json!("99999999999999999999"),
            json!("999999999999999999"),
            json!(12.5),
            json!(12),
            json!(""),
            json!("1,50"),
        ],
        "CurrencyCode" => {
            &[json!("XXX"), json!("euro"), json!(""), json!(978), json!("'; DROP TABLE booking; --")]
        }
        "CountryCode" => &[json!("Portugal"), json!("P1"), json!("ZZ"), json!(""), json!(620)],
        "Upload" => &[json!("x"), json!(""), json!("#file:0"), json!("#file:-1"), json!(0), json!({})],
        "URL" => {
            bad.push(must(json!(format!("https://example.org/{huge}"))));
            &[
                json!(""),
                json!("example.org/a.ics"),
                json!("mailto:a@example.org"),
                json!("javascript:alert(1)"),
                json!("file:///etc/passwd"),
                json!("ftp://example.org/a.ics"),
                json!("http://"),
                json!(42),
            ]
        }
        "TimeZone" => &[json!("Mars/Olympus"), json!(""), json!(1), json!("../../etc/passwd")],
        other => match schema.types.get(other).map(|ty| &ty.kind) {
            Some(TypeKind::Enum(_)) => &[json!("NONSENSE"), json!(1), json!("")],
            Some(TypeKind::InputObject(_)) => &[json!("text"), json!([1]), json!({ "nonsense": 1 })],
            _ => panic!("say in bad_values() what is wrong for a {other}"),
        },
    };
    bad.extend(wrong.iter().cloned().map(must));
    bad
}

/// The prefix of the ids that a field takes.
fn kind_of(field: &str) -> &'static str {
    match field {
        "listingId" => "lst",
        "uploadId" => "upl",
        "photoId" => "pho",
        "quoteId" => "quo",
        "bookingId" => "bkg",
        "changeId" => "bch",
        "paymentId" => "pay",
        "sessionId" => "ses",
        "feedId" => "fed",
        "upto" => "ntf",
        "wishlistId" => "wsh",
        "disputeId" => "dsp",
        "insteadOf" => "rfd",
        other => panic!("say in kind_of() what {other} names"),
    }
}

/// What belongs to somebody else, by the prefix of its id.
async fn things(world: &World, host: &Person, guest: &Person) -> BTreeMap<&'static str, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let listing = host.listing(&ListingAsk::default()).await;
    let photo = host
        .get("query($id: ID!) { listing(by: { id: $id }) { photos { id } } }", json!({ "id": listing }))
        .await;
    let booking = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
    let held = guest.hold(&listing, in_days(world, 30), 2).await;
    let quote = guest.quote(&listing, in_days(world, 40), 2).await;
    let viewer =
        guest.get("{ viewer { notifications { nodes { id } } sessions { nodes { id } } } }", json!({})).await;
    let feed = feed(host, &listing).await;
    let dispute = disputes::open(world, &guest.id, &booking).await;
    BTreeMap::from([
        ("rfd", refunds::failed(world, &booking).await),
        ("dsp", dispute),
        ("fed", feed),
        ("lst", listing),
        ("upl", host.upload().await),
        ("pho", text(&photo["photos"][0]["id"])),
        ("quo", text(&quote["quote"]["id"])),
        ("bch", guest.proposed(&booking, in_days(world, 20), 3).await),
        ("bkg", booking),
        ("pay", text(&held["payment"]["id"])),
        ("ntf", text(&viewer["notifications"]["nodes"][0]["id"])),
        ("ses", text(&viewer["sessions"]["nodes"][0]["id"])),
        ("wsh", wishlist(host).await),
    ])
}

/// A wish list of somebody.
async fn wishlist(of: &Person) -> String {
    let list = of
        .done(
            "mutation($input: CreateWishlistInput!) { createWishlist(input: $input) { wishlist { id } errors { code } } }",
            json!({ "name": "Seaside" }),
        )
        .await;
    list["wishlist"]["id"].as_str().unwrap().to_owned()
}

/// Two stays of a guest that wait for the host's answer.
async fn requests(world: &World, host: &Person, guest: &Person) -> [String; 2] {
    let listing = host.asked_first().await;
    [
        guest.requested(world, &listing, in_days(world, 20), 2).await,
        guest.requested(world, &listing, in_days(world, 30), 2).await,
    ]
}

/// A feed that nobody answers.
async fn feed(host: &Person, listing: &str) -> String {
    let added = host
        .done(
            "mutation($input: AddCalendarFeedInput!) { addCalendarFeed(input: $input) { feed { id } errors { code } } }",
            json!({ "listingId": listing, "name": "Elsewhere", "url": "http://127.0.0.1:1/a.ics" }),
        )
        .await;
    added["feed"]["id"].as_str().unwrap().to_owned()
}

/// An input of each mutation with every field given, that is right but for what a test puts into it; and who sends it.
async fn inputs(world: &World, host: &Person, neighbour: &Person) -> Vec<(&'static str, Person, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let guest = world.guest("Gustavo").await;
    let admin = world.admin("Ada").await;
    let ask = ListingAsk::default();
    let (listing, place, draft) =
        (host.listing(&ask).await, host.listing(&ask).await, host.draft(&ask).await);
    let photo = host
        .get("query($id: ID!) { listing(by: { id: $id }) { photos { id } } }", json!({ "id": listing }))
        .await;
    let photo = text(&photo["photos"][0]["id"]);
    let booking = guest.confirmed(world, &place, in_days(world, 20), 2).await;
    let paid = guest.confirmed(world, &place, in_days(world, 70), 2).await;
    let (first, second) = (
        guest.confirmed(world, &place, in_days(world, 80), 2).await,
        guest.confirmed(world, &place, in_days(world, 90), 2).await,
    );
    let asked = host.proposed(&first, in_days(world, 80), 1).await;
    let own = guest.proposed(&second, in_days(world, 90), 1).await;
    let held = guest.hold(&place, in_days(world, 30), 2).await;
    let quote = guest.quote(&place, in_days(world, 40), 2).await;
    let requests = requests(world, host, &guest).await;
    let feed = feed(host, &listing).await;
    let viewer =
        guest.get("{ viewer { notifications { nodes { id } } sessions { nodes { id } } } }", json!({})).await;
    let wishlist = wishlist(&guest).await;
    let argued = disputes::open(world, &guest.id, &paid).await;
    let answered = disputes::answered(world, &guest.id, &paid).await;
    let day = |n| in_days(world, n).to_string();
    let euro = |amount: &str| json!({ "amount": amount, "currencyCode": "EUR" });
    let range = |from, to| json!([{ "first": day(from), "last": day(to) }]);
    let fields = json!({
        "title": "A home for a test", "description": "Light, quiet, and of no further interest.",
        "propertyType": "HOUSE", "roomType": "ENTIRE_PLACE", "street": "Rua Nova 1", "postalCode": "1200",
        "city": "Lisbon", "region": "Lisboa", "country": "PT", "latitudeE6": 38_710_000, "longitudeE6": -9_140_000,
        "timeZone": "Europe/Lisbon", "bedrooms": 1, "beds": 1, "halfBathrooms": 2, "maxGuests": 2,
        "amenities": ["WIFI"], "houseRules": "None.", "checkInTime": "15:00", "checkOutTime": "11:00",
        "checkInInstructions": "Ring twice.", "cancellationPolicy": "FLEXIBLE", "instantBook": true,
    });
    let by_host = |mutation, input| (mutation, host.clone(), input);
    let by_guest = |mutation, input| (mutation, guest.clone(), input);
    let by_neighbour = |mutation, input| (mutation, neighbour.clone(), input);
    let password = crate::support::people::PASSWORD;
    vec![
        by_host("createListing", json!({ "currencyCode": "EUR", "fields": fields })),
        by_host("updateListing", json!({ "listingId": draft, "fields": fields })),
        by_host(
            "addListingPhotos",
            json!({ "listingId": draft, "photos": [{ "uploadId": host.upload().await, "caption": "Door" }] }),
        ),
        by_guest("uploadPicture", json!({ "file": "#file:0" })),
        by_host("reorderListingPhotos", json!({ "listingId": listing, "photoIds": [photo] })),
        by_host("removeListingPhoto", json!({ "photoId": photo })),
        by_host(
            "updateCalendar",
            json!({
                "listingId": listing, "block": range(100, 101), "open": range(110, 111),
                "minNights": 1, "maxNights": 30, "noticeDays": 0, "cutOffHour": 18, "windowMonths": 12,
                "preparationBefore": 1, "preparationAfter": 2, "closedToArrival": ["SATURDAY"],
                "closedToDeparture": ["SUNDAY"], "weekdayNights": [{ "weekday": "FRIDAY", "min": 2, "max": 9 }],
                "rangeNights": [{ "first": day(120), "last": day(130), "min": 3, "max": 20 }],
            }),
        ),
        by_host(
            "addCalendarFeed",
            json!({ "listingId": listing, "name": "Elsewhere", "url": "http://127.0.0.1:1/b.ics" }),
        ),
        by_host("refreshCalendarFeed", json!({ "feedId": feed })),
        by_host("removeCalendarFeed", json!({ "feedId": feed })),
        by_host("rotateCalendarExport", json!({ "listingId": listing })),
        by_host(
            "updatePricing",
            json!({
                "listingId": listing, "nightly": euro("100.00"), "weekend": euro("120.00"), "cleaningFee": euro("20.00"),
                "extraGuestFee": euro("5.00"), "guestsIncluded": 2, "petFee": euro("10.00"), "weeklyDiscount": 500,
                "monthlyDiscount": 1_000, "nonRefundable": true,
                "overrides": [{ "firstNight": day(200), "lastNight": day(201), "nightly": euro("150.00") }],
            }),
        ),
        by_host("publishListing", json!({ "listingId": draft })),
        by_host("pauseListing", json!({ "listingId": listing })),
        by_host("deleteListing", json!({ "listingId": draft })),
        by_host("archiveListing", json!({ "listingId": listing })),
        by_neighbour(
            "createQuote",
            json!({
                "listingId": place, "stay": { "checkIn": day(60), "checkOut": day(62) },
                "party": { "adults": 2, "children": 0, "infants": 0, "pets": 0 }, "ratePlan": "STANDARD", "currencyCode": "USD",
            }),
        ),
        by_guest("createBooking", json!({ "quoteId": text(&quote["quote"]["id"]), "idempotencyKey": "one" })),
        by_guest(
            "sandboxPay",
            json!({
                "paymentId": text(&held["payment"]["id"]), "card": "4242424242424242", "authentication": "SUCCEED",
                "idempotencyKey": "one",
            }),
        ),
        by_host("acceptBooking", json!({ "bookingId": requests[0], "idempotencyKey": "one" })),
        by_host("declineBooking", json!({ "bookingId": requests[1], "reason": "No reason" })),
        by_guest(
            "proposeBookingChange",
            json!({
                "bookingId": paid, "stay": { "checkIn": day(70), "checkOut": day(71) },
                "party": { "adults": 1, "children": 0, "infants": 0, "pets": 0 }, "note": "Hello", "idempotencyKey": "one",
            }),
        ),
        by_guest(
            "answerBookingChange",
            json!({ "changeId": asked, "accept": true, "reason": "No reason", "idempotencyKey": "one" }),
        ),
        by_guest("withdrawBookingChange", json!({ "changeId": own, "idempotencyKey": "one" })),
        by_guest(
            "cancelBooking",
            json!({ "bookingId": booking, "reason": "No reason", "idempotencyKey": "one" }),
        ),
        by_guest(
            "markNotificationsRead",
            json!({ "upto": text(&viewer["notifications"]["nodes"][0]["id"]) }),
        ),
        (
            "moderateListing",
            admin.clone(),
            json!({ "listingId": draft, "action": "REINSTATE", "reason": "All is well" }),
        ),
        (
            "refundBooking",
            admin.clone(),
            json!({
                "bookingId": paid, "amount": euro("10.00"), "reason": "Noise all night", "idempotencyKey": "one",
                "borneBy": { "host": euro("4.00"), "platform": euro("6.00"), "taxes": euro("0.00") }, "outOfBand": true,
                "insteadOf": refunds::failed(world, &paid).await,
            }),
        ),
        by_guest(
            "openDispute",
            json!({
                "bookingId": paid, "claim": "NOT_CLEAN", "amount": euro("10.00"), "text": "Dust",
                "uploadIds": [guest.upload().await],
            }),
        ),
        by_host(
            "answerDispute",
            json!({ "disputeId": argued, "text": "It was swept", "uploadIds": [host.upload().await] }),
        ),
        by_guest("withdrawDispute", json!({ "disputeId": argued })),
        (
            "resolveDispute",
            admin.clone(),
            json!({
                "disputeId": answered, "refund": euro("10.00"), "toHost": euro("5.00"), "reason": "Both have a point",
                "borneBy": { "host": euro("4.00"), "platform": euro("6.00"), "taxes": euro("0.00") },
                "idempotencyKey": "one",
            }),
        ),
        ("sandboxCloseChargeback", admin.clone(), json!({ "disputeId": answered, "outcome": "WON" })),
        (
            "updateSettings",
            admin.clone(),
            json!({
                "taxRules": [{ "country": "PT", "region": "Lisboa", "percent": 100, "perPersonNight": euro("2.00") }],
                "removeTaxRules": [{ "country": "ES", "region": "Catalonia" }], "reason": "A new law",
            }),
        ),
        by_host("startPayoutOnboarding", json!({ "country": "PT", "password": password, "replace": false })),
        by_guest("createWishlist", json!({ "name": "By the sea" })),
        by_guest("updateWishlist", json!({ "wishlistId": wishlist, "name": "By the sea", "shared": true })),
        by_guest("saveListing", json!({ "wishlistId": wishlist, "listingId": place })),
        by_guest("unsaveListing", json!({ "wishlistId": wishlist, "listingId": place })),
        by_guest("deleteWishlist", json!({ "wishlistId": wishlist })),
        by_guest("updateProfile", json!({ "displayName": "Gustavo", "bio": "Hello" })),
        by_guest("advanceClock", json!({ "to": "2001-01-01T00:00:00Z" })),
        by_guest(
            "signUp",
            json!({
                "email": "new@example.org", "password": password, "displayName": "New", "asHost": false,
            }),
        ),
        by_guest("verifyEmail", json!({ "token": "no token", "password": password })),
        by_guest("refreshSession", json!({ "refreshToken": "no token" })),
        by_guest("signIn", json!({ "email": "nobody@example.org", "password": password })),
        by_host("revokeSession", json!({ "sessionId": format!("ses_{}", Uuid::now_v7().simple()) })),
    ]
}

fn input_at(input: &Value, path: &[String]) -> Value {
    path.iter().fold(input.clone(), |value, step| match step.parse::<usize>() {
        Ok(index) => value[index].clone(),
        Err(_) => value[step].clone(),
    })
}

/// The input with another value at a place.
fn with(good: &Value, path: &[String], value: Value) -> Value {
    let mut input = good.clone();
    let mut at = &mut input;
    for step in path {
        at = match step.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[step],
        };
    }
    *at = value;
    input
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { text.chars().take(300).chain("…".chars()).collect() } else { text }
}

/// What each table says, all of it: its rows as text, in order, by their hash.
async fn rows(world: &World) -> BTreeMap<String, String> {
    let db = world.app.db.read();
    let backend = db.get_database_backend();
    let tables = match backend {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        _ => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    let tables = db.query_all_raw(Statement::from_string(backend, tables)).await.unwrap();
    let mut said = BTreeMap::new();
    for table in tables {
        let table: String = table.try_get("", "name").unwrap();
        if table.starts_with("sqlite_") {
            continue;
        }
        let rows = match backend {
            DbBackend::Sqlite => {
                let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                let columns = db.query_all_raw(Statement::from_string(backend, columns)).await.unwrap();
                let columns: Vec<String> = columns
                    .iter()
                    .map(|column| format!("quote(\"{}\")", column.try_get::<String>("", "name").unwrap()))
                    .collect();
                format!("SELECT {} AS said FROM \"{table}\"", columns.join(" || ',' || "))
            }
            _ => format!("SELECT whole::text AS said FROM \"{table}\" AS whole"),
        };
        let rows = db.query_all_raw(Statement::from_string(backend, rows)).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| row.try_get("", "said").unwrap()).collect();
        rows.sort_unstable();
        said.insert(table, hex::encode(Sha256::digest(rows.join("\n"))));
    }
    said
}
