//! The matrix of rights: every thing, by every way there is, for everybody. What is expected stands in `rights.txt`.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{
    Positioned,
    parser::{
        parse_query,
        types::{ConstDirective, DocumentOperations, Selection},
    },
};
use sea_orm::{ActiveValue, EntityTrait};
use serde_json::{Value, json};
use sojourn::{
    accounts::user,
    kernel::{Fault, Never, UploadId},
    search,
    server::open,
};
use uuid::Uuid;

use super::sdl::{Sdl, root_of};
use crate::{
    both,
    support::{
        Client, ListingAsk, Person, disputes, payouts,
        people::{PASSWORD, in_days},
        socket::Socket,
        stripe,
    },
};

const COLUMNS: [&str; 8] =
    ["stranger", "guest", "other", "host", "other_host", "suspended", "unverified", "admin"];

/// A block of the file.
#[derive(Debug)]
struct Row {
    kind: &'static str,
    title: &'static str,
    document: String,
    sees: &'static str,
    expected: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let text = include_str!("rights.txt");
    let blocks = text.split("\n\n").map(|block| {
        block.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect::<Vec<_>>()
    });
    let row = |lines: Vec<&'static str>| {
        let (kind, title) = lines[0].split_once(' ').unwrap();
        assert!(["thing", "part", "do"].contains(&kind), "{}", lines[0]);
        let expected: Vec<_> = lines[lines.len() - 1].split_whitespace().collect();
        assert_eq!(expected.len(), COLUMNS.len(), "{title} has an outcome for each column");
        let sees = lines[lines.len() - 2].strip_prefix("sees ");
        assert_eq!(sees.is_some(), kind != "do", "{title} says what is to be seen");
        let end = lines.len() - 1 - usize::from(sees.is_some());
        Row { kind, title, document: lines[1..end].join("\n"), sees: sees.unwrap_or_default(), expected }
    };
    blocks.filter(|lines| !lines.is_empty()).map(row).collect()
}

#[test]
fn the_matrix_covers_every_root_field_and_every_private_field() {
    let mut roots = BTreeSet::new();
    for row in rows() {
        let parsed = parse_query(&row.document).unwrap();
        let DocumentOperations::Single(operation) = parsed.operations else { panic!("{}", row.title) };
        let root = root_of(operation.node.ty);
        for selection in &operation.node.selection_set.node.items {
            let Selection::Field(field) = &selection.node else { panic!("{}", row.title) };
            roots.insert(format!("{root}.{}", field.node.name.node));
        }
    }
    let schema = Sdl::read();
    let uncovered: Vec<_> = schema
        .roots()
        .into_iter()
        .map(|(root, field)| format!("{root}.{}", field.name.node))
        .filter(|field| !roots.contains(field))
        .collect();
    assert_eq!(uncovered, [] as [String; 0], "write a row in rights.txt for each");

    let asked: BTreeSet<_> = rows().iter().flat_map(|row| schema.asked(&row.document)).collect();
    for (ty, definition) in &schema.types {
        if ["Query", "Mutation", "Subscription"].contains(&ty.as_str()) {
            continue;
        }
        for field in schema.fields(ty) {
            let name = format!("{ty}.{}", field.name.node);
            let is_asked = asked.contains(&name);
            assert!(!is_private(&field.directives) || is_asked, "write a row in rights.txt for {name}");
        }
        let met = asked
            .iter()
            .any(|field| field.strip_prefix(ty.as_str()).is_some_and(|rest| rest.starts_with('.')));
        assert!(!is_private(&definition.directives) || met, "write a row in rights.txt that meets a {ty}");
    }
}

fn is_private(directives: &[Positioned<ConstDirective>]) -> bool {
    directives.iter().any(|directive| {
        let rule = directive.node.get_argument("requires").map(|rule| rule.node.to_string());
        directive.node.name.node == "rule" && rule.as_deref() != Some("PUBLIC")
    })
}

type Names = BTreeMap<&'static str, String>;

both! {
    async fn everybody_meets_exactly_what_the_rules_say(world: World) {
        let cast = Cast::assemble(world).await;
        let mut sockets: BTreeMap<&str, Socket> = BTreeMap::new();
        let mut wrong = Vec::new();
        for row in rows() {
            for (column, expected) in COLUMNS.into_iter().zip(&row.expected) {
                let (client, names) = cast.of(column);
                let ask = filled(&row.document, names);
                let answer = answer(client, sockets.entry(column), &ask).await;
                let met = outcome(&row, &filled(row.sees, names), &answer);
                if met != *expected {
                    wrong.push(format!("{} as {column}: expected {expected}, met {met}: {answer}", row.title));
                    continue;
                }
                let (nowhere, missing) = elsewhere(&row.document, names);
                if met == "missing" && row.kind != "part" && nowhere != ask {
                    let other = self::answer(client, sockets.entry(column), &nowhere).await;
                    let (answer, other) = (blank(&answer, names), blank(&other, &missing));
                    if answer != other {
                        wrong.push(format!(
                            "{} as {column}: somebody else's is told from none at all:\n{answer}\n{other}",
                            row.title
                        ));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// Everybody, and what each has.
struct Cast {
    people: BTreeMap<&'static str, (Client, Names)>,
}

impl Cast {
    fn of(&self, column: &str) -> (&Client, &Names) {
        let (client, names) = &self.people[column];
        (client, names)
    }

    async fn assemble(world: &crate::support::World) -> Self {
        let host = world.host("Hanna Host").await;
        let other_host = world.host("Piet Elsewhere").await;
        let guest = world.guest("Gustavo Guest").await;
        let other = world.guest("Olga Other").await;
        let suspended = world.host("Sam Suspended").await;
        let unverified = world.host("Uma Unverified").await;

        let admin = world.admin("Ada Admin").await;

        stripe::send_nonsense(world, 1).await;
        let of_host = offered(world, &host, &admin).await;
        let stays = [of_host["listing"].as_str(), of_host["paused"].as_str()];
        let mut names = booked(world, &guest, stays, 10).await;
        let mut of_suspended = booked(world, &suspended, stays, 50).await;
        let mut of_unverified = booked(world, &unverified, stays, 90).await;
        pause(&host, stays[1]).await;
        names.extend(of_host);
        of_suspended.extend(offered(world, &suspended, &admin).await);
        pause(&suspended, &of_suspended["paused"]).await;
        of_unverified.extend(offered(world, &unverified, &admin).await);
        pause(&unverified, &of_unverified["paused"]).await;
        // What hosts are paid: Hanna for the guest's stay, the others for stays that they are shown through the API.
        for (names, owner, stay) in [
            (&mut names, &host, "booking"),
            (&mut of_suspended, &suspended, "there"),
            (&mut of_unverified, &unverified, "there"),
        ] {
            payouts::account(world, &owner.id).await;
            let paid = payouts::payout(world, &owner.id, &names[stay]).await;
            names.insert("payout", paid);
            // Argued about by the guest of the stay; Hanna is its host.
            let guest_of_it = if stay == "booking" { &guest } else { owner };
            let dispute = disputes::open(world, &guest_of_it.id, &names["booking"]).await;
            names.insert("dispute", dispute);
            // Something has gone back of it.
            admin.give_back(&names["booking"], "1.00").await;
        }
        for (names, owner) in
            [(&mut names, &host), (&mut of_suspended, &suspended), (&mut of_unverified, &unverified)]
        {
            names.insert("host", owner.id.clone());
        }
        let suspended_listing = of_suspended["listing"].clone();
        for names in [&mut names, &mut of_suspended, &mut of_unverified] {
            names.insert("user", guest.id.clone());
            names.insert("suspended", suspended.id.clone());
            names.insert("suspendedListing", suspended_listing.clone());
            names.insert("noUpload", UploadId::new().to_string());
            names.insert("from", in_days(world, 130).to_string());
            names.insert("to", in_days(world, 133).to_string());
        }

        // There is no other way yet to suspend somebody, and none at all to be signed in unverified.
        let now = world.now();
        judge(
            world,
            &suspended,
            user::ActiveModel { suspended_at: ActiveValue::Set(Some(now)), ..Default::default() },
        )
        .await;
        let unproven = user::ActiveModel { email_verified_at: ActiveValue::Set(None), ..Default::default() };
        judge(world, &unverified, unproven).await;

        let with = |person: &Person, names: &Names| (person.client.clone(), names.clone());
        let people = BTreeMap::from([
            ("stranger", (world.stranger(), names.clone())),
            ("guest", with(&guest, &names)),
            ("other", with(&other, &names)),
            ("host", with(&host, &names)),
            ("other_host", with(&other_host, &names)),
            ("suspended", with(&suspended, &of_suspended)),
            ("unverified", with(&unverified, &of_unverified)),
            ("admin", with(&admin, &names)),
        ]);
        Self { people }
    }
}

/// What a host has: a listing on sale, one that can be paused, a draft, one that an admin has suspended, one that is
/// archived; and what is no more: a draft and a feed.
async fn offered(world: &crate::support::World, host: &Person, admin: &Person) -> Names {
    let ask = ListingAsk::default();
    let (listing, paused, draft) =
        (host.listing(&ask).await, host.listing(&ask).await, host.draft(&ask).await);
    let barred = host.listing(&ask).await;
    let (archived, deleted) = (host.listing(&ask).await, host.draft(&ask).await);
    let suspend =
        json!({ "listingId": barred, "action": "SUSPEND", "reason": "The photos show another place" });
    admin
        .done(
            "mutation($input: ModerateListingInput!) { moderateListing(input: $input) { errors { code } } }",
            suspend,
        )
        .await;
    let fee = json!({ "listingId": listing, "cleaningFee": { "amount": "17.00", "currencyCode": "EUR" } });
    host.done(
        "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code } } }",
        fee,
    )
    .await;
    let (from, to) = (in_days(world, 200).to_string(), in_days(world, 201).to_string());
    let block = json!({ "listingId": listing, "block": [{ "first": from, "last": to }] });
    host.done(
        "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { errors { code } } }",
        block,
    )
    .await;
    let (feed, removed_feed) = (feed(host, &listing, "a").await, feed(host, &listing, "b").await);
    host.done(
        "mutation($input: CalendarFeedIdInput!) { removeCalendarFeed(input: $input) { errors { code } } }",
        json!({ "feedId": removed_feed }),
    )
    .await;
    let seen = host
        .ask(
            "query($listing: ID!, $draft: ID!, $archived: ID!, $deleted: ID!) {
               listing(by: { id: $listing }) { slug photos { id } } draft: listing(by: { id: $draft }) { slug }
               archived: listing(by: { id: $archived }) { slug } deleted: listing(by: { id: $deleted }) { slug } }",
            json!({ "listing": listing, "draft": draft, "archived": archived, "deleted": deleted }),
        )
        .await;
    for (mutation, id) in [("archiveListing", &archived), ("deleteListing", &deleted)] {
        let end = format!(
            "mutation($input: ListingIdInput!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
        );
        host.done(&end, json!({ "listingId": id })).await;
    }
    Names::from([
        ("slug", text(&seen["listing"]["slug"])),
        ("photo", text(&seen["listing"]["photos"][0]["id"])),
        ("draftSlug", text(&seen["draft"]["slug"])),
        ("archivedSlug", text(&seen["archived"]["slug"])),
        ("deletedSlug", text(&seen["deleted"]["slug"])),
        ("feed", feed),
        ("removedFeed", removed_feed),
        ("listing", listing),
        ("paused", paused),
        ("draft", draft),
        ("barred", barred),
        ("archived", archived),
        ("deleted", deleted),
        ("blockedFrom", from),
        ("blockedTo", to),
    ])
}

async fn feed(host: &Person, listing: &str, name: &str) -> String {
    let add = "mutation($input: AddCalendarFeedInput!) { addCalendarFeed(input: $input) { feed { id } errors { code } } }";
    let url = format!("http://127.0.0.1:1/{name}.ics");
    let added = host.done(add, json!({ "listingId": listing, "name": "Elsewhere", "url": url })).await;
    text(&added["feed"]["id"])
}

/// What a guest has: two stays to come, one unpaid, a quote, notices, two sessions, wish lists; and one list that is no
/// more.
async fn booked(world: &crate::support::World, guest: &Person, places: [&str; 2], day: u64) -> Names {
    let [listing, elsewhere] = places;
    let booking = guest.confirmed(world, listing, in_days(world, day), 2).await;
    let there = guest.confirmed(world, elsewhere, in_days(world, day + 10), 2).await;
    let change = guest.proposed(&booking, in_days(world, day), 3).await;
    let held = guest.hold(listing, in_days(world, day + 20), 2).await;
    let quote = guest.quote(listing, in_days(world, day + 25), 2).await;
    let session = guest.get("{ viewer { sessions { nodes { id } } } }", json!({})).await["sessions"]["nodes"]
        [0]["id"]
        .clone();
    let sign_in =
        "mutation($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } errors { code } } }";
    let second = world.stranger().done(sign_in, json!({ "email": guest.email, "password": PASSWORD })).await;
    let second = Client::new(&world.url, Some(text(&second["tokens"]["accessToken"])));
    let sessions = second.get("{ viewer { sessions { nodes { id isCurrent } } } }", json!({})).await;
    let spare = sessions["sessions"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["isCurrent"] == true)
        .unwrap();
    let seen = guest.get("{ viewer { notifications { nodes { id } } } }", json!({})).await;
    let code = guest.booking(&booking).await["code"].clone();
    let notices = seen["notifications"]["nodes"].as_array().unwrap();
    let private = wishlist(guest, false).await;
    let shared = wishlist(guest, true).await;
    let deleted = wishlist(guest, true).await;
    guest
        .done(
            "mutation($input: DeleteWishlistInput!) { deleteWishlist(input: $input) { errors { code } } }",
            json!({ "wishlistId": deleted["id"] }),
        )
        .await;
    Names::from([
        ("deletedWishlist", text(&deleted["id"])),
        ("deletedLink", text(&deleted["shareLink"])),
        ("wishlist", text(&private["id"])),
        ("sharedWishlist", text(&shared["id"])),
        ("link", text(&shared["shareLink"])),
        ("code", text(&code)),
        ("booking", booking),
        ("change", change),
        ("there", there),
        ("held", text(&held["booking"]["id"])),
        ("payment", text(&held["payment"]["id"])),
        ("quote", text(&quote["quote"]["id"])),
        ("session", text(&session)),
        ("spare", text(&spare["id"])),
        // Latest first.
        ("notice", text(&notices[notices.len() - 1]["id"])),
        ("laterNotice", text(&notices[notices.len() - 2]["id"])),
        ("email", guest.email.clone()),
    ])
}

async fn wishlist(of: &Person, shared: bool) -> Value {
    let create = "mutation($input: CreateWishlistInput!) { createWishlist(input: $input) { wishlist { id } errors { code } } }";
    let list = of.done(create, json!({ "name": "Seaside dreams" })).await;
    let update = "mutation($input: UpdateWishlistInput!) { updateWishlist(input: $input) { wishlist { id shareLink } errors { code } } }";
    of.done(update, json!({ "wishlistId": list["wishlist"]["id"], "shared": shared })).await["wishlist"]
        .clone()
}

async fn pause(host: &Person, listing: &str) {
    let pause = "mutation($input: ListingIdInput!) { pauseListing(input: $input) { errors { code } } }";
    host.done(pause, json!({ "listingId": listing })).await;
}

/// Changes a person behind the scenes, as an admin would, and what follows from it.
async fn judge(world: &crate::support::World, person: &Person, change: user::ActiveModel) {
    let app = &world.app;
    let sessions = person.get("{ viewer { sessions { nodes { id } } } }", json!({})).await;
    let listings = person.get("{ viewer { hosting { listings { nodes { id } } } } }", json!({})).await;
    let listings: Vec<_> = listings["hosting"]["listings"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["id"]))
        .collect();
    let id = person.id.parse().unwrap();
    let (secret, now) = (app.keys.derive(open::POINT_SECRET, b""), world.now());
    app.db
        .write(|tx| {
            let change = user::ActiveModel { id: ActiveValue::Unchanged(id), ..change.clone() };
            let listings = listings.clone();
            async move {
                user::Entity::update(change).exec(&*tx).await?;
                for listing in listings {
                    search::refresh(&tx, listing.parse().unwrap(), &secret, now).await?;
                }
                Ok::<_, Fault<Never>>(())
            }
        })
        .await
        .unwrap();
    for session in sessions["sessions"]["nodes"].as_array().unwrap() {
        app.gate.forget(text(&session["id"]).parse().unwrap()).await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The text with its `$names` filled in, the longest first, since `$draftSlug` begins like `$draft`.
fn filled(text: &str, names: &Names) -> String {
    let mut longest: Vec<_> = names.iter().collect();
    longest.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    longest.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
}

/// The same document about things that don't exist, and their names.
fn elsewhere(document: &str, names: &Names) -> (String, Names) {
    let fresh = |(name, value): (&&'static str, &String)| {
        let value = match (*name, value.split_once('_')) {
            ("listing" | "suspendedListing", _) => value.clone(),
            ("link" | "deletedLink", _) => "no-such-link-at-all".to_owned(),
            (_, Some((kind, _))) => format!("{kind}_{}", Uuid::now_v7().simple()),
            ("draftSlug" | "archivedSlug" | "deletedSlug", _) => "no-such-place-at-all".to_owned(),
            ("code", _) => "ABCDEFGHJK".to_owned(),
            _ => value.clone(),
        };
        (*name, value)
    };
    let mut missing: Names = names.iter().map(fresh).collect();
    // The listing stands in some rows for the thing itself, in others only beside it.
    if !document.contains("nodes(") {
        missing.insert("listing", format!("lst_{}", Uuid::now_v7().simple()));
        missing.insert("suspendedListing", format!("lst_{}", Uuid::now_v7().simple()));
    }
    (filled(document, &missing), missing)
}

async fn answer(
    client: &Client,
    socket: std::collections::btree_map::Entry<'_, &str, Socket>,
    document: &str,
) -> Value {
    if !document.starts_with("subscription") {
        return client.send(document, json!({})).await.1;
    }
    let socket = match socket {
        std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
        std::collections::btree_map::Entry::Vacant(none) => none.insert(client.socket().await),
    };
    socket.first(document, json!({})).await
}

fn outcome(row: &Row, sees: &str, answer: &Value) -> &'static str {
    match answer["errors"][0]["extensions"]["code"].as_str() {
        Some("UNAUTHENTICATED") => "unauthenticated",
        Some("FORBIDDEN") => "forbidden",
        Some("NOT_FOUND") => "missing",
        Some("BAD_USER_INPUT") => "bad_user_input",
        Some(_) => "a failure",
        None if row.kind == "do" => "allowed",
        None if answer.to_string().contains(sees) => "seen",
        None => "missing",
    }
}

/// An answer without what differs from request to request, and without the names that were asked for.
fn blank(answer: &Value, names: &Names) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("requestId");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut answer = answer.clone();
    strip(&mut answer);
    names
        .iter()
        .fold(answer.to_string(), |text, (name, value)| text.replace(value.as_str(), &format!("${name}")))
}
