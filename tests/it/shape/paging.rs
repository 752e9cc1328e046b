//! Every list that is walked page by page over the API: both ways, nothing twice, nothing left out, and no cursor that
//! belongs elsewhere.

use serde_json::{Value, json};

use crate::{
    both,
    support::{Client, ListingAsk, disputes, payouts, people::in_days, stripe},
};

/// A list: who asks, where it stands, and its name.
struct List<'a> {
    who: &'a Client,
    above: String,
    name: &'static str,
    node: &'static str,
}

impl List<'_> {
    /// A page as `(keys of its nodes, pageInfo)`; a refusal's code otherwise.
    async fn page(&self, arguments: &str) -> Result<(Vec<Value>, Value), String> {
        let Self { above, name, node, .. } = self;
        let asked = format!(
            "{name}({arguments}) {{ totalCount edges {{ cursor node {{ {node} }} }} nodes {{ {node} }}
               pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }}"
        );
        let closing = "}".repeat(above.matches('{').count());
        let query = format!("{{ {above} {asked} {closing} }}");
        let (_, mut answer) = self.who.send(&query, json!({})).await;
        if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
            return Err(format!("{code} {}", answer["errors"][0]["extensions"]["field"]));
        }
        let path: Vec<_> = above.split('{').map(|step| step.split('(').next().unwrap().trim()).collect();
        let path = path.into_iter().filter(|step| !step.is_empty()).chain([*name]);
        let list = path.fold(answer["data"].take(), |mut value, step| value[step].take());
        let edges = list["edges"].as_array().unwrap_or_else(|| panic!("{query}: {list}"));
        let (info, nodes) = (list["pageInfo"].clone(), list["nodes"].as_array().unwrap().clone());
        let of_edges: Vec<_> = edges.iter().map(|edge| edge["node"].clone()).collect();
        assert_eq!(of_edges, nodes, "{name}");
        assert_eq!(
            edges.first().map(|edge| &edge["cursor"]),
            nodes.first().map(|_| &info["startCursor"]),
            "{name}"
        );
        assert_eq!(
            edges.last().map(|edge| &edge["cursor"]),
            nodes.last().map(|_| &info["endCursor"]),
            "{name}"
        );
        Ok((nodes, info))
    }

    async fn walk(&self) -> Vec<Value> {
        let (all, info) = self.page("first: 100").await.unwrap();
        assert_eq!([&info["hasNextPage"], &info["hasPreviousPage"]], [false, false], "{}", self.name);
        assert!(all.len() >= 5, "{} has only {} items", self.name, all.len());
        for (size, from, end, more) in [
            ("first: 2", "after", "endCursor", "hasNextPage"),
            ("last: 2", "before", "startCursor", "hasPreviousPage"),
        ] {
            let (mut seen, mut arguments) = (Vec::new(), size.to_owned());
            loop {
                let (nodes, info) = self.page(&arguments).await.unwrap();
                assert!((1..=2).contains(&nodes.len()), "{}", self.name);
                if from == "after" {
                    seen.extend(nodes);
                } else {
                    seen.splice(0..0, nodes);
                }
                if info[more] == false {
                    break;
                }
                assert!(seen.len() < all.len(), "{} says that there is more", self.name);
                arguments = format!("{size}, {from}: {}", info[end]);
            }
            assert_eq!(seen, all, "{} by {size}", self.name);
        }
        all
    }
}

both! {
    async fn every_list_is_walked_both_ways_and_takes_no_cursor_of_another(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Greta").await;
        let admin = world.admin("Ada").await;
        let mut listings = Vec::new();
        for n in 0..5 {
            let listing = host.listing(&ListingAsk { nightly: ["80.00", "90.00"][n % 2], ..ListingAsk::default() }).await;
            let booking = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
            payouts::payout(world, &host.id, &booking).await;
            disputes::open(world, &guest.id, &booking).await;
            admin.give_back(&booking, "1.00").await;
            listings.push(listing);
            world.stranger().done(
                "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }",
                json!({ "email": guest.email, "password": crate::support::people::PASSWORD }),
            )
            .await;
        }
        stripe::send_nonsense(world, 5).await;
        let list = |who, above: &str, name, node| List { who, above: above.to_owned(), name, node };
        let stranger = world.stranger();
        let lists = [
            list(&stranger, "", "searchListings", "id"),
            list(&guest, "viewer {", "bookings", "id"),
            list(&guest, "viewer {", "notifications", "id"),
            list(&guest, "viewer {", "sessions", "id"),
            list(&host, "viewer {", "payouts", "id"),
            list(&guest, "viewer {", "disputes", "id"),
            list(&admin, "admin {", "payouts", "id"),
            list(&admin, "admin {", "disputes", "id"),
            list(&admin, "admin {", "refunds", "id"),
            list(&admin, "admin {", "stripeEvents", "id"),
            list(&host, "viewer { hosting {", "listings", "id"),
            list(&host, "viewer { hosting {", "reservations", "id"),
        ];
        for one in &lists {
            one.walk().await;
            let refused = async |arguments: &str, field: &str| {
                let told = one.page(arguments).await.expect_err(arguments);
                assert_eq!(told, format!("BAD_USER_INPUT \"{field}\""), "{}: {arguments}", one.name);
            };
            refused("first: 101", "first").await;
            refused("first: -1", "first").await;
            refused("last: 101", "last").await;
            refused("first: 1, last: 1", "last").await;
            refused("first: 1, after: \"no cursor\"", "after").await;
            // A cursor of another list is none of this one.
            for other in lists.iter().filter(|other| other.name != one.name) {
                let (_, info) = other.page("first: 1").await.unwrap();
                refused(&format!("first: 1, after: {}", info["endCursor"]), "after").await;
                refused(&format!("last: 1, before: {}", info["endCursor"]), "before").await;
            }
        }
        let too_many: Vec<_> = (0..101).map(|_| format!("\"{}\"", listings[0])).collect();
        let code = stranger.refused(&format!("{{ nodes(ids: [{}]) {{ id }} }}", too_many.join(" ")), json!({})).await;
        assert_eq!(code, "BAD_USER_INPUT");
    }
}
